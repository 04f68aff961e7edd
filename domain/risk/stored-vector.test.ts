import { expect, test } from '@jest/globals';
import { currencies, currencyExponent, type Currency } from '../currency.ts';
import { flatFacts, type Facts, type FactValue, paymentFacts } from './facts.ts';
import { featureNames, unknown } from './features.ts';
import { storedVector } from './stored-vector.ts';
import { createRandom } from './training/random.ts';

function factsOf(
  features: Readonly<Record<string, number>>,
  amount: number,
  currency: Currency,
): Facts {
  // prettier-ignore
  const nothing = Object.keys(paymentFacts).map((name): [string, FactValue] => [name, null]);
  const payment = Object.fromEntries(nothing) as Record<keyof typeof paymentFacts, FactValue>;
  return flatFacts(features, { ...payment, amount, currency, hour_of_day: 3 });
}

test.each(currencies)('what was judged comes back, number by number: %s', (currency) => {
  const random = createRandom(currency.charCodeAt(0));
  const minor = Math.ceil(random() * 1e6);
  const hundredths = Math.round(minor * 10 ** (2 - currencyExponent(currency)));
  const drawn = featureNames.map((name) => [name, random() < 0.3 ? unknown : random() * 100]);
  const features = { ...Object.fromEntries(drawn), amount: hundredths / 100 } as Record<string, number>; // prettier-ignore
  const facts = JSON.parse(JSON.stringify(factsOf(features, minor, currency))) as Facts;
  expect(storedVector(facts)).toEqual(features);
});

test('what is newer than the decision is unknown', () => {
  const vector = storedVector({ amount: 250, currency: 'EUR', is_night: 1, country: 'FR' });
  expect(vector).toMatchObject({ amount: 2.5, is_night: 1, card_attempts_1h: unknown });
  expect(Object.keys(vector)).toEqual([...featureNames]);
});
