import { expect, test } from '@jest/globals';
import { derivatives, fitLogistic, lossOf } from './logistic.ts';
import { createRandom } from './random.ts';
import type { Samples } from './samples.ts';

const small: Samples = {
  features: ['a', 'b'],
  columns: [
    Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    Float64Array.of(10, 9, 14, 11, 17, 12, 20, 13),
  ],
  labels: Uint8Array.of(0, 0, 0, 1, 0, 1, 1, 1),
  at: Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7),
};

test('finds what scikit-learn 1.9.1 finds with C = 1 on standardised features', () => {
  const { intercept, weights } = fitLogistic(small, { l2: 1 });
  expect(weights[0]).toBeCloseTo(1.18268015, 6);
  expect(weights[1]).toBeCloseTo(-0.1407705, 6);
  expect(intercept).toBeCloseTo(0.00785483, 6);
});

test('both derivatives are those of the loss, by small differences', () => {
  const random = createRandom(7);
  const [width, count, l2] = [4, 30, 0.5];
  const rows = Float64Array.from({ length: width * count }, () => 2 * random() - 1);
  const labels = Uint8Array.from({ length: count }, () => (random() < 0.4 ? 1 : 0));
  const weights = Float64Array.from({ length: width }, () => 3 * random() - 1);
  const step = 1e-5;
  const moved = (index: number, by: number): Float64Array =>
    weights.map((weight, at) => weight + (at === index ? by : 0));
  const { gradient, hessian } = derivatives(rows, labels, weights, l2);
  for (let i = 0; i < width; i += 1) {
    const [above, below] = [moved(i, step), moved(i, -step)];
    const slope = (lossOf(rows, labels, above, l2) - lossOf(rows, labels, below, l2)) / (2 * step);
    expect(gradient[i]).toBeCloseTo(slope, 6);
    const [high, low] = [above, below].map((at) => derivatives(rows, labels, at, l2).gradient);
    for (let j = 0; j < width; j += 1) {
      const bend = ((high?.[j] ?? NaN) - (low?.[j] ?? NaN)) / (2 * step);
      expect(hessian[i * width + j]).toBeCloseTo(bend, 6);
    }
  }
});

test('no step raises the loss', () => {
  const { losses } = fitLogistic(small, { l2: 0.01 });
  expect(losses.length).toBeGreaterThan(3);
  expect(losses).toEqual(losses.toSorted((a, b) => b - a));
});

test('ends where a feature tells all, one never changes and two are the same', () => {
  const told = Float64Array.of(0, 0, 0, 1, 0, 1, 1, 1);
  const columns = [told, new Float64Array(8).fill(3), told];
  const { weights } = fitLogistic({ ...small, features: ['a', 'b', 'c'], columns }, { l2: 1 });
  expect(weights[0]).toBeGreaterThan(0.5);
  expect(weights[1]).toBe(0);
  expect(weights[2]).toBeCloseTo(weights[0] ?? 0, 9);
});
