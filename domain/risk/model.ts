/**
 * A trained model is a value: the JSON file that `npm run risk:train` writes. It names the features it wants,
 * and scores any values that have these, whatever else there is. Read one with `parseModel`.
 */

/**
 * Platt's: probability = sigmoid(slope * log odds + intercept), fitted on scores that a first pass gave to rows it
 * had not learned from.
 */
export interface Calibration {
  readonly method: 'platt';
  readonly slope: number;
  readonly intercept: number;
  /** Rows it was fitted on. */
  readonly rows: number;
}

/** Log odds = intercept + the sum of weight * (value - mean) / deviation, in the order of `features`. */
export interface LogisticBody {
  readonly intercept: number;
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  readonly weights: readonly number[];
}

/**
 * All trees in one list of nodes. A node goes to `left` where the value of `feature` is at most `threshold`,
 * else to the node after that; `left` 0 is a leaf. Children stand after their parents.
 */
export interface BoostingBody {
  /** Log odds of no payment in particular; each tree adds the value of the leaf it ends in. */
  readonly intercept: number;
  readonly roots: readonly number[];
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  /** Of a leaf: what it adds. Of another node: the mean of what its training rows were added. */
  readonly value: readonly number[];
}

/** As JSON has it. */
export interface ModelMetrics {
  readonly rows: number;
  readonly frauds: number;
  /** Area under the ROC curve. */
  readonly auc: number;
  /** Average precision. */
  readonly ap: number;
  /** Of the calibrated probabilities, as is the log loss. */
  readonly brier: number;
  readonly log_loss: number;
}

interface ModelHead {
  readonly format: 1;
  /** Names the content: models that differ have different versions. */
  readonly version: string;
  readonly seed: number;
  readonly features: readonly string[];
  readonly data: {
    readonly source: 'simulation' | 'labels';
    /** SHA-256 of the rows. */
    readonly hash: string;
    readonly rows: number;
    readonly frauds: number;
    /** RFC 3339, of the first and the last row. */
    readonly from: string;
    readonly to: string;
  };
  /** What it was trained with. */
  readonly options: Readonly<Record<string, number>>;
  readonly metrics: {
    /** Of the latest rows, by a first pass that had not learned from them; the calibration has. */
    readonly aside: ModelMetrics;
    /** Of rows that nothing here has seen; null: there were none. */
    readonly test: ModelMetrics | null;
  };
  readonly calibration: Calibration;
}

export type RiskModel = ModelHead &
  (
    | { readonly kind: 'logistic'; readonly logistic: LogisticBody }
    | { readonly kind: 'boosting'; readonly boosting: BoostingBody }
  );

export interface Reason {
  readonly feature: string;
  readonly value: number;
  /** To the log odds: above 0 it speaks for fraud. */
  readonly contribution: number;
}

export interface RiskScore {
  /** Of fraud, calibrated; 0 to 1. */
  readonly probability: number;
  /** Before calibration: `base` and all contributions. */
  readonly logOdds: number;
  /** What the training rows had on average. */
  readonly base: number;
  /** Every feature, the weightiest first. */
  readonly reasons: readonly Reason[];
}

/** Throws a RangeError where a value that the model wants is missing or not a finite number. */
export function scoreOf(model: RiskModel, values: Readonly<Record<string, number>>): RiskScore {
  const { features } = model;
  const row = new Array<number>(features.length);
  for (let index = 0; index < features.length; index += 1) {
    const name = features[index] ?? '';
    const value = values[name];
    if (value === undefined || !Number.isFinite(value)) {
      throw new RangeError(
        `${name}: the model ${model.version} wants a number, not ${String(value)}`,
      );
    }
    row[index] = value;
  }
  const contributions = new Array<number>(features.length).fill(0);
  const base =
    model.kind === 'logistic'
      ? addLinear(model.logistic, row, contributions)
      : addPaths(model.boosting, row, contributions);
  let logOdds = base;
  for (const contribution of contributions) logOdds += contribution;
  const reasons = features.map((feature, index) => ({
    feature,
    value: row[index] ?? 0,
    contribution: contributions[index] ?? 0,
  }));
  reasons.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  return { probability: calibrated(model.calibration, logOdds), logOdds, base, reasons };
}

export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const power = Math.exp(x);
  return power / (1 + power);
}

export function calibrated({ slope, intercept }: Calibration, logOdds: number): number {
  return sigmoid(slope * logOdds + intercept);
}

function addLinear(body: LogisticBody, row: readonly number[], contributions: number[]): number {
  for (let index = 0; index < row.length; index += 1) {
    const apart = ((row[index] ?? 0) - (body.means[index] ?? 0)) / (body.deviations[index] ?? 1);
    contributions[index] = (body.weights[index] ?? 0) * apart;
  }
  return body.intercept;
}

/** Saabas's way: a step down a tree is owed to the feature it asks for. Answers what all begin with. */
function addPaths(body: BoostingBody, row: readonly number[], contributions: number[]): number {
  const { roots, feature, threshold, left, value } = body;
  let base = body.intercept;
  for (let tree = 0; tree < roots.length; tree += 1) {
    let node = roots[tree] ?? 0;
    let reached = value[node] ?? 0;
    base += reached;
    for (let child = left[node] ?? 0; child !== 0; child = left[node] ?? 0) {
      const asked = feature[node] ?? 0;
      node = (row[asked] ?? 0) <= (threshold[node] ?? 0) ? child : child + 1;
      const next = value[node] ?? 0;
      contributions[asked] = (contributions[asked] ?? 0) + next - reached;
      reached = next;
    }
  }
  return base;
}
