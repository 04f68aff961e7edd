/**
 * Which provider is tried next, and why not the others (DESIGN 6). Given the payment, the rule set and
 * the health of the providers the answer is always the same: it is decided again at commit 2, by other
 * processes, by the preview and by a backtest.
 */
import type { RouteExclusion, RouteRecord } from './change.ts';
import type { AttemptState, PaymentMethod, PaymentState } from './payment-state.ts';
import type { PaymentMethodType, ProviderContract } from './provider.ts';
import { takesCurrency } from './provider-contract.ts';
import { drawn } from './routing-draw.ts';
import {
  costOf,
  isOverAmount,
  ruleFor,
  type RoutingRules,
  type StoredRule,
} from './routing-rules.ts';
import { attemptsMax } from './timing.ts';

/** `probe`: it was in trouble, and one payment may find out whether it still is. */
export type ProviderHealth =
  'available' | 'probe' | 'breaker_open' | 'rate_limited' | 'at_capacity';

export interface Candidate {
  readonly contract: ProviderContract;
  /** Whether an authorization can be captured later. */
  readonly captures: boolean;
  readonly health: ProviderHealth;
}

/** What is decided by: read in one moment. */
export interface RoutingView {
  /** As they are configured. */
  readonly candidates: readonly Candidate[];
  readonly rules: RoutingRules;
}

export type RoutedPayment = Pick<
  PaymentState,
  | 'id'
  | 'merchantId'
  | 'amount'
  | 'currency'
  | 'captureMethod'
  | 'paymentMethod'
  | 'attempts'
  | 'submitBy'
  | 'submitWithinMs'
>;

export interface RoutedProvider {
  readonly provider: string;
  /** That it comes first, over all payments like this one. */
  readonly probability: number;
  /** In ten-thousandths of a minor unit; null: not known. */
  readonly cost: bigint | null;
}

export interface Route {
  readonly provider: string | null;
  readonly token: string | null;
  /** Who would be tried, first to last; with `excluded` every provider, each once. */
  readonly order: readonly RoutedProvider[];
  readonly excluded: readonly RouteExclusion[];
  /** Null: none holds. */
  readonly rule: string | null;
  readonly rulesVersion: number;
  /** First by the exploration, and not by its rule. */
  readonly explored: boolean;
}

/**
 * A provider whose try was certainly not sent, was softly declined, or whose void is confirmed, has had
 * its turn since the shopper last acted.
 */
export function route(payment: RoutedPayment, { candidates, rules }: RoutingView): Route {
  const { amount, currency, merchantId, paymentMethod } = payment;
  const { type: method, brand, country } = paymentMethod;
  const rule = ruleFor(rules, { merchantId, amount, currency, method, brand, country });
  const excluded: RouteExclusion[] = [];
  const able: string[] = [];
  for (const candidate of candidates) {
    const { name } = candidate.contract;
    const reason = exclusion(payment, candidate, rules, rule);
    if (reason === undefined) able.push(name);
    else excluded.push({ provider: name, reason });
  }
  const ordered = inOrder(payment, rules, rule, able);
  const explorer = exploration(payment, rules, able);
  const order = explorer === null ? ordered : [explorer, ...ordered.filter((n) => n !== explorer)];
  const share = mayExplore(payment, able) ? rules.explore_percent / 100 : 0;
  const weights = weightsOf(rule, ordered);
  const [provider = null] = order;
  return {
    provider,
    token: provider === null ? null : tokenOf(paymentMethod, candidates, provider),
    order: order.map((name) => ({
      provider: name,
      probability: (1 - share) * (weights.get(name) ?? 0) + share / order.length,
      cost: costOf(rules, name, payment),
    })),
    excluded,
    rule: rule?.name ?? null,
    rulesVersion: rules.version,
    explored: explorer !== null,
  };
}

/** What is kept with the attempt: enough to ask later what another choice would have brought. */
export function routeRecord(route: Route): RouteRecord {
  return {
    rulesVersion: route.rulesVersion,
    rule: route.rule,
    order: route.order.map(({ provider }) => provider),
    excluded: route.excluded,
    propensity: route.order[0]?.probability ?? 0,
    explored: route.explored,
  };
}

/** Holds for as long as the payment is as it is, whatever becomes of rules and health. */
export function isStillAble(payment: RoutedPayment, candidate: Candidate, token: string): boolean {
  return (
    ownExclusion(payment, candidate) === undefined &&
    tokenFor(payment.paymentMethod, candidate.contract) === token
  );
}

function exclusion(
  payment: RoutedPayment,
  candidate: Candidate,
  rules: RoutingRules,
  rule: StoredRule | undefined,
): string | undefined {
  const { name } = candidate.contract;
  if (rule !== undefined && !rule.targets.some(({ provider }) => provider === name)) {
    return 'excluded_by_rule';
  }
  const own = ownExclusion(payment, candidate);
  if (own !== undefined) return own;
  if (isOverAmount(rules, name, payment)) return 'over_amount';
  const { health } = candidate;
  return health === 'available' || health === 'probe' ? undefined : health;
}

/** Whether it is of any use for this payment, whoever was tried and however it is captured. */
export function takes(payment: RoutedPayment, contract: ProviderContract): boolean {
  return methodExclusion(payment, contract) === undefined;
}

function methodExclusion(
  { paymentMethod, currency }: RoutedPayment,
  contract: ProviderContract,
): string | undefined {
  if (!contract.methods.includes(paymentMethod.type)) return 'method_not_supported';
  if (tokenFor(paymentMethod, contract) === null) return 'no_token';
  return takesCurrency(contract, paymentMethod.type, currency)
    ? undefined
    : 'currency_not_supported';
}

/** What this provider cannot do for this payment, or has done already. */
function ownExclusion(
  payment: RoutedPayment,
  { contract, captures }: Candidate,
): string | undefined {
  const { attempts } = payment;
  const ofMethod = methodExclusion(payment, contract);
  if (ofMethod !== undefined) return ofMethod;
  const inOneCall = payment.captureMethod === 'automatic' && contract.sale;
  if (!inOneCall && !captures) return 'capture_not_supported';
  if (attempts.some((a) => a.provider === contract.name && isOfThisRound(payment, a))) {
    return 'already_tried';
  }
  return attempts.length >= attemptsMax ? 'attempts_exhausted' : undefined;
}

/** Each method the shopper gives starts a new round, and with it the time to submit. */
export function isOfThisRound(
  payment: Pick<PaymentState, 'submitBy' | 'submitWithinMs'>,
  attempt: Pick<AttemptState, 'createdAt'>,
): boolean {
  return attempt.createdAt >= (payment.submitBy ?? 0) - payment.submitWithinMs;
}

const needNoToken: readonly PaymentMethodType[] = ['bank_transfer', 'bank_redirect'];

function tokenFor(method: PaymentMethod, contract: ProviderContract): string | null {
  const own = method.tokens?.[contract.name];
  const token = own ?? (contract.tokens === 'portable' ? method.token : undefined);
  return token ?? (needNoToken.includes(method.type) ? '' : null);
}

function tokenOf(
  method: PaymentMethod,
  candidates: readonly Candidate[],
  provider: string,
): string | null {
  const found = candidates.find(({ contract }) => contract.name === provider);
  return found === undefined ? null : tokenFor(method, found.contract);
}

/** Drawn once per payment: those who are left keep their order when the first one falls away. */
function inOrder(
  payment: RoutedPayment,
  rules: RoutingRules,
  rule: StoredRule | undefined,
  able: readonly string[],
): readonly string[] {
  if (rule === undefined) return able;
  const listed = rule.targets.map(({ provider }) => provider).filter((name) => able.includes(name));
  switch (rule.order) {
    case 'listed':
      return listed;
    case 'least_cost':
      return listed.toSorted((a, b) =>
        compareCosts(costOf(rules, a, payment), costOf(rules, b, payment)),
      );
    case 'weighted': {
      const key = new Map(listed.map((name) => [name, -Math.log(drawnFor(payment, rules, name))]));
      const rank = (name: string): number => (key.get(name) ?? 0) / weightIn(rule, name);
      return listed.toSorted((a, b) => rank(a) - rank(b));
    }
  }
}

function drawnFor(payment: RoutedPayment, rules: RoutingRules, what: string): number {
  return drawn(payment.id, String(rules.version), what);
}

function compareCosts(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : Number(a > b);
}

function weightIn(rule: StoredRule, provider: string): number {
  return rule.targets.find((target) => target.provider === provider)?.weight ?? 1;
}

/** How often each comes first by its rule alone. */
function weightsOf(
  rule: StoredRule | undefined,
  ordered: readonly string[],
): ReadonlyMap<string, number> {
  if (rule?.order !== 'weighted') return new Map(ordered.slice(0, 1).map((name) => [name, 1]));
  const sum = ordered.reduce((all, name) => all + weightIn(rule, name), 0);
  return new Map(ordered.map((name) => [name, weightIn(rule, name) / sum]));
}

/** What is learnt is learnt from first tries; a failover has trouble enough. */
function mayExplore(payment: RoutedPayment, able: readonly string[]): boolean {
  return able.length > 1 && !payment.attempts.some((a) => isOfThisRound(payment, a));
}

function exploration(
  payment: RoutedPayment,
  rules: RoutingRules,
  able: readonly string[],
): string | null {
  if (!mayExplore(payment, able)) return null;
  if (drawnFor(payment, rules, 'explore') >= rules.explore_percent / 100) return null;
  return able[Math.floor(drawnFor(payment, rules, 'explored') * able.length)] ?? null;
}
