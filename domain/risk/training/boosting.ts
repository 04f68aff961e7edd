/**
 * Gradient boosting of small trees on binned features, for the log loss. Each tree corrects what those before
 * it left. It ends when the rows kept aside no longer gain, and the trees after the best are dropped.
 */
import { sigmoid, type BoostingBody } from '../model.ts';
import { binRows, findThresholds } from './bins.ts';
import type { Derivatives } from './histogram.ts';
import type { Random } from './random.ts';
import type { Samples } from './samples.ts';
import { addTree, growTree, type Tree, type TreeOptions } from './tree.ts';

export interface BoostingOptions extends TreeOptions {
  readonly roundsMax: number;
  /** Rounds without a gain after which it ends; counts only where rows are kept aside. */
  readonly patience: number;
  /** Of the rows, drawn anew for each tree; 1: all, and nothing is drawn. */
  readonly rowShare: number;
}

export interface BoostingFit {
  readonly body: BoostingBody;
  /** Mean log loss, before the first tree and after each. */
  readonly losses: readonly number[];
  readonly asideLosses: readonly number[];
}

export function fitBoosting(
  samples: Samples,
  options: BoostingOptions,
  random: Random,
  aside?: Samples,
): BoostingFit {
  const thresholds = samples.columns.map(findThresholds);
  const learned = track(samples, binRows(samples, thresholds));
  const kept = aside && track(aside, binRows(aside, thresholds));
  const intercept = logOddsOf(samples.labels);
  learned.scores.fill(intercept);
  kept?.scores.fill(intercept);
  const losses = [meanLoss(learned)];
  const asideLosses = kept ? [meanLoss(kept)] : [];
  const trees: Tree[] = [];
  let best = 0;
  while (trees.length < options.roundsMax) {
    const rows = drawRows(samples.labels.length, options.rowShare, random);
    const tree = growTree(learned.binned, thresholds, rows, derivativesOf(learned), options);
    if (tree.value.length === 1) break;
    trees.push(tree);
    addTree(tree, learned.binned, learned.scores);
    losses.push(meanLoss(learned));
    if (kept === undefined) continue;
    addTree(tree, kept.binned, kept.scores);
    asideLosses.push(meanLoss(kept));
    if ((asideLosses.at(-1) ?? 0) < (asideLosses[best] ?? 0)) best = trees.length;
    if (trees.length - best >= options.patience) break;
  }
  const used = kept === undefined ? trees : trees.slice(0, best);
  return { body: joined(intercept, used), losses, asideLosses };
}

interface Tracked {
  readonly labels: Uint8Array;
  readonly binned: ReturnType<typeof binRows>;
  readonly scores: Float64Array;
}

function track({ labels }: Samples, binned: Tracked['binned']): Tracked {
  return { labels, binned, scores: new Float64Array(labels.length) };
}

/** Bounded, where all rows are of one kind. */
function logOddsOf(labels: Uint8Array): number {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  return Math.log((positives + 1e-6) / (labels.length - positives + 1e-6));
}

function meanLoss({ labels, scores }: Tracked): number {
  let loss = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const score = scores[row] ?? 0;
    const against = labels[row] === 1 ? -score : score;
    loss += Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
  }
  return loss / labels.length;
}

function derivativesOf({ labels, scores }: Tracked): Derivatives {
  const gradient = new Float64Array(labels.length);
  const curvature = new Float64Array(labels.length);
  for (let row = 0; row < labels.length; row += 1) {
    const chance = sigmoid(scores[row] ?? 0);
    gradient[row] = chance - (labels[row] ?? 0);
    curvature[row] = chance * (1 - chance);
  }
  return { gradient, curvature };
}

function drawRows(count: number, share: number, random: Random): Int32Array {
  const all = Int32Array.from({ length: count }, (_, row) => row);
  return share >= 1 ? all : all.filter(() => random() < share);
}

function joined(intercept: number, trees: readonly Tree[]): BoostingBody {
  const roots: number[] = [];
  const feature: number[] = [];
  const threshold: number[] = [];
  const left: number[] = [];
  const value: number[] = [];
  for (const tree of trees) {
    const start = value.length;
    roots.push(start);
    feature.push(...tree.feature);
    threshold.push(...tree.threshold);
    left.push(...tree.left.map((child) => (child === 0 ? 0 : child + start)));
    value.push(...tree.value);
  }
  return { intercept, roots, feature, threshold, left, value };
}
