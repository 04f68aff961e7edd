/** What a run of the drill is told on its command line. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface DrillOptions {
  readonly seed: number;
  /** How long payments are made and parts are killed. */
  readonly seconds: number;
}

export function readOptions(args: readonly string[]): DrillOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, seconds: { type: 'string' } },
  });
  return {
    seed: wholeNumber('seed', values.seed) ?? randomInt(1, 2 ** 31),
    seconds: wholeNumber('seconds', values.seconds) ?? 60,
  };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`--${name}: must be a whole number above 0`);
  return Number(text);
}

/** Read from the files, since git itself need not be installed; null outside a clone. */
export function currentCommit(project: string): string | null {
  const read = (...path: string[]): string => readFileSync(join(project, '.git', ...path), 'utf8');
  try {
    const head = read('HEAD').trim();
    const reference = /^ref: (.+)$/.exec(head)?.[1];
    if (reference === undefined) return head;
    return readReference(read, reference);
  } catch {
    return null;
  }
}

function readReference(read: (...path: string[]) => string, reference: string): string | null {
  try {
    return read(...reference.split('/')).trim();
  } catch {
    const packed = read('packed-refs').split('\n');
    return packed.find((line) => line.endsWith(` ${reference}`))?.split(' ')[0] ?? null;
  }
}
