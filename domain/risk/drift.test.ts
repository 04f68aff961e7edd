import { expect, test } from '@jest/globals';
import { driftOf, populationStability, sampleMin } from './drift.ts';
import { unknown } from './features.ts';
import { createRandom } from './training/random.ts';

const times = (count: number, value: number): number[] => new Array<number>(count).fill(value);
const upTo = (count: number, of: (n: number) => number = (n) => n): number[] =>
  Array.from({ length: count }, (_, n) => of(n + 1));

// By hand: (c - r) ln(c / r), bin by bin; an empty bin is half a row.
const half = 0.5 / 200;
test.each([
  ['the same', upTo(200), upTo(200), 0],
  ['half of it to three quarters', [...times(100, 0), ...times(100, 1)], [...times(150, 0), ...times(50, 1)], 0.25 * Math.log(1.5) - 0.25 * Math.log(0.5)], // prettier-ignore
  ['known to unknown', [...times(100, unknown), ...times(100, 5)], [...times(50, unknown), ...times(150, 5)], 0.25 * Math.log(1.5) - 0.25 * Math.log(0.5)], // prettier-ignore
  ['a tenth each to one tenth alone', upTo(200), times(200, 7), 0.9 * Math.log(10) + 9 * (half - 0.1) * Math.log(half / 0.1)], // prettier-ignore
  ['above all there was', upTo(200), times(200, 1e9), 0.9 * Math.log(10) + 9 * (half - 0.1) * Math.log(half / 0.1)], // prettier-ignore
  ['what never was before', times(200, 0), [...times(150, 0), ...times(50, 3)], -0.25 * Math.log(0.75) + (0.25 - half) * Math.log(0.25 / half)], // prettier-ignore
  ['unknown before and now', times(200, unknown), times(300, unknown), (0.5 / 300 - half) * Math.log(200 / 300)], // prettier-ignore
])('%s', (_, reference, current, psi) => {
  expect(populationStability(reference, current)).toBeCloseTo(psi, 10);
});

test('too few rows say nothing', () => {
  expect(populationStability(upTo(sampleMin - 1), upTo(500))).toBeNull();
  expect(populationStability(upTo(500), upTo(sampleMin - 1))).toBeNull();
  expect(populationStability(upTo(sampleMin), upTo(sampleMin))).toBe(0);
});

test('the order of rows means nothing, nor does a stretch of the scale', () => {
  const random = createRandom(3);
  const draw = (shift: number): number[] => upTo(400, () => Math.ceil(random() ** 3 * 50) + shift);
  const [reference, current] = [draw(0), draw(4)];
  const psi = populationStability(reference, current) ?? 0;
  expect(psi).toBeGreaterThan(0.25);
  expect(populationStability(reference.toReversed(), current.toReversed())).toBe(psi);
  const stretch = (value: number): number => value ** 2 * 3;
  expect(populationStability(reference.map(stretch), current.map(stretch))).toBe(psi);
});

test('samples of one population are below the first threshold', () => {
  const random = createRandom(5);
  const draw = (count: number): number[] => upTo(count, () => random() ** 2);
  for (let n = 0; n < 50; n += 1) {
    const psi = populationStability(draw(4_032), draw(576)) ?? NaN;
    expect(driftOf(psi)).toBe('none');
  }
});

test.each([
  [0, 'none'],
  [0.0999, 'none'],
  [0.1, 'moderate'],
  [0.2499, 'moderate'],
  [0.25, 'major'],
])('%d is %s', (psi, drift) => {
  expect(driftOf(psi)).toBe(drift);
});
