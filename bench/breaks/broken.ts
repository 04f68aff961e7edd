/** Files of which nothing may be taken, each for a reason of its own. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Line } from '../../sandbox/settlement/batches.ts';
import { stampOf } from '../../sandbox/settlement/days.ts';
import { textOf, type ReportFile } from '../reconciliation/files.ts';
import { dayMs, processors, type Month } from '../reconciliation/movements.ts';
import type { Planted } from './plan.ts';

/** What is wrong with it: with its lines as they are added up, or with the text afterwards. */
interface Fault {
  readonly lines?: (lines: readonly Line[]) => readonly Line[];
  readonly text?: (text: string) => string;
  /** Of a day that another file has told of. */
  readonly isOfMonth?: true;
}

const rowsOf = (text: string): string[] => text.split(/(?<=\n)/);

const faults: readonly Fault[] = [
  // Its end is missing.
  { text: (text) => rowsOf(text).slice(0, -1).join('') },
  // A line is missing, and the totals are of all.
  { text: (text) => rowsOf(text).filter((_, index) => index !== 1).join('') }, // prettier-ignore
  { lines: (lines) => [...lines, ...lines.slice(-1)] },
  { text: (text) => text.replaceAll('EUR', 'EUX') },
  { lines: (lines) => lines.map((line) => ({ ...line, bookedAt: line.bookedAt + 3 * dayMs })) },
  { isOfMonth: true },
];

export async function writeBroken(
  folder: string,
  month: Month,
  each: number,
): Promise<{ readonly files: readonly ReportFile[]; readonly planted: readonly Planted[] }> {
  const files: ReportFile[] = [];
  for (let index = 0; index < each; index += 1) {
    const provider = processors[index % processors.length] ?? 'alder';
    const fault = faults[Math.floor(index / processors.length) % faults.length] ?? {};
    const day = month.from + (fault.isOfMonth === undefined ? -2 - index : index % 20) * dayMs;
    const { lines = (all) => all, text: change = (text) => text } = fault;
    const { text } = textOf(provider, day, index + 1, lines(linesOf(provider, day, index)));
    const name = `broken_${String(index)}`;
    const path = join(folder, name);
    await writeFile(path, change(text));
    files.push({ kind: 'settlement', provider, name, path, lines: 0, isBroken: true });
  }
  const planted = files.map(({ provider, name: key }) => ({
    ...{ kind: 'file', provider, key, subject: null },
  }));
  return { files, planted };
}

function linesOf(provider: string, day: number, file: number): readonly Line[] {
  return Array.from({ length: 4 }, (_, index) => ({
    ...{ provider, movementId: `broken_${String(file)}_${String(index)}`, parentId: '' },
    ...{ reference: `att_broken_${String(file)}_${String(index)}`, type: 'capture', fee: 30n },
    ...{ amount: 1_000n + BigInt(index), currency: 'EUR', bookedAt: day + index * 60_000 },
    batchId: `${provider}-${stampOf(day)}-EUR`,
  }));
}
