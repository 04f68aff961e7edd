/** One tree, grown leaf by leaf: always the leaf is split whose split gains most. */
import type { BinnedRows, Thresholds } from './bins.ts';
import {
  bestValue,
  findSplit,
  makeHistogram,
  subtract,
  sumsOf,
  type Derivatives,
  type Histogram,
  type Split,
  type SplitLimits,
} from './histogram.ts';

export interface TreeOptions extends SplitLimits {
  readonly leavesMax: number;
  readonly depthMax: number;
  readonly learningRate: number;
}

/** Nodes as in `BoostingBody` of domain/risk/model.ts, the first is the root; `bin` is the threshold's. */
export interface Tree {
  readonly feature: number[];
  readonly threshold: number[];
  readonly bin: number[];
  readonly left: number[];
  readonly value: number[];
}

interface Leaf {
  readonly node: number;
  readonly depth: number;
  readonly rows: Int32Array;
  readonly histogram: Histogram;
  readonly split: Split | undefined;
}

export function growTree(
  binned: BinnedRows,
  thresholds: readonly Thresholds[],
  rows: Int32Array,
  derivatives: Derivatives,
  options: TreeOptions,
): Tree {
  const tree: Tree = { feature: [], threshold: [], bin: [], left: [], value: [] };
  const rowCounts: number[] = [];
  const addLeaf = (depth: number, of: Int32Array, histogram: Histogram): Leaf => {
    const sums = sumsOf(histogram);
    const node = tree.value.length;
    tree.feature.push(0);
    tree.threshold.push(0);
    tree.bin.push(0);
    tree.left.push(0);
    // Rounded before it is used, so that what is written to a file is what was measured.
    tree.value.push(shortened(options.learningRate * bestValue(sums, options.l2)));
    rowCounts.push(of.length);
    const split = depth < options.depthMax ? findSplit(histogram, options) : undefined;
    return { node, depth, rows: of, histogram, split };
  };
  const leaves = [addLeaf(0, rows, makeHistogram(binned, rows, derivatives))];
  while (leaves.length < options.leavesMax) {
    const place = indexOfBest(leaves);
    const leaf = leaves[place];
    if (leaf?.split === undefined) break;
    const { feature, bin } = leaf.split;
    const column = binned.bins[feature] ?? new Uint8Array();
    const [left, right] = partition(leaf.rows, column, bin);
    // Counting the smaller child is enough.
    const smaller = makeHistogram(binned, left.length <= right.length ? left : right, derivatives);
    const larger = subtract(leaf.histogram, smaller);
    tree.feature[leaf.node] = feature;
    tree.threshold[leaf.node] = thresholds[feature]?.[bin] ?? 0;
    tree.bin[leaf.node] = bin;
    tree.left[leaf.node] = tree.value.length;
    const depth = leaf.depth + 1;
    leaves[place] = addLeaf(depth, left, left.length <= right.length ? smaller : larger);
    leaves.push(addLeaf(depth, right, left.length <= right.length ? larger : smaller));
  }
  setMeans(tree, rowCounts);
  return tree;
}

function indexOfBest(leaves: readonly Leaf[]): number {
  let best = 0;
  for (const [index, { split }] of leaves.entries()) {
    if ((split?.gain ?? 0) > (leaves[best]?.split?.gain ?? 0)) best = index;
  }
  return best;
}

/** Both in their order. */
function partition(
  rows: Int32Array,
  column: Uint8Array,
  bin: number,
): readonly [Int32Array, Int32Array] {
  const sorted = new Int32Array(rows.length);
  let lefts = 0;
  for (const row of rows) if ((column[row] ?? 0) <= bin) sorted[lefts++] = row;
  let next = lefts;
  for (const row of rows) if ((column[row] ?? 0) > bin) sorted[next++] = row;
  return [sorted.subarray(0, lefts), sorted.subarray(lefts)];
}

/** Inner nodes hold the mean of what is below them, by rows: what a reason is measured against. */
function setMeans({ left, value }: Tree, rowCounts: readonly number[]): void {
  for (let node = value.length - 1; node >= 0; node -= 1) {
    const child = left[node] ?? 0;
    if (child === 0) continue;
    const [a = 0, b = 0] = [rowCounts[child], rowCounts[child + 1]];
    value[node] = shortened(((value[child] ?? 0) * a + (value[child + 1] ?? 0) * b) / (a + b));
  }
}

function shortened(value: number): number {
  return Number(value.toPrecision(7));
}

/** Adds what the tree gives each row to its score. */
export function addTree(tree: Tree, { bins }: BinnedRows, scores: Float64Array): void {
  const { feature, bin, left, value } = tree;
  for (let row = 0; row < scores.length; row += 1) {
    let node = 0;
    for (let child = left[0] ?? 0; child !== 0; child = left[node] ?? 0) {
      const at = bins[feature[node] ?? 0]?.[row] ?? 0;
      node = at <= (bin[node] ?? 0) ? child : child + 1;
    }
    scores[row] = (scores[row] ?? 0) + (value[node] ?? 0);
  }
}
