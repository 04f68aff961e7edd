/** Values as numbers of bins, so that a split is looked for among 256 places instead of among all rows. */
import type { Samples } from './samples.ts';

export const binsMax = 256;

/** A value belongs to the first bin whose threshold it does not exceed; the last bin has none. Ascending. */
export type Thresholds = Float64Array;

export interface BinnedRows {
  readonly rows: number;
  /** One column per feature. */
  readonly bins: readonly Uint8Array[];
}

/** Thresholds between neighbouring values where these are few, else so that bins have about equally many rows. */
export function findThresholds(column: Float64Array): Thresholds {
  const sorted = column.toSorted();
  const distinct = sorted.filter((value, index) => value !== sorted[index - 1]);
  const lowers = distinct.length <= binsMax ? distinct : quantiles(sorted);
  const thresholds: number[] = [];
  for (const lower of lowers) {
    const upper = distinct[firstAbove(distinct, lower)];
    if (upper !== undefined) thresholds.push(between(lower, upper));
  }
  return Float64Array.from(thresholds);
}

export function binRows(
  { columns, labels }: Samples,
  thresholds: readonly Thresholds[],
): BinnedRows {
  const bins = columns.map((column, feature) => {
    const edges = thresholds[feature] ?? new Float64Array();
    return Uint8Array.from(column, (value) => firstAtLeast(edges, value));
  });
  return { rows: labels.length, bins };
}

function quantiles(sorted: Float64Array): Float64Array {
  const chosen = Float64Array.from({ length: binsMax - 1 }, (_, bin) => {
    return sorted[Math.ceil(((bin + 1) * sorted.length) / binsMax) - 1] ?? 0;
  });
  return chosen.filter((value, index) => value !== chosen[index - 1]);
}

/** A short number that tells them apart: files of models are read by people too. */
function between(lower: number, upper: number): number {
  const short = Number(((lower + upper) / 2).toPrecision(7));
  return short >= lower && short < upper ? short : lower;
}

function firstAbove(sorted: Float64Array, value: number): number {
  const place = firstAtLeast(sorted, value);
  return sorted[place] === value ? place + 1 : place;
}

/** By halving; the length where there is none. */
function firstAtLeast(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
