import { expect, test } from '@jest/globals';
import { currencies, currencyExponent, isCurrency } from './currency.ts';

test.each([
  ['JPY', 0],
  ['KRW', 0],
  ['CLP', 0],
  ['ISK', 0],
  ['VND', 0],
  ['USD', 2],
  ['EUR', 2],
  // Where CLDR, and so Intl, says 0.
  ['HUF', 2],
  ['IDR', 2],
  ['KWD', 3],
  ['BHD', 3],
  ['JOD', 3],
  ['OMR', 3],
  ['TND', 3],
] as const)('%s has %i decimal places', (currency, places) => {
  expect(currencyExponent(currency)).toBe(places);
});

test.each(['usd', 'XXX', '', 'US', 'toString', '__proto__'])('%j is no currency', (code) => {
  expect(isCurrency(code)).toBe(false);
});

test('every currency is accepted and has 0, 2 or 3 places', () => {
  expect(currencies.every(isCurrency)).toBe(true);
  expect(new Set(currencies.map(currencyExponent))).toEqual(new Set([0, 2, 3]));
});
