/** What `npm run bench:ledger` is told on its command line. */
import { parseArgs } from 'node:util';

export interface LedgerBenchOptions {
  /** How often everything takes its turn. */
  readonly rounds: number;
  /** Of one cell. */
  readonly seconds: number;
  /** Postings that are stored before; the cost of one is then compared with that on an empty ledger. */
  readonly preload: number;
  /** Also the ways of keeping a hot balance that were not chosen (ADR 30). */
  readonly variants: boolean;
}

export function readOptions(args: readonly string[]): LedgerBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      preload: { type: 'string', default: '0' },
      variants: { type: 'boolean', default: false },
    },
  });
  const read = (name: 'rounds' | 'seconds' | 'preload', pattern: RegExp): number => {
    if (!pattern.test(values[name])) throw new Error(`--${name}: must be a whole number`);
    return Number(values[name]);
  };
  return {
    rounds: read('rounds', /^[1-9]\d{0,2}$/),
    seconds: read('seconds', /^[1-9]\d{0,2}$/),
    preload: read('preload', /^\d{1,9}$/),
    variants: values.variants,
  };
}
