/** What `npm run drill:breaks` is told on its command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface BreaksOptions {
  readonly lines: number;
  /** Breaks of each kind. */
  readonly each: number;
  readonly seed: number;
}

export function readOptions(args: readonly string[]): BreaksOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      lines: { type: 'string', default: '100000' },
      each: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!/^\d{1,10}$/.test(value)) throw new Error(`--${name}: must be a whole number`);
  }
  const asked = {
    lines: Number(values.lines),
    each: Number(values.each),
    seed: Number(values.seed),
  };
  if (asked.lines < 5_000 || asked.lines > 5_000_000) {
    throw new Error('--lines: between 5,000 and 5,000,000');
  }
  // What is planted stands among lines that are in order.
  if (asked.each < 1 || asked.each > asked.lines / 100) {
    throw new Error('--each: between 1 and a hundredth of the lines');
  }
  return asked;
}
