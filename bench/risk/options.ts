/** What `npm run bench:risk` is told on its command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface RiskOptions {
  /** Past payments in the large database; the small one has a hundredth of them. */
  readonly payments: number;
  readonly seconds: number;
  readonly seed: number;
}

export function readOptions(args: readonly string[]): RiskOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      payments: { type: 'string', default: '2000000' },
      seconds: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!/^\d{1,10}$/.test(value)) throw new Error(`--${name}: must be a whole number`);
  }
  const asked = {
    payments: Number(values.payments),
    seconds: Number(values.seconds),
    seed: Number(values.seed),
  };
  if (asked.payments < 100_000) throw new Error('--payments: at least 100,000');
  return asked;
}
