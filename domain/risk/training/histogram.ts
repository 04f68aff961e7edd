/** The sums that a split is chosen by: of each bin of each feature, gradients, curvatures and rows. */
import { binsMax, type BinnedRows } from './bins.ts';

/** Three numbers a bin, `binsMax` bins a feature. */
export type Histogram = Float64Array;
const perFeature = 3 * binsMax;

/** First and second derivative of the loss by each row's score. */
export interface Derivatives {
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
}

export interface Sums {
  readonly gradient: number;
  readonly curvature: number;
  readonly rows: number;
}

export interface Split {
  readonly feature: number;
  /** The last bin that goes left. */
  readonly bin: number;
  readonly gain: number;
}

export interface SplitLimits {
  readonly l2: number;
  readonly rowsPerLeafMin: number;
  readonly curvaturePerLeafMin: number;
}

export function makeHistogram(
  { bins }: BinnedRows,
  rows: Int32Array,
  { gradient, curvature }: Derivatives,
): Histogram {
  const made = new Float64Array(bins.length * perFeature);
  for (let feature = 0; feature < bins.length; feature += 1) {
    const column = bins[feature] ?? new Uint8Array();
    const start = feature * perFeature;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] ?? 0;
      const at = start + 3 * (column[row] ?? 0);
      made[at] = (made[at] ?? 0) + (gradient[row] ?? 0);
      made[at + 1] = (made[at + 1] ?? 0) + (curvature[row] ?? 0);
      made[at + 2] = (made[at + 2] ?? 0) + 1;
    }
  }
  return made;
}

/** Of the other child: what one child does not have of its parent. */
export function subtract(parent: Histogram, child: Histogram): Histogram {
  return parent.map((sum, index) => sum - (child[index] ?? 0));
}

export function sumsOf(histogram: Histogram): Sums {
  // Every feature has all rows.
  let [gradient, curvature, rows] = [0, 0, 0];
  for (let at = 0; at < perFeature; at += 3) {
    gradient += histogram[at] ?? 0;
    curvature += histogram[at + 1] ?? 0;
    rows += histogram[at + 2] ?? 0;
  }
  return { gradient, curvature, rows };
}

/** The score that lowers the loss most, by its second-order approximation. */
export function bestValue({ gradient, curvature }: Sums, l2: number): number {
  return -gradient / (curvature + l2);
}

/** Undefined: none lowers the loss within the limits. Of equal ones the first. */
export function findSplit(histogram: Histogram, limits: SplitLimits): Split | undefined {
  const all = sumsOf(histogram);
  const gainOf = (gradient: number, curvature: number): number =>
    gradient ** 2 / (curvature + limits.l2);
  const before = gainOf(all.gradient, all.curvature);
  let best: Split | undefined;
  for (let start = 0; start < histogram.length; start += perFeature) {
    let [gradient, curvature, rows] = [0, 0, 0];
    for (let bin = 0; bin < binsMax - 1; bin += 1) {
      const at = start + 3 * bin;
      if ((histogram[at + 2] ?? 0) === 0) continue;
      gradient += histogram[at] ?? 0;
      curvature += histogram[at + 1] ?? 0;
      rows += histogram[at + 2] ?? 0;
      if (all.rows - rows < limits.rowsPerLeafMin) break;
      if (rows < limits.rowsPerLeafMin || curvature < limits.curvaturePerLeafMin) continue;
      if (all.curvature - curvature < limits.curvaturePerLeafMin) break;
      const apart =
        gainOf(gradient, curvature) + gainOf(all.gradient - gradient, all.curvature - curvature);
      const gain = apart - before;
      if (gain > (best?.gain ?? 1e-9)) best = { feature: start / perFeature, bin, gain };
    }
  }
  return best;
}
