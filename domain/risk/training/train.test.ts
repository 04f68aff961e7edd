import { expect, test } from '@jest/globals';
import { scoreOf, type RiskModel } from '../model.ts';
import { defaultBoosting, defaultLogistic } from './defaults.ts';
import { createRandom } from './random.ts';
import type { Samples } from './samples.ts';
import { logOddsOf, trainBoosting, trainLogistic } from './train.ts';

/** `told`: how much the first feature says of the label, 0 to 1. */
function samplesOf(count: number, told: number): Samples {
  const random = createRandom(5);
  const labels = Uint8Array.from({ length: count }, () => (random() < 0.1 ? 1 : 0));
  const a = Float64Array.from(labels, (label) => told * label + (1 - told) * random());
  const b = Float64Array.from(labels, () => random());
  return {
    features: ['a', 'b'],
    columns: [a, b],
    labels,
    at: Float64Array.from(labels, (_, row) => row),
  };
}
const draws = () => createRandom(1);
const greedy = { ...defaultBoosting, roundsMax: 60, patience: 60, leavesMax: 31, depthMax: 8, rowsPerLeafMin: 2, learningRate: 0.3 }; // prettier-ignore

test('what is said of the rows kept aside has not been learned from them', () => {
  // Noise is learned by heart by such trees; whoever judged them by it would find them perfect.
  const trained = trainBoosting(samplesOf(1_400, 0), greedy, draws);
  expect(trained.metrics.aside.auc).toBeLessThan(0.65);
  expect(trained.metrics.aside.rows).toBe(200);
  expect(trained.calibration.rows).toBe(200);
});

test.each([
  ['logistic regression', (samples: Samples) => trainLogistic(samples, defaultLogistic)],
  ['boosting', (samples: Samples) => trainBoosting(samples, { ...greedy, rowShare: 0.7 }, draws)],
])('%s: the same rows give the same model, and a payment the score of its row', (_, train) => {
  const samples = samplesOf(700, 0.4);
  const trained = train(samples);
  expect(train(samples)).toEqual(trained);
  expect(trained.metrics.aside.auc).toBeGreaterThan(0.8);
  const data = { source: 'labels' as const, hash: 'x', rows: 1, frauds: 1, from: '', to: '' };
  const model: RiskModel = { format: 1, version: 'x', seed: 1, data, ...trained };
  const all = logOddsOf(trained, samples);
  for (const row of [0, 1, 500, 699]) {
    const [a = NaN, b = NaN] = samples.columns.map((column) => column[row]);
    expect(scoreOf(model, { a, b, other: 1 }).logOdds).toBeCloseTo(all[row] ?? NaN, 9);
  }
});

test('too few frauds in either part are refused', () => {
  const samples = samplesOf(1_000, 0.5);
  const late = samples.labels.map((label, row) => (row < 850 ? label : 0));
  expect(() => trainLogistic({ ...samples, labels: late }, defaultLogistic)).toThrow(
    'the later part has 143 rows with 0 frauds: 10 of each are needed',
  );
});
