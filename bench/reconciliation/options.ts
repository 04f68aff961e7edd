/** What `npm run bench:reconciliation` is told on its command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface ReconciliationOptions {
  readonly lines: number;
  readonly seed: number;
}

export function readOptions(args: readonly string[], lines: number): ReconciliationOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      lines: { type: 'string', default: String(lines) },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!/^\d{1,10}$/.test(value)) throw new Error(`--${name}: must be a whole number`);
  }
  const asked = { lines: Number(values.lines), seed: Number(values.seed) };
  // A month of three processors has 90 files, none of which may be empty.
  if (asked.lines < 5_000 || asked.lines > 5_000_000) {
    throw new Error('--lines: between 5,000 and 5,000,000');
  }
  return asked;
}
