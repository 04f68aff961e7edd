import { expect, test } from '@jest/globals';
import { calibrated, sigmoid } from '../model.ts';
import { calibrate } from './calibrate.ts';
import { createRandom } from './random.ts';

const random = createRandom(3);
const truth = Float64Array.from({ length: 8_000 }, () => 8 * random() - 7);
const labels = Uint8Array.from(truth, (logOdds) => (random() < sigmoid(logOdds) ? 1 : 0));
const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;

test.each([
  ['right', 1, 0],
  ['too sure', 3, 2],
  ['not sure enough', 0.2, -1],
])('log odds that are %s become the chances that there are', (_, slope, shift) => {
  const scores = truth.map((logOdds) => slope * logOdds + shift);
  const made = calibrate(labels, scores);
  const chances = scores.map((score) => calibrated(made, score));
  const apart = chances.reduce((sum, chance, row) => sum + Math.abs(chance - sigmoid(truth[row] ?? 0)), 0); // prettier-ignore
  expect(apart / labels.length).toBeLessThan(0.015);
  expect(chances.reduce((sum, chance) => sum + chance, 0) / labels.length).toBeCloseTo(share, 3);
});

test('scores that say the opposite, or nothing, become the share of frauds', () => {
  const { slope, intercept } = calibrate(
    labels,
    truth.map((logOdds) => -logOdds),
  );
  expect(slope).toBe(0);
  expect(sigmoid(intercept)).toBeCloseTo(share, 3);
});

test('scores that tell all stay within reason', () => {
  const made = calibrate(Uint8Array.of(0, 0, 0, 1, 1, 1), Float64Array.of(-9, -8, -7, 7, 8, 9));
  expect(calibrated(made, 9)).toBeLessThan(0.95);
  expect(calibrated(made, -9)).toBeGreaterThan(0.05);
});
