/**
 * Logistic regression by Newton's method, on features brought to mean 0 and deviation 1, with a penalty on
 * the weights but not on the intercept: the sum of log losses plus l2 / 2 times the sum of squared weights.
 */
import { sigmoid } from '../model.ts';
import { solve } from './solve.ts';
import type { Samples } from './samples.ts';

export interface LogisticOptions {
  readonly l2: number;
}

export interface LogisticFit {
  readonly intercept: number;
  readonly means: readonly number[];
  /** 1 where a feature never changes. */
  readonly deviations: readonly number[];
  readonly weights: readonly number[];
  /** After each step, beginning with the first guess. */
  readonly losses: readonly number[];
}

const stepsMax = 50;
const tolerance = 1e-9;

export function fitLogistic(samples: Samples, { l2 }: LogisticOptions): LogisticFit {
  const { columns, labels } = samples;
  const means = columns.map(meanOf);
  const deviations = columns.map((column, index) => deviationOf(column, means[index] ?? 0));
  const width = columns.length + 1;
  const rows = standardRows(columns, means, deviations);
  let weights = new Float64Array(width);
  let current = lossOf(rows, labels, weights, l2);
  const losses = [current];
  for (let step = 0; step < stepsMax; step += 1) {
    const { gradient, hessian } = derivatives(rows, labels, weights, l2);
    const direction = solve(hessian, gradient);
    // Newton overshoots where classes hardly overlap: half the step until it helps.
    let next = weights;
    let loss = current;
    for (let size = 1; size > 1e-6; size /= 2) {
      next = weights.map((weight, index) => weight - size * (direction[index] ?? 0));
      loss = lossOf(rows, labels, next, l2);
      if (loss <= current) break;
    }
    if (loss > current) break;
    const gained = current - loss;
    [weights, current] = [next, loss];
    losses.push(current);
    if (gained <= tolerance * Math.max(1, Math.abs(current))) break;
  }
  const [intercept = 0, ...rest] = weights;
  return { intercept, means, deviations, weights: rest, losses };
}

function meanOf(column: Float64Array): number {
  return column.reduce((sum, value) => sum + value, 0) / column.length;
}

function deviationOf(column: Float64Array, mean: number): number {
  const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
  // What is left of a constant is rounding.
  return variance <= 1e-24 * Math.max(1, mean * mean) ? 1 : Math.sqrt(variance);
}

/** Row after row, each with a 1 in front for the intercept. */
function standardRows(
  columns: readonly Float64Array[],
  means: readonly number[],
  deviations: readonly number[],
): Float64Array {
  const width = columns.length + 1;
  const rows = new Float64Array(width * (columns[0]?.length ?? 0)).fill(1);
  for (const [feature, column] of columns.entries()) {
    const mean = means[feature] ?? 0;
    const deviation = deviations[feature] ?? 1;
    for (let row = 0; row < column.length; row += 1) {
      rows[row * width + feature + 1] = ((column[row] ?? 0) - mean) / deviation;
    }
  }
  return rows;
}

function scoreAt(rows: Float64Array, start: number, weights: Float64Array): number {
  let score = 0;
  for (let index = 0; index < weights.length; index += 1) {
    score += (weights[index] ?? 0) * (rows[start + index] ?? 0);
  }
  return score;
}

/** log(1 + e^x) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The sum over the rows, with the penalty. */
export function lossOf(
  rows: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
  l2: number,
): number {
  let loss = 0;
  for (const [row, label] of labels.entries()) {
    const score = scoreAt(rows, row * weights.length, weights);
    loss += softplus(score) - label * score;
  }
  return loss + penalty(weights, l2);
}

function penalty(weights: Float64Array, l2: number): number {
  return (
    (l2 / 2) * weights.reduce((sum, weight, index) => sum + (index === 0 ? 0 : weight ** 2), 0)
  );
}

/** Of the loss, at these weights; `hessian` row after row. */
export function derivatives(
  rows: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
  l2: number,
): { readonly gradient: Float64Array; readonly hessian: Float64Array } {
  const width = weights.length;
  const gradient = weights.map((weight, index) => (index === 0 ? 0 : l2 * weight));
  const hessian = new Float64Array(width * width);
  for (const [row, label] of labels.entries()) {
    const start = row * width;
    const chance = sigmoid(scoreAt(rows, start, weights));
    const weight = chance * (1 - chance);
    for (let i = 0; i < width; i += 1) {
      const value = rows[start + i] ?? 0;
      gradient[i] = (gradient[i] ?? 0) + (chance - label) * value;
      for (let j = 0; j <= i; j += 1) {
        const at = i * width + j;
        hessian[at] = (hessian[at] ?? 0) + weight * value * (rows[start + j] ?? 0);
      }
    }
  }
  for (let i = 0; i < width; i += 1) {
    for (let j = 0; j < i; j += 1) hessian[j * width + i] = hessian[i * width + j] ?? 0;
    // Never singular, also for the intercept of a single class.
    hessian[i * width + i] = (hessian[i * width + i] ?? 0) + (i === 0 ? 1e-9 : l2);
  }
  return { gradient, hessian };
}
