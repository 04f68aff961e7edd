/**
 * Routing rules as data: which providers a payment may go to, and in which order. A rule set is a value
 * with a version; it is written as JSON (`StoredRules`, the API's own shape) and decided on as `RoutingRules`.
 */
import type { Currency } from './currency.ts';
import type { PaymentMethodType } from './provider-contract.ts';

/**
 * `listed`: as written. `weighted`: each first as often as its weight says. `least_cost`: the cheapest
 * for this amount first; whoever's cost is not known comes last.
 */
export const routingOrders = ['listed', 'weighted', 'least_cost'] as const;
export type RoutingOrder = (typeof routingOrders)[number];

/** What must hold of a payment, all of it; what is left out holds always. What is not known never holds. */
export interface StoredConditions {
  readonly methods?: readonly PaymentMethodType[] | undefined;
  readonly brands?: readonly string[] | undefined;
  readonly currencies?: readonly Currency[] | undefined;
  /** ISO 3166-1 alpha-2, of the card's issuer or the shopper's bank. */
  readonly countries?: readonly string[] | undefined;
  readonly merchants?: readonly string[] | undefined;
  /** Minor units, both ends included. */
  readonly amount?:
    { readonly min?: number | undefined; readonly max?: number | undefined } | undefined;
}

export interface StoredRule {
  readonly name: string;
  readonly when?: StoredConditions | undefined;
  readonly order: RoutingOrder;
  readonly targets: readonly { readonly provider: string; readonly weight?: number | undefined }[];
}

/** What a provider takes per payment, and the most it is given; minor units by currency. */
export interface StoredTerms {
  readonly provider: string;
  readonly basis_points: number;
  /** A currency that is not here has no known cost. */
  readonly fixed: Readonly<Record<string, number>>;
  readonly amount_max?: Readonly<Record<string, number>> | undefined;
}

export interface StoredRules {
  /** The first that holds decides; if none does, all providers in the order they are configured. */
  readonly rules: readonly StoredRule[];
  readonly providers: readonly StoredTerms[];
  /** Of 100 payments so many are first tried at a provider drawn evenly, to learn how the others do. */
  readonly explore_percent: number;
  /** Declines after which another provider is asked; each must be one of `failoverDeclines`. */
  readonly failover_declines: readonly string[];
}

export interface RoutingRules extends StoredRules {
  readonly version: number;
}

/**
 * Declines that are about the way to the issuer, not about card or shopper, so that another way may end
 * otherwise. `do_not_honor` and a no without a reason are the issuer's own: asking again elsewhere may
 * succeed, but schemes count and charge such repeats, so whoever wants it says so in the rules.
 * Nothing else is here, on purpose: no funds, stolen, expired, invalid are the same everywhere.
 */
export const failoverDeclines: Readonly<Record<string, 'default' | 'if_said'>> = {
  issuer_unavailable: 'default',
  processing_error: 'default',
  do_not_honor: 'if_said',
  declined: 'if_said',
};

export const failoverDeclinesDefault: readonly string[] = Object.entries(failoverDeclines)
  .filter(([, when]) => when === 'default')
  .map(([code]) => code);

/** What holds before anybody wrote a rule: every provider, in the order they are configured. */
export const firstRules: RoutingRules = {
  version: 1,
  rules: [],
  providers: [],
  explore_percent: 0,
  failover_declines: failoverDeclinesDefault,
};

/** What a rule looks at. */
export interface RuledPayment {
  readonly merchantId: string;
  readonly amount: bigint;
  readonly currency: Currency;
  readonly method: PaymentMethodType;
  readonly brand: string | undefined;
  readonly country: string | undefined;
}

export function ruleFor(rules: StoredRules, payment: RuledPayment): StoredRule | undefined {
  return rules.rules.find(({ when = {} }) => holds(when, payment));
}

function holds(when: StoredConditions, payment: RuledPayment): boolean {
  const { min, max } = when.amount ?? {};
  return (
    isAmong(when.methods, payment.method) &&
    isAmong(when.brands, payment.brand) &&
    isAmong(when.currencies, payment.currency) &&
    isAmong(when.countries, payment.country) &&
    isAmong(when.merchants, payment.merchantId) &&
    (min === undefined || payment.amount >= BigInt(min)) &&
    (max === undefined || payment.amount <= BigInt(max))
  );
}

function isAmong(wanted: readonly string[] | undefined, value: string | undefined): boolean {
  return wanted === undefined || (value !== undefined && wanted.includes(value));
}

/** In ten-thousandths of a minor unit, so that nothing is rounded; null: not known. */
export function costOf(
  rules: StoredRules,
  provider: string,
  payment: { readonly amount: bigint; readonly currency: string },
): bigint | null {
  const terms = rules.providers.find((one) => one.provider === provider);
  const fixed = terms?.fixed[payment.currency];
  if (terms === undefined || fixed === undefined) return null;
  return payment.amount * BigInt(terms.basis_points) + BigInt(fixed) * 10_000n;
}

export function isOverAmount(
  rules: StoredRules,
  provider: string,
  payment: { readonly amount: bigint; readonly currency: string },
): boolean {
  const most = rules.providers.find((one) => one.provider === provider)?.amount_max;
  const max = most?.[payment.currency];
  return max !== undefined && payment.amount > BigInt(max);
}
