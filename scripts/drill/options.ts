/** What a run of the drill is told on its command line. */
import { randomInt } from 'node:crypto';
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
