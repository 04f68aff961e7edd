/** What `npm run risk:train` is told on its command line. */
import { parseArgs } from 'node:util';
import { defaultModelPath } from '../../activities/risk/load-model.ts';

export interface TrainOptions {
  readonly kind: 'boosting' | 'logistic';
  readonly seed: number;
  readonly out: string;
  /** A file of labeled feature vectors; undefined: simulated payments. */
  readonly labels: string | undefined;
}

export function readOptions(args: readonly string[]): TrainOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kind: { type: 'string', default: 'boosting' },
      seed: { type: 'string', default: '2018' },
      out: { type: 'string' },
      labels: { type: 'string' },
    },
  });
  const { kind, out, labels } = values;
  if (kind !== 'boosting' && kind !== 'logistic') throw new Error('--kind: boosting or logistic');
  if (!/^\d{1,10}$/.test(values.seed)) throw new Error('--seed: must be a whole number');
  // The model that comes with Tender is made again only from what it was made from.
  if (out === undefined && labels !== undefined) throw new Error('--out: the file to write to');
  return { kind, seed: Number(values.seed), out: out ?? defaultModelPath, labels };
}
