/** Scores and their reasons. A failure prints the seed: TENDER_TEST_SEED repeats it. */
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { scoreOf, sigmoid, type BoostingBody, type RiskModel } from './model.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
afterAll(() => {
  process.stderr.write(`risk model: TENDER_TEST_SEED=${String(seed)}\n`);
});

const figures = { rows: 1, frauds: 1, auc: 1, ap: 1, brier: 0, log_loss: 0 };
const head = {
  format: 1 as const,
  version: 'test-1',
  seed: 1,
  features: ['amount', 'is_night'],
  data: { source: 'labels' as const, hash: 'x', rows: 1, frauds: 1, from: 'x', to: 'x' },
  options: {},
  metrics: { aside: figures, test: null },
  calibration: { method: 'platt' as const, slope: 2, intercept: -1, rows: 1 },
};
const logistic: RiskModel = {
  ...head,
  kind: 'logistic',
  logistic: { intercept: -3, means: [50, 0.2], deviations: [20, 0.4], weights: [1.5, -0.5] },
};
/** amount <= 100 → -1; else at night 3, by day 1. */
const boosting: RiskModel = {
  ...head,
  kind: 'boosting',
  boosting: {
    intercept: -4,
    roots: [0],
    feature: [0, 0, 1, 0, 0],
    threshold: [100, 0, 0.5, 0, 0],
    left: [1, 0, 3, 0, 0],
    value: [-0.5, -1, 1.5, 1, 3],
  },
};

test('logistic regression, by hand', () => {
  const scored = scoreOf(logistic, { amount: 90, is_night: 1 });
  expect(scored.base).toBe(-3);
  expect(scored.logOdds).toBeCloseTo(-3 + 1.5 * 2 - 0.5 * 2, 12);
  expect(scored.probability).toBeCloseTo(sigmoid(2 * -1 - 1), 12);
  expect(scored.reasons).toEqual([
    { feature: 'amount', value: 90, contribution: 3 },
    { feature: 'is_night', value: 1, contribution: -1 },
  ]);
});

test.each([
  [100, 1, -0.5, 0, -1],
  [100.01, 1, 2, 1.5, 3],
  [100.01, 0, 2, -0.5, 1],
])('trees, by hand: %d at night %d', (amount, night, ofAmount, ofNight, leaf) => {
  const scored = scoreOf(boosting, { amount, is_night: night });
  expect(scored.base).toBe(-4.5);
  expect(scored.logOdds).toBe(-4 + leaf);
  expect(scored.probability).toBeCloseTo(sigmoid(2 * (-4 + leaf) - 1), 12);
  expect(scored.reasons).toContainEqual({
    feature: 'amount',
    value: amount,
    contribution: ofAmount,
  });
  expect(scored.reasons).toContainEqual({
    feature: 'is_night',
    value: night,
    contribution: ofNight,
  });
});

test('reasons come with the weightiest first, whichever way it speaks', () => {
  const { reasons } = scoreOf(logistic, { amount: 50, is_night: 1 });
  expect(reasons.map(({ feature }) => feature)).toEqual(['is_night', 'amount']);
});

test.each([
  ['missing', { amount: 1 }, 'is_night: the model test-1 wants a number, not undefined'],
  [
    'not a number',
    { amount: NaN, is_night: 0 },
    'amount: the model test-1 wants a number, not NaN',
  ],
])('a value that is %s is said, not guessed', (_, values, message) => {
  expect(() => scoreOf(boosting, values)).toThrow(message);
});

const width = 4;
const node = fc.record({
  feature: fc.nat(width - 1),
  threshold: fc.double({ min: -3, max: 3, noNaN: true }),
  value: fc.double({ min: -2, max: 2, noNaN: true }),
});
/** Trees of any shape: each of the first nodes in turn gets two children. */
const forest = fc
  .array(fc.array(node, { minLength: 1, maxLength: 21 }), { maxLength: 6 })
  .map((trees): BoostingBody => {
    const body = { intercept: -2, roots: [] as number[], feature: [] as number[], threshold: [] as number[], left: [] as number[], value: [] as number[] }; // prettier-ignore
    for (const tree of trees) {
      const odd = tree.slice(0, tree.length - ((tree.length + 1) % 2));
      const start = body.value.length;
      body.roots.push(start);
      for (const [place, { feature, threshold, value }] of odd.entries()) {
        body.feature.push(feature);
        body.threshold.push(threshold);
        body.value.push(value);
        body.left.push(2 * place + 1 < odd.length ? start + 2 * place + 1 : 0);
      }
    }
    return body;
  });

/** As one would say it: the leaf of each tree, found by calling oneself. */
function leafValue(body: BoostingBody, at: number, row: readonly number[]): number {
  const child = body.left[at] ?? 0;
  if (child === 0) return body.value[at] ?? NaN;
  const isLeft = (row[body.feature[at] ?? 0] ?? NaN) <= (body.threshold[at] ?? NaN);
  return leafValue(body, isLeft ? child : child + 1, row);
}

test('contributions and base add up to the score, and the score is the sum of leaves', () => {
  const row = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: width, maxLength: width }); // prettier-ignore
  const features = ['a', 'b', 'c', 'd'];
  fc.assert(
    fc.property(forest, row, (body, values) => {
      const model: RiskModel = { ...head, features, kind: 'boosting', boosting: body };
      const named = Object.fromEntries(features.map((name, index) => [name, values[index] ?? NaN]));
      const scored = scoreOf(model, named);
      const leaves = body.roots.reduce((sum, root) => sum + leafValue(body, root, values), 0);
      const contributed = scored.reasons.reduce((sum, { contribution }) => sum + contribution, 0);
      expect(scored.logOdds).toBeCloseTo(body.intercept + leaves, 9);
      expect(contributed).toBeCloseTo(scored.logOdds - scored.base, 9);
      expect(scored.reasons.map(({ feature }) => feature).sort()).toEqual(features);
    }),
    { seed, numRuns: 500 },
  );
});
