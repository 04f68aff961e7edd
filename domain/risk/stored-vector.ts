/**
 * The features of a payment as they were when it was judged, out of the facts that are kept with the decision.
 * Facts have null where features have `unknown`, and the payment's `amount` in minor units in the place of the feature.
 */
import { currencyExponent, isCurrency } from '../currency.ts';
import type { Facts } from './facts.ts';
import { featureNames, unknown, type FeatureVector } from './features.ts';

/** As `risk_amount` (0062) cuts it. */
const hundredthsMax = 10_000_000_000_000;

/** What is newer than the decision is `unknown`. */
export function storedVector(facts: Facts): FeatureVector {
  const values = featureNames.map((name) => {
    const value = facts[name];
    return [name, typeof value === 'number' ? value : unknown];
  });
  return { ...(Object.fromEntries(values) as FeatureVector), amount: majorUnits(facts) };
}

/** To the hundredth. */
function majorUnits({ amount, currency }: Facts): number {
  if (typeof amount !== 'number' || typeof currency !== 'string') return unknown;
  const exponent = isCurrency(currency) ? currencyExponent(currency) : 2;
  const hundredths = exponent === 3 ? Math.round(amount / 10) : amount * 10 ** (2 - exponent);
  return Math.min(hundredths, hundredthsMax) / 100;
}
