import { expect, test } from '@jest/globals';
import { shortfall } from './balance.ts';

test.each([
  ['all of it is there', 100n, 250n, 0n],
  ['it is there to the last unit', 100n, 100n, 0n],
  ['a part of it is there', 100n, 30n, 70n],
  ['nothing is there', 100n, 0n, 100n],
  ['less than nothing is there', 100n, -40n, 100n],
] as const)('%s', (_, amount, available, short) => {
  expect(shortfall(amount, available)).toBe(short);
});
