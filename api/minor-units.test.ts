import { expect, test } from '@jest/globals';
import { minorUnits } from './minor-units.ts';

const most = BigInt(Number.MAX_SAFE_INTEGER);

test.each([0n, 1n, -1n, most, -most])('%s is told exactly', (amount) => {
  expect(BigInt(minorUnits(amount))).toBe(amount);
});

test.each([most + 1n, -most - 1n])('%s is told to nobody', (amount) => {
  expect(() => minorUnits(amount)).toThrow(RangeError);
});
