/** Against what scikit-learn 1.9.1 says of the same rows. */
import { expect, test } from '@jest/globals';
import { areaUnderRoc, averagePrecision, brierScore, logLoss, reliability } from './metrics.ts';

const labels = Uint8Array.of(0, 1, 1, 0, 1, 0, 0, 1);
const scores = Float64Array.of(0.1, 0.9, 0.5, 0.5, 0.5, 0.7, 0.2, 0.2);

test.each([
  ['area under ROC', areaUnderRoc, 0.65625],
  ['average precision', averagePrecision, 0.6928571428571428],
  ['Brier score', brierScore, 0.2425],
  ['log loss', logLoss, 0.6658396051337168],
])('%s', (_, metric, expected) => {
  expect(metric(labels, scores)).toBeCloseTo(expected, 12);
});

test('the order of the rows says nothing, also among equal scores', () => {
  for (const metric of [areaUnderRoc, averagePrecision]) {
    expect(metric(labels.toReversed(), scores.toReversed())).toBeCloseTo(metric(labels, scores));
  }
});

test('a constant score is as good as chance', () => {
  const same = new Float64Array(8);
  expect([areaUnderRoc(labels, same), averagePrecision(labels, same)]).toEqual([0.5, 0.5]);
});

test('reliability: what was said against what happened, range by range', () => {
  expect(reliability(labels, scores, [0.2, 0.5, 0.6, 0.95])).toEqual([
    { from: 0, rows: 1, said: 0.1, happened: 0 },
    { from: 0.2, rows: 2, said: 0.2, happened: 0.5 },
    { from: 0.5, rows: 3, said: 0.5, happened: 2 / 3 },
    { from: 0.6, rows: 2, said: 0.8, happened: 0.5 },
  ]);
});
