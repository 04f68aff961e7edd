import { expect, test } from '@jest/globals';
import { currencies } from '../../domain/currency.ts';
import { fromAdyenAmount, toAdyenAmount } from './amounts.ts';

test.each([
  ['two digits as they are', 1_234n, 'EUR', 1_234],
  ['no digits as they are', 500n, 'JPY', 500],
  ['three digits as they are', 1_234n, 'KWD', 1_234],
  ['Chilean pesos: two digits', 5n, 'CLP', 500],
  ['krónur: two digits', 5n, 'ISK', 500],
  ['rupiahs: whole ones', 500n, 'IDR', 5],
  ['rupiahs that are not whole', 550n, 'IDR', null],
  ['nothing, of a card that is set up', 0n, 'EUR', 0],
  ['less than nothing', -1n, 'EUR', null],
  ['more than a JSON integer holds', 2n ** 53n, 'EUR', null],
  ['more than it holds once scaled', 2n ** 52n, 'ISK', null],
] as const)('%s', (_, amountMinor, currency, value) => {
  expect(toAdyenAmount(amountMinor, currency)).toEqual(value === null ? null : { value, currency });
});

test('what was sent is read back as what was meant, in every currency', () => {
  for (const currency of currencies) {
    for (const amountMinor of [100n, 9_900n, 123_400n]) {
      expect(fromAdyenAmount(toAdyenAmount(amountMinor, currency))).toEqual({
        amountMinor,
        currency,
      });
    }
  }
});

test.each([
  ['half a króna', { value: 550, currency: 'ISK' }],
  ['a currency we do not know', { value: 100, currency: 'XTS' }],
  ['a currency in lower case', { value: 100, currency: 'eur' }],
  ['a fraction', { value: 1.5, currency: 'EUR' }],
  ['less than nothing', { value: -1, currency: 'EUR' }],
  ['a text', { value: '100', currency: 'EUR' }],
  ['no value', { currency: 'EUR' }],
  ['no amount', null],
  ['no amount at all', undefined],
])('%s is no amount of ours', (_, amount) => {
  expect(fromAdyenAmount(amount)).toBeNull();
});

test('only these are counted otherwise by Adyen', () => {
  const scaled = currencies.filter((c) => toAdyenAmount(100n, c)?.value !== 100);
  expect(scaled).toEqual(['CLP', 'IDR', 'ISK']);
});
