/** Splits found through histograms against all splits tried one by one. A failure prints the seed: TENDER_TEST_SEED repeats it. */
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { binRows, binsMax, findThresholds } from './bins.ts';
import { findSplit, makeHistogram, subtract, sumsOf } from './histogram.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
afterAll(() => {
  process.stderr.write(`histogram: TENDER_TEST_SEED=${String(seed)}\n`);
});

const limits = { l2: 1, rowsPerLeafMin: 3, curvaturePerLeafMin: 0.01 };
const row = fc.record({
  values: fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 0, max: 30 })),
  gradient: fc.double({ min: -1, max: 1, noNaN: true }),
  curvature: fc.double({ min: 0.01, max: 0.25, noNaN: true }),
});
type Row = typeof row extends fc.Arbitrary<infer R> ? R : never;

function bestGain(rows: readonly Row[]): number {
  const sum = (of: readonly Row[], name: 'gradient' | 'curvature'): number =>
    of.reduce((total, one) => total + one[name], 0);
  const part = (of: readonly Row[]): number =>
    sum(of, 'gradient') ** 2 / (sum(of, 'curvature') + limits.l2);
  let best = 0;
  for (const feature of [0, 1] as const) {
    for (const { values } of rows) {
      const left = rows.filter((one) => one.values[feature] <= values[feature]);
      const right = rows.filter((one) => one.values[feature] > values[feature]);
      if (Math.min(left.length, right.length) < limits.rowsPerLeafMin) continue;
      if (Math.min(sum(left, 'curvature'), sum(right, 'curvature')) < limits.curvaturePerLeafMin)
        continue;
      best = Math.max(best, part(left) + part(right) - part(rows));
    }
  }
  return best;
}

test('the best split is the best of all there are', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
      const columns = ([0, 1] as const).map((f) =>
        Float64Array.from(rows, ({ values }) => values[f]),
      );
      const thresholds = columns.map(findThresholds);
      const samples = { features: ['a', 'b'], columns, labels: new Uint8Array(rows.length), at: new Float64Array(rows.length) }; // prettier-ignore
      const binned = binRows(samples, thresholds);
      const derivatives = {
        gradient: Float64Array.from(rows, ({ gradient }) => gradient),
        curvature: Float64Array.from(rows, ({ curvature }) => curvature),
      };
      const all = Int32Array.from(rows, (_, index) => index);
      const whole = makeHistogram(binned, all, derivatives);
      expect(findSplit(whole, limits)?.gain ?? 0).toBeCloseTo(bestGain(rows), 6);
      const cut = Math.floor(rows.length / 3);
      const rest = subtract(whole, makeHistogram(binned, all.subarray(0, cut), derivatives));
      const counted = sumsOf(makeHistogram(binned, all.subarray(cut), derivatives));
      expect(sumsOf(rest).gradient).toBeCloseTo(counted.gradient, 9);
      expect(sumsOf(rest).rows).toBe(counted.rows);
    }),
    { seed, numRuns: 300 },
  );
});

test('bins keep the order of values, and thresholds say the same as bins', () => {
  const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 20 })); // prettier-ignore
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 1_500 }), (values) => {
      const column = Float64Array.from(values);
      const thresholds = findThresholds(column);
      expect(thresholds).toEqual(thresholds.toSorted());
      expect(thresholds.length).toBeLessThan(binsMax);
      const distinct = new Set(values.map((one) => one + 0)).size;
      if (distinct <= binsMax) expect(thresholds.length).toBe(distinct - 1);
      const samples = { features: ['a'], columns: [column], labels: new Uint8Array(values.length), at: column }; // prettier-ignore
      const [bins = new Uint8Array()] = binRows(samples, [thresholds]).bins;
      for (const [index, one] of values.entries()) {
        const bin = bins[index] ?? NaN;
        expect(bin).toBe(thresholds.filter((threshold) => threshold < one).length);
      }
    }),
    { seed, numRuns: 100 },
  );
});
