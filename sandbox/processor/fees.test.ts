import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contracts } from '../contracts.ts';
import { feeOf } from './fees.ts';

type Given = Parameters<typeof feeOf>[0];

test.each<[Given['provider'], Given['operation'], number, string, number]>([
  ['alder', 'capture', 10_000, 'EUR', 165],
  // 1.4 % of 25 is 0.35: less than half a cent is dropped, half a cent is not.
  ['alder', 'capture', 25, 'EUR', 25],
  ['birch', 'capture', 50, 'EUR', 11],
  ['birch', 'refund', 10_000, 'EUR', 25],
  ['cedar', 'refund', 10_000, 'EUR', -90],
  ['bank', 'capture', 999_999, 'EUR', 35],
  ['alder', 'capture', 10_000, 'JPY', 140],
  ['alder', 'capture', 10_000, 'KWD', 390],
  ['alder', 'authorize', 10_000, 'EUR', 0],
  ['birch', 'void', 10_000, 'EUR', 0],
  ['nobody', 'capture', 10_000, 'EUR', 0],
])('%s takes for a %s of %i %s: %i', (provider, operation, amount, currency, fee) => {
  expect(feeOf({ provider, operation, amount, currency })).toBe(fee);
});

test('every provider of the sandbox has its price, and no fee takes all of a large amount', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: Number.MAX_SAFE_INTEGER }), (amount) => {
      for (const { name: provider } of contracts) {
        const fee = feeOf({ provider, operation: 'capture', amount, currency: 'EUR' });
        expect(fee).toBeGreaterThan(0);
        expect(fee).toBeLessThan(amount / 10);
      }
    }),
  );
});

test('cedar never gives back more for a refund than it took for the capture', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (amount) => {
      const of = (operation: Given['operation']): number =>
        feeOf({ provider: 'cedar', operation, amount, currency: 'EUR' });
      expect(of('capture') + of('refund')).toBeGreaterThanOrEqual(0);
    }),
  );
});
