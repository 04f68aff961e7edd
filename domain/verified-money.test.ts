import { expect, test } from '@jest/globals';
import { lastVerifiableDay, verifiedShare } from './verified-money.ts';

test.each([
  [0n, 1n, '0.0000'],
  [1n, 3n, '0.3333'],
  [2n, 3n, '0.6666'],
  [1n, 1n, '1.0000'],
  // A cent that nobody can account for is never rounded away.
  [10n ** 18n - 1n, 10n ** 18n, '0.9999'],
  [1n, 10_001n, '0.0000'],
])('%s of %s is %s', (verified, total, share) => {
  expect(verifiedShare(verified, total)).toBe(share);
});

const hour = 3_600_000;

test.each([
  // What was done in the last moment of the 24th waits until the end of the 26th.
  ['2026-11-26T23:59:59.999Z', 24 * hour, '2026-11-23'],
  ['2026-11-27T00:00:00.000Z', 24 * hour, '2026-11-24'],
  ['2026-11-27T00:00:00.000Z', 12 * hour, '2026-11-25'],
])('at %s, with a file every %s ms, the last day that waits for none is %s', (at, cycle, day) => {
  expect(lastVerifiableDay(Date.parse(at), cycle)).toBe(day);
});
