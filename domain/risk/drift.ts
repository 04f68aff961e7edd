/**
 * Whether what is judged today still looks like what was judged before: the population stability index of a
 * feature, the sum over bins of (c - r) * ln(c / r), where r and c are the shares of the reference and of the
 * current sample in a bin. That is Kullback and Leibler's divergence taken both ways; as a measure of drift, with the
 * thresholds 0.1 and 0.25, it is from credit scoring (N. Siddiqi, Credit Risk Scorecards, Wiley 2006).
 */
import { unknown } from './features.ts';

/** Between two samples of one population it is about 10 * (1 / rows + 1 / rows): below this many it is mostly chance. */
export const sampleMin = 200;
const [moderateFrom, majorFrom] = [0.1, 0.25];
const parts = 10;
/** A bin that a sample has nothing in counts as half a row, so that there is something to divide by. */
const emptyBin = 0.5;

export type Drift = 'none' | 'moderate' | 'major';

export function driftOf(psi: number): Drift {
  if (psi >= majorFrom) return 'major';
  return psi >= moderateFrom ? 'moderate' : 'none';
}

/** 0 and up; null: a sample is too small to say. Values are finite, and -1 where nothing is known: a bin of its own. */
export function populationStability(
  reference: readonly number[],
  current: readonly number[],
): number | null {
  if (reference.length < sampleMin || current.length < sampleMin) return null;
  const edges = decilesOf(reference);
  const before = sharesOf(reference, edges);
  const now = sharesOf(current, edges);
  return before.reduce((sum, r, bin) => {
    const c = now[bin] ?? 0;
    return sum + (c - r) * Math.log(c / r);
  }, 0);
}

/** Ends of the bins, inclusive, ascending, those that fall together once. What is above all of them has a bin too. */
function decilesOf(values: readonly number[]): readonly number[] {
  const known = Float64Array.from(values.filter((value) => value !== unknown)).sort();
  const edges = new Set<number>();
  for (let part = 1; part < parts && known.length > 0; part += 1) {
    edges.add(known[Math.ceil((part * known.length) / parts) - 1] ?? 0);
  }
  return [...edges];
}

function sharesOf(values: readonly number[], edges: readonly number[]): readonly number[] {
  const counts = new Array<number>(edges.length + 2).fill(0);
  for (const value of values) {
    const bin = value === unknown ? edges.length + 1 : binOf(value, edges);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count) => Math.max(count, emptyBin) / values.length);
}

function binOf(value: number, edges: readonly number[]): number {
  const bin = edges.findIndex((edge) => value <= edge);
  return bin === -1 ? edges.length : bin;
}
