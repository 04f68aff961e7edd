import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aContract, anAttempt, aPayment } from '../test/support/payments.ts';
import { aView } from '../test/support/routing-view.ts';
import type { StoredRule } from './routing-rules.ts';
import { route, routeRecord, type ProviderHealth, type RoutingView } from './routing.ts';

const names = ['alder', 'birch', 'cedar'];

const rule = (values: Pick<StoredRule, 'order' | 'targets'>): StoredRule => ({
  name: 'a rule',
  ...values,
});
const tried = (provider: string): ReturnType<typeof anAttempt> =>
  anAttempt({ provider, status: 'not_sent' });

describe('whatever the rules, the payment and the health', () => {
  const health = fc.constantFrom<ProviderHealth>(
    ...(['available', 'probe', 'breaker_open', 'rate_limited', 'at_capacity'] as const),
  );
  const candidate = fc.record({
    contract: fc.record({
      methods: fc.subarray(['card', 'wallet', 'bank_debit'] as const),
      currencies: fc.constantFrom(null, ['USD'] as const, ['EUR'] as const),
      tokens: fc.constantFrom('portable' as const, 'own' as const),
      sale: fc.boolean(),
    }),
    captures: fc.boolean(),
    health,
  });
  const target = fc.record({ provider: fc.constantFrom(...names), weight: fc.integer({ min: 1, max: 9 }) }); // prettier-ignore
  const world = fc.record({
    candidates: fc.tuple(candidate, candidate, candidate),
    rule: fc.option(
      fc.record({
        order: fc.constantFrom('listed' as const, 'weighted' as const, 'least_cost' as const),
        targets: fc.uniqueArray(target, { selector: ({ provider }) => provider, minLength: 1 }),
      }),
    ),
    percent: fc.integer({ min: 0, max: 50 }),
    id: fc.uuid(),
    captureMethod: fc.constantFrom('manual' as const, 'automatic' as const),
    tokens: fc.constantFrom({ token: 't' }, { tokens: { birch: 'b' } }, {}),
    tried: fc.subarray(names),
  });

  test('each provider is in the order or left out with a reason, and none is asked for what it cannot do', () => {
    fc.assert(
      fc.property(world, (w) => {
        const contracts = w.candidates.map((c, n) => aContract({ ...c.contract, name: names[n] ?? '' })); // prettier-ignore
        const rules = w.rule === null ? [] : [rule(w.rule)];
        const base = aView(contracts, { rules, explore_percent: w.percent });
        const from: RoutingView = {
          ...base,
          candidates: base.candidates.map((c, n) => ({ ...c, ...w.candidates[n], contract: c.contract })),
        }; // prettier-ignore
        const payment = aPayment({
          id: w.id,
          captureMethod: w.captureMethod,
          paymentMethod: { type: 'card', ...w.tokens },
          attempts: w.tried.map((provider) => tried(provider)),
        });
        const found = route(payment, from);
        const all = [...found.order, ...found.excluded].map(({ provider }) => provider);
        expect(all.toSorted()).toEqual(names);
        expect(found.excluded.every(({ reason }) => reason.length > 0)).toBe(true);
        const sum = found.order.reduce((s, o) => s + o.probability, 0);
        if (found.order.length > 0) expect(sum).toBeCloseTo(1, 9);
        for (const { provider } of found.order) {
          const c = from.candidates.find((one) => one.contract.name === provider);
          expect(c?.contract.methods).toContain('card');
          expect(c?.contract.currencies ?? ['USD']).toContain('USD');
          expect(c?.captures === true || (c?.contract.sale && w.captureMethod === 'automatic')).toBe(true); // prettier-ignore
          expect(['available', 'probe']).toContain(c?.health);
          expect(w.tried).not.toContain(provider);
          if (w.rule !== null) expect(w.rule.targets.map((t) => t.provider)).toContain(provider);
        }
        // Again, the same.
        expect(route(payment, from)).toEqual(found);
        expect(routeRecord(found).propensity).toBe(found.order[0]?.probability ?? 0);
      }),
    );
  });
});
