/** What `npm run drill:card-testing` is told on its command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface CardTestingOptions {
  readonly seed: number;
  /** Good visits of the day; some more come with the sale. */
  readonly payments: number;
}

export function readOptions(args: readonly string[]): CardTestingOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
      payments: { type: 'string', default: '4000' },
    },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!/^[1-9]\d{0,9}$/.test(value)) throw new Error(`--${name}: must be a whole number above 0`);
  }
  return { seed: Number(values.seed), payments: Number(values.payments) };
}
