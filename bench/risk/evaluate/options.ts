/** What `npm run risk:evaluate` is told on its command line. */
import { parseArgs } from 'node:util';

export interface EvaluateOptions {
  /** How many; they are 1, 2, 3 and on, so that figures of two days can be compared. */
  readonly seeds: number;
}

export function readOptions(args: readonly string[]): EvaluateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { seeds: { type: 'string', default: '5' } },
  });
  const seeds = Number(values.seeds);
  if (!/^\d{1,3}$/.test(values.seeds) || seeds < 1 || seeds > 100) {
    throw new Error('--seeds: a whole number between 1 and 100');
  }
  return { seeds };
}
