/** What a shopper can be offered: by country, currency and amount, and by who there is to take it. */
import type { Currency } from './currency.ts';
import { methodSchemes, type Limits, type MethodScheme } from './payment-methods.ts';
import { route, type Candidate, type RoutingView } from './routing.ts';

export interface Offer {
  readonly merchantId: string;
  /** ISO 3166-1 alpha-2, of the shopper. */
  readonly country: string;
  readonly currency: Currency;
  /** Undefined: not known yet; then no limit leaves anything out. */
  readonly amount: bigint | undefined;
}

export type OfferedMethod = Omit<MethodScheme, 'limits' | 'countries'> & Limits;

/** In the order of the table; only what a configured provider takes by the rules in force. */
export function offeredMethods(offer: Offer, view: RoutingView): readonly OfferedMethod[] {
  return methodSchemes.flatMap(({ limits, countries, ...scheme }) => {
    const limit = limits === null ? { min: 1n, max: null } : limits[offer.currency];
    if (limit === undefined || (countries !== null && !countries.includes(offer.country)))
      return [];
    const { amount = limit.min } = offer;
    if (amount < limit.min || (limit.max !== null && amount > limit.max)) return [];
    return isTaken(offer, amount, scheme.type, view) ? [{ ...scheme, ...limit }] : [];
  });
}

/**
 * Whether a payment like this one would be routed anywhere. A provider in trouble just now still counts:
 * what a shop shows must not flicker, and a payment finds another one or is told.
 */
function isTaken(
  { merchantId, country, currency }: Offer,
  amount: bigint,
  type: MethodScheme['type'],
  { rules, candidates }: RoutingView,
): boolean {
  const healthy = candidates.map((one): Candidate => ({ ...one, health: 'available' }));
  // As if the shopper had a token for everybody.
  const tokens = Object.fromEntries(candidates.map(({ contract }) => [contract.name, 'any']));
  const imagined = {
    ...{ id: '', merchantId, amount, currency, captureMethod: 'automatic' as const },
    ...{
      paymentMethod: { type, country, tokens },
      attempts: [],
      submitBy: null,
      submitWithinMs: 0,
    },
  };
  return route(imagined, { rules, candidates: healthy }).provider !== null;
}
