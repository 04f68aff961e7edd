import { describe, expect, test } from '@jest/globals';
import { fitBoosting, type BoostingOptions } from './boosting.ts';
import { defaultBoosting } from './defaults.ts';
import { boostingLogOdds, logisticLogOdds } from './log-odds.ts';
import { fitLogistic } from './logistic.ts';
import { areaUnderRoc, logLoss } from './metrics.ts';
import { createRandom } from './random.ts';
import { splitByTime, type Samples } from './samples.ts';
import { sigmoid } from '../model.ts';

/** Fraud where two features are on different sides of a half: no line tells that. `noise`: turned-over labels. */
function crossed(count: number, noise: number): Samples {
  const random = createRandom(11);
  const columns = [0, 1, 2].map(() => Float64Array.from({ length: count }, () => random()));
  const [a = new Float64Array(), b = new Float64Array()] = columns;
  const labels = Uint8Array.from({ length: count }, (_, row) => {
    const isFraud = (a[row] ?? 0) > 0.5 !== (b[row] ?? 0) > 0.5;
    return isFraud !== random() < noise ? 1 : 0;
  });
  const at = Float64Array.from({ length: count }, (_, row) => row);
  return { features: ['a', 'b', 'c'], columns, labels, at };
}

const options: BoostingOptions = { ...defaultBoosting, roundsMax: 40, learningRate: 0.3 };
const learn = (samples: Samples, changes: Partial<BoostingOptions> = {}, seed = 1) =>
  fitBoosting(samples, { ...options, ...changes }, createRandom(seed));

test('tells apart what logistic regression cannot', () => {
  const { earlier, later } = splitByTime(crossed(2_000, 0), 0.5);
  const boosting = boostingLogOdds(learn(earlier).body, later);
  const logistic = logisticLogOdds(fitLogistic(earlier, { l2: 1 }), later);
  expect(areaUnderRoc(later.labels, boosting)).toBeGreaterThan(0.99);
  expect(areaUnderRoc(later.labels, logistic)).toBeLessThan(0.6);
});

test('every tree lowers the loss of what it learns from', () => {
  const { losses } = learn(crossed(1_000, 0.1));
  expect(losses).toHaveLength(41);
  expect(losses.every((loss, round) => round === 0 || loss < (losses[round - 1] ?? 0))).toBe(true);
});

test('what is written down is what was measured', () => {
  const samples = crossed(1_000, 0.1);
  const { body, losses } = learn(samples);
  const chances = boostingLogOdds(body, samples).map(sigmoid);
  expect(logLoss(samples.labels, chances)).toBeCloseTo(losses.at(-1) ?? NaN, 12);
});

test('the same seed gives the same trees, another seed others', () => {
  const samples = crossed(800, 0.1);
  const once = learn(samples, { rowShare: 0.5 });
  expect(learn(samples, { rowShare: 0.5 })).toEqual(once);
  expect(learn(samples, { rowShare: 0.5 }, 2).body).not.toEqual(once.body);
  expect(learn(samples, {}, 1)).toEqual(learn(samples, {}, 2));
});

describe('limits', () => {
  const samples = crossed(600, 0.2);

  test('of rows per leaf', () => {
    const { body } = learn(samples, { rowsPerLeafMin: 90, leavesMax: 31, depthMax: 8 });
    const reached = new Map<number, number>();
    for (let row = 0; row < 600; row += 1) {
      let node = 0;
      for (let child = body.left[0] ?? 0; child !== 0; child = body.left[node] ?? 0) {
        const value = samples.columns[body.feature[node] ?? 0]?.[row] ?? NaN;
        node = value <= (body.threshold[node] ?? NaN) ? child : child + 1;
      }
      reached.set(node, (reached.get(node) ?? 0) + 1);
    }
    expect(reached.size).toBeGreaterThan(2);
    expect(Math.min(...reached.values())).toBeGreaterThanOrEqual(90);
  });

  test.each([
    ['leaves', { leavesMax: 3 }, 5],
    ['depth', { depthMax: 1, leavesMax: 31 }, 3],
  ])('of %s', (_, changes, nodesMax) => {
    const { roots, value } = learn(samples, changes).body;
    const sizes = roots.map((root, tree) => (roots[tree + 1] ?? value.length) - root);
    expect(Math.max(...sizes)).toBe(nodesMax);
  });
});

test('it ends when rows kept aside no longer gain, and keeps the trees up to the best', () => {
  const { earlier, later } = splitByTime(crossed(600, 0.3), 0.5);
  const long = {
    ...options,
    roundsMax: 300,
    patience: 10,
    leavesMax: 31,
    depthMax: 8,
    rowsPerLeafMin: 5,
  };
  const { body, asideLosses } = fitBoosting(earlier, long, createRandom(1), later);
  const best = asideLosses.indexOf(Math.min(...asideLosses));
  expect([body.roots.length, asideLosses.length]).toEqual([best, best + 11]);
  expect(best).toBeGreaterThan(0);
  const chances = boostingLogOdds(body, later).map(sigmoid);
  expect(logLoss(later.labels, chances)).toBeCloseTo(asideLosses[best] ?? NaN, 12);
});

test('nothing to tell apart gives no trees and the share of frauds', () => {
  const samples = { ...crossed(400, 0), columns: [0, 1, 2].map(() => new Float64Array(400)) };
  const { body } = learn(samples);
  const share = samples.labels.reduce((sum, label) => sum + label, 0) / 400;
  expect(body.roots).toEqual([]);
  expect(sigmoid(body.intercept)).toBeCloseTo(share, 6);
});
