/** Scores of whole columns, for judging; a payment is scored by `scoreOf`. */
import type { BoostingBody, LogisticBody } from '../model.ts';
import type { Samples } from './samples.ts';

export function logisticLogOdds(body: LogisticBody, { columns, labels }: Samples): Float64Array {
  const scores = new Float64Array(labels.length).fill(body.intercept);
  for (const [feature, column] of columns.entries()) {
    const [mean = 0, deviation = 1] = [body.means[feature], body.deviations[feature]];
    const weight = body.weights[feature] ?? 0;
    for (const [row, value] of column.entries()) {
      scores[row] = (scores[row] ?? 0) + (weight * (value - mean)) / deviation;
    }
  }
  return scores;
}

export function boostingLogOdds(body: BoostingBody, { columns, labels }: Samples): Float64Array {
  const { intercept, roots, feature, threshold, left, value } = body;
  const scores = new Float64Array(labels.length).fill(intercept);
  for (const root of roots) {
    for (let row = 0; row < scores.length; row += 1) {
      let node = root;
      for (let child = left[node] ?? 0; child !== 0; child = left[node] ?? 0) {
        const asked = columns[feature[node] ?? 0]?.[row] ?? 0;
        node = asked <= (threshold[node] ?? 0) ? child : child + 1;
      }
      scores[row] = (scores[row] ?? 0) + (value[node] ?? 0);
    }
  }
  return scores;
}
