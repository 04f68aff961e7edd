import { expect, test } from '@jest/globals';
import { currencies, currencyExponent } from '../../domain/currency.ts';
import { fromStripeAmount, toStripeAmount } from './amounts.ts';

test.each([
  ['two digits as they are', 1_234n, 'EUR', 1_234],
  ['no digits as they are', 500n, 'JPY', 500],
  ['króna: two digits that are zero', 5n, 'ISK', 500],
  ['forint: two digits, also zero-decimal in payouts only', 50n, 'HUF', 50],
  ['Taiwan dollar likewise', 50n, 'TWD', 50],
  ['three digits, the last a zero', 1_230n, 'KWD', 1_230],
  ['three digits, the last not a zero', 1_234n, 'KWD', null],
  ['nothing', 0n, 'EUR', null],
  ['more than a JSON integer holds', 2n ** 53n, 'EUR', null],
  ['more than it holds once scaled', 2n ** 52n, 'ISK', null],
] as const)('%s', (_, amountMinor, currency, expected) => {
  expect(toStripeAmount(amountMinor, currency)).toBe(expected);
});

test('what was sent is read back as what was meant, in every currency', () => {
  for (const currency of currencies) {
    for (const amountMinor of [10n, 990n, 123_450n]) {
      const wire = toStripeAmount(amountMinor, currency);
      expect(wire).not.toBeNull();
      expect(fromStripeAmount(wire ?? 0, currency.toLowerCase())).toEqual({
        amountMinor,
        currency,
      });
    }
  }
});

test.each([
  ['half a króna', 550, 'isk'],
  ['a currency we do not know', 100, 'xts'],
  ['a fraction', 1.5, 'eur'],
  ['nothing', 0, 'eur'],
  ['less', -1, 'eur'],
])('%s is no amount of ours', (_, amount, currency) => {
  expect(fromStripeAmount(amount, currency)).toBeNull();
});

test('the only currency scaled is the one Stripe counts otherwise', () => {
  const scaled = currencies.filter((c) => toStripeAmount(10n, c) !== 10);
  expect(scaled).toEqual(['ISK']);
  expect(currencyExponent('ISK')).toBe(0);
});
