import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allocate } from './money.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
const amount = fc.bigInt({ min: 0n, max: 9_007_199_254_740_991n });
const weights = fc
  .array(fc.oneof(fc.bigInt({ min: 0n, max: 9n }), amount), { minLength: 1, maxLength: 6 })
  .filter((all) => all.some((weight) => weight > 0n));
const sum = (all: readonly bigint[]): bigint => all.reduce((a, b) => a + b, 0n);

test.each([
  [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
  [5n, [1n, 2n, 3n], [1n, 2n, 2n]],
  [2n, [3n, 3n, 1n], [1n, 1n, 0n]],
  [1n, [0n, 1n, 1n], [0n, 1n, 0n]],
  [0n, [0n, 0n], [0n, 0n]],
  [7n, [10n], [7n]],
  [10n, [0n, 7n, 3n], [0n, 7n, 3n]],
] as const)('%s over %s is %s', (whole, by, parts) => {
  expect(allocate(whole, by)).toEqual(parts);
});

test.each([
  ['a negative amount', -1n, [1n]],
  ['a negative weight', 1n, [2n, -1n]],
  ['nothing to give it to', 1n, [0n, 0n]],
  ['nobody to give it to', 1n, []],
] as const)('%s is refused', (_, whole, by) => {
  expect(() => allocate(whole, by)).toThrow(RangeError);
});

describe('100,000 random splits', () => {
  test('sum to the whole, each within one unit of its exact share', () => {
    process.stderr.write(`allocate: TENDER_TEST_SEED=${String(seed)}\n`);
    fc.assert(
      fc.property(amount, weights, (whole, by) => {
        const parts = allocate(whole, by);
        const total = sum(by);
        const isFair = parts.every((part, i) => {
          const error = part * total - whole * (by[i] ?? 0n);
          return part >= 0n && error < total && -error < total;
        });
        return sum(parts) === whole && isFair;
      }),
      { seed, numRuns: 50_000 },
    );
  }, 60_000);

  test('of what remains, in any sequence, return exactly the whole', () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, pieces, (whole, thousandths) => {
        let left: readonly bigint[] = whole;
        const take = (piece: bigint): void => {
          const parts = allocate(piece, left);
          left = left.map((part, i) => part - (parts[i] ?? 0n));
        };
        for (const n of thousandths) {
          if (sum(left) === 0n) break;
          take((sum(left) * BigInt(n)) / 1_000n);
          if (left.some((part) => part < 0n)) return false;
        }
        if (sum(left) > 0n) take(sum(left));
        return left.every((part) => part === 0n);
      }),
      { seed, numRuns: 50_000 },
    );
  }, 60_000);
});
