import { describe, expect, test } from '@jest/globals';
import { aContract, anAttempt, aPayment, now } from '../test/support/payments.ts';
import { aView } from '../test/support/routing-view.ts';
import type { PaymentState } from './payment-state.ts';
import { attemptStatuses } from './payment.ts';
import type { StoredRule } from './routing-rules.ts';
import { route, type ProviderHealth, type RoutingView } from './routing.ts';

const names = ['alder', 'birch', 'cedar'];
const three = names.map((name) => aContract({ name }));
const view = aView(three);

/** `alder: already_tried; birch tok_visa, cedar`, as one reads a route. */
function routed(payment: Partial<PaymentState>, from: RoutingView = view): string {
  const { provider, token, order, excluded } = route(aPayment(payment), from);
  const reasons = excluded.map((e) => `${e.provider}: ${e.reason}`);
  const others = order.slice(1).map((one) => one.provider);
  const first = provider === null ? 'nobody' : `${provider} ${token ?? ''}`;
  return [...reasons, [first, ...others].join(', ')].join('; ');
}

function rule(values: Partial<StoredRule> = {}): StoredRule {
  return {
    name: 'a rule',
    order: 'listed',
    targets: names.map((provider) => ({ provider })),
    ...values,
  };
}

function sick(provider: string, health: ProviderHealth): RoutingView {
  const candidates = view.candidates.map((candidate) =>
    candidate.contract.name === provider ? { ...candidate, health } : candidate,
  );
  return { ...view, candidates };
}

const tried = (provider: string, createdAt: number = now): ReturnType<typeof anAttempt> =>
  anAttempt({ provider, status: 'not_sent', createdAt });
const card = { type: 'card' as const, token: 'tok_visa' };

describe('who is left out, and why', () => {
  const birchOnly = aView([aContract({ name: 'birch', tokens: 'own' })]);
  test.each<[string, Partial<PaymentState>, RoutingView, string]>([
    ['nobody', {}, view, 'alder tok_visa, birch, cedar'],
    [
      'whoever the token does not belong to',
      { paymentMethod: { type: 'card', tokens: { cedar: 'tok_cedar' } } },
      view,
      'alder: no_token; birch: no_token; cedar tok_cedar',
    ],
    [
      'a provider with tokens of its own, for a vault token',
      { paymentMethod: card },
      birchOnly,
      'birch: no_token; nobody',
    ],
    [
      'not a provider with tokens of its own, for one of them',
      { paymentMethod: { type: 'card', tokens: { birch: 'b' } } },
      birchOnly,
      'birch b',
    ],
    [
      'all, without a token',
      { paymentMethod: { type: 'card' } },
      view,
      'alder: no_token; birch: no_token; cedar: no_token; nobody',
    ],
    [
      'not whoever needs none',
      { paymentMethod: { type: 'bank_transfer' } },
      aView([aContract({ methods: ['bank_transfer'] })]),
      'alder ',
    ],
    [
      'all, for a method that none has',
      { paymentMethod: { type: 'bank_debit', token: 't' } },
      view,
      'alder: method_not_supported; birch: method_not_supported; cedar: method_not_supported; nobody',
    ],
    [
      'whoever does not take the currency',
      { currency: 'JPY' },
      aView([aContract({ currencies: ['USD'] }), aContract({ name: 'birch' })]),
      'alder: currency_not_supported; birch tok_visa',
    ],
    [
      'whoever was tried',
      { attempts: [tried('alder')] },
      view,
      'alder: already_tried; birch tok_visa, cedar',
    ],
    [
      'whoever is in trouble',
      {},
      sick('alder', 'breaker_open'),
      'alder: breaker_open; birch tok_visa, cedar',
    ],
    [
      'whoever asked to be left alone',
      {},
      sick('birch', 'rate_limited'),
      'birch: rate_limited; alder tok_visa, cedar',
    ],
    [
      'whoever has enough to do',
      {},
      sick('cedar', 'at_capacity'),
      'cedar: at_capacity; alder tok_visa, birch',
    ],
    ['not a provider on trial', {}, sick('alder', 'probe'), 'alder tok_visa, birch, cedar'],
    [
      'whoever is no target of the rule',
      {},
      aView(three, { rules: [rule({ targets: [{ provider: 'cedar' }, { provider: 'alder' }] })] }),
      'birch: excluded_by_rule; cedar tok_visa, alder',
    ],
    [
      'whoever is given less at most',
      { amount: 501n },
      aView(three, {
        providers: [{ provider: 'alder', basis_points: 1, fixed: {}, amount_max: { USD: 500 } }],
      }),
      'alder: over_amount; birch tok_visa, cedar',
    ],
    [
      'all, after ten attempts',
      { attempts: Array.from({ length: 10 }, () => tried('old', now - 9e8)) },
      view,
      'alder: attempts_exhausted; birch: attempts_exhausted; cedar: attempts_exhausted; nobody',
    ],
    ['all there are, where there are none', {}, aView([]), 'nobody'],
  ])('%s', (_, payment, from, expected) => {
    expect(routed(payment, from)).toBe(expected);
  });

  test.each([
    ['manual', true, false, 'alder: capture_not_supported; nobody'],
    ['automatic', true, false, 'alder tok_visa'],
    ['automatic', false, false, 'alder: capture_not_supported; nobody'],
    ['manual', true, true, 'alder tok_visa'],
  ] as const)(
    '%s capture, sale %s, capture later %s',
    (captureMethod, sale, captures, expected) => {
      const one = aView([aContract({ sale })]);
      const candidates = one.candidates.map((candidate) => ({ ...candidate, captures }));
      expect(routed({ captureMethod }, { ...one, candidates })).toBe(expected);
    },
  );

  test.each(attemptStatuses)('an attempt that is %s was a turn', (status) => {
    const attempts = [{ ...tried('alder'), status }];
    expect(routed({ attempts })).toBe('alder: already_tried; birch tok_visa, cedar');
  });

  test.each([
    ['at the start of the round', now, 'alder: already_tried; birch tok_visa, cedar'],
    ['before the round', now - 1, 'alder tok_visa, birch, cedar'],
  ])('an attempt %s', (_, createdAt, expected) => {
    const round = { submitWithinMs: 300_000, submitBy: now + 300_000 };
    expect(routed({ ...round, attempts: [tried('alder', createdAt)] })).toBe(expected);
  });
});

describe('the rule that holds', () => {
  const to = (provider: string, when: StoredRule['when']): StoredRule =>
    rule({ name: provider, when, targets: [{ provider }] });
  const when = (conditions: StoredRule['when']): RoutingView =>
    aView(three, { rules: [to('cedar', conditions)] });
  test.each<[string, StoredRule['when'], Partial<PaymentState>, boolean]>([
    ['no conditions', {}, {}, true],
    ['its method', { methods: ['card'] }, {}, true],
    ['another method', { methods: ['wallet'] }, {}, false],
    ['its currency', { currencies: ['USD'] }, {}, true],
    ['another currency', { currencies: ['EUR'] }, {}, false],
    ['its merchant', { merchants: ['mer_1'] }, { merchantId: 'mer_1' }, true],
    ['another merchant', { merchants: ['mer_1'] }, { merchantId: 'mer_2' }, false],
    ['its brand', { brands: ['visa'] }, { paymentMethod: { ...card, brand: 'visa' } }, true],
    ['another brand', { brands: ['visa'] }, { paymentMethod: { ...card, brand: 'amex' } }, false],
    ['a brand nobody knows', { brands: ['visa'] }, {}, false],
    ['its country', { countries: ['DE'] }, { paymentMethod: { ...card, country: 'DE' } }, true],
    ['a country nobody knows', { countries: ['DE'] }, {}, false],
    ['the lowest amount', { amount: { min: 100 } }, { amount: 100n }, true],
    ['less than that', { amount: { min: 100 } }, { amount: 99n }, false],
    ['the highest amount', { amount: { max: 100 } }, { amount: 100n }, true],
    ['more than that', { amount: { max: 100 } }, { amount: 101n }, false],
    ['one of two', { methods: ['card'], currencies: ['EUR'] }, {}, false],
  ])('with %s', (_, conditions, payment, holds) => {
    expect(route(aPayment(payment), when(conditions)).rule).toBe(holds ? 'cedar' : null);
  });

  test('is the first of several', () => {
    const rules = [to('birch', { currencies: ['EUR'] }), to('cedar', {}), to('alder', {})];
    expect(route(aPayment(), aView(three, { rules })).provider).toBe('cedar');
  });
});

describe('the order', () => {
  const costs = [
    { provider: 'alder', basis_points: 100, fixed: { USD: 0 } },
    { provider: 'birch', basis_points: 20, fixed: { USD: 40 } },
  ];
  test.each([
    ['little money at whoever takes no fixed part', 100n, 'alder'],
    ['much money at whoever takes a smaller part', 10_000n, 'birch'],
    ['the same cost, in the order listed', 5_000n, 'alder'],
  ])('by cost puts %s', (_, amount, first) => {
    const from = aView(three, { rules: [rule({ order: 'least_cost' })], providers: costs });
    const { order } = route(aPayment({ amount }), from);
    expect(order[0]?.provider).toBe(first);
    // Whose cost is not known cannot be the least.
    expect(order.at(-1)).toMatchObject({ provider: 'cedar', cost: null });
  });

  const weights = { alder: 6, birch: 3, cedar: 1 };
  const weighted = aView(three, {
    rules: [
      rule({
        order: 'weighted',
        targets: Object.entries(weights).map(([provider, weight]) => ({ provider, weight })),
      }),
    ],
  });

  function share(from: RoutingView, payment: Partial<PaymentState> = {}): Record<string, number> {
    const firsts: Record<string, number> = {};
    for (let n = 0; n < 20_000; n += 1) {
      const id = `pay_019ab5e2-7c1a-7d3e-9f00-${String(n).padStart(12, '0')}`;
      const first = route(aPayment({ ...payment, id }), from).provider ?? 'nobody';
      firsts[first] = (firsts[first] ?? 0) + 1 / 20_000;
    }
    return firsts;
  }

  /** The probability that is stored is the one that is drawn with. */
  function expectSharesAsTold(from: RoutingView, payment: Partial<PaymentState> = {}): void {
    const seen = share(from, payment);
    for (const { provider, probability } of route(aPayment(payment), from).order) {
      expect(Math.abs((seen[provider] ?? 0) - probability)).toBeLessThan(0.015);
    }
  }

  test('by weight puts each first as often as its weight says', () => {
    expect(route(aPayment(), weighted).order.map((o) => [o.provider, o.probability])).toEqual(
      expect.arrayContaining([['alder', 0.6], ['birch', 0.3], ['cedar', 0.1]]), // prettier-ignore
    );
    expectSharesAsTold(weighted);
  });

  test('by weight shares what a provider in trouble leaves', () => {
    const candidates = sick('alder', 'breaker_open').candidates;
    expectSharesAsTold({ ...weighted, candidates });
    expect(share({ ...weighted, candidates })['cedar']).toBeCloseTo(0.25, 1);
  });

  test('stays when the first falls away', () => {
    for (let n = 0; n < 200; n += 1) {
      const id = `pay_${String(n)}`;
      const [first, ...rest] = route(aPayment({ id }), weighted).order.map((o) => o.provider);
      const attempts = [tried(first ?? '')];
      const then = route(aPayment({ id, attempts }), weighted).order.map((o) => o.provider);
      expect(then).toEqual(rest);
    }
  });

  test.each([
    ['of listed ones', aView(three, { explore_percent: 20 })],
    ['of weighted ones', { ...weighted, rules: { ...weighted.rules, explore_percent: 20 } }],
  ])('explores, and says how likely: %s', (_, from) => {
    expectSharesAsTold(from);
    const explored = Array.from({ length: 2_000 }, (_unused, n) =>
      route(aPayment({ id: `pay_${String(n)}` }), from),
    ).filter((one) => one.explored);
    expect(explored.length / 2_000).toBeCloseTo(0.2, 1);
  });

  test('explores first tries only', () => {
    const from = aView(three, { explore_percent: 50 });
    expect(share(from, { attempts: [tried('alder')] })).toEqual({ birch: expect.closeTo(1, 5) });
  });
});
