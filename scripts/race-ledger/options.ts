/** What `npm run race:ledger` is told on its command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { RaceOptions } from './run.ts';

export function readOptions(args: readonly string[]): RaceOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
      writers: { type: 'string', default: '64' },
      attempts: { type: 'string', default: '50000' },
      resolutions: { type: 'string', default: '5000' },
      reversals: { type: 'string', default: '500' },
    },
  });
  const read = (name: keyof RaceOptions): number => {
    if (!/^[1-9]\d{0,9}$/.test(values[name])) {
      throw new Error(`--${name}: must be a whole number above 0`);
    }
    return Number(values[name]);
  };
  return {
    seed: read('seed'),
    writers: read('writers'),
    attempts: read('attempts'),
    resolutions: read('resolutions'),
    reversals: read('reversals'),
  };
}
