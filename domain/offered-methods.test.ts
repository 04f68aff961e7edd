import { describe, expect, test } from '@jest/globals';
import { aContract } from '../test/support/payments.ts';
import { offeredMethods, type Offer } from './offered-methods.ts';
import { methodSchemes } from './payment-methods.ts';
import type { PaymentMethodType } from './provider-contract.ts';
import { firstRules, type StoredRule } from './routing-rules.ts';
import type { Candidate } from './routing.ts';

const cards: Candidate = { contract: aContract(), captures: true, health: 'available' };
const bank: Candidate = {
  contract: aContract({
    name: 'bank',
    methods: ['bank_debit', 'bank_redirect', 'bank_transfer'],
    currenciesByMethod: { bank_redirect: ['EUR'] },
  }),
  captures: false,
  health: 'available',
};

function names(
  changes: Partial<Offer>,
  candidates: readonly Candidate[] = [cards, bank],
  rules: readonly StoredRule[] = [],
): readonly string[] {
  const offer = { merchantId: 'mer_1', country: 'NL', currency: 'EUR', amount: 2_599n } as const;
  const view = { candidates, rules: { ...firstRules, rules } };
  return offeredMethods({ ...offer, ...changes }, view).map(({ name }) => name);
}

const everywhere = ['card', 'apple_pay', 'google_pay'];

describe('ways of paying', () => {
  test.each<[string, Partial<Offer>, readonly string[]]>([
    ['in the Netherlands', {}, ['sepa_debit', 'ideal', 'sepa_transfer']],
    ['in Belgium', { country: 'BE' }, ['sepa_debit', 'bancontact', 'sepa_transfer']],
    ['in Britain', { country: 'GB', currency: 'GBP' }, ['bacs_debit', 'faster_payments']],
    ['in Britain by euro', { country: 'GB' }, ['sepa_debit', 'sepa_transfer']],
    ['in America', { country: 'US', currency: 'USD' }, ['ach_debit']],
    ['in Japan', { country: 'JP', currency: 'JPY' }, []],
    ['in the Netherlands by dollar', { currency: 'USD' }, []],
    ['where the provider has not that currency', { country: 'PL', currency: 'PLN' }, []],
  ])('%s', (_, changes, expected) => {
    expect(names(changes)).toEqual([...everywhere, ...expected]);
  });

  test('limits hold at both ends, and not while the amount is unknown', () => {
    expect(names({ amount: 5_000_000n })).toContain('ideal');
    expect(names({ amount: 5_000_001n })).not.toContain('ideal');
    expect(names({ country: 'BE', amount: 2n })).toContain('bancontact');
    expect(names({ country: 'BE', amount: 1n })).not.toContain('bancontact');
    expect(names({ country: 'AT', amount: undefined })).toContain('eps');
  });

  test('only what somebody takes, by rule too; a breaker that is open does not count', () => {
    expect(names({}, [cards])).toEqual(everywhere);
    expect(names({}, [])).toEqual([]);
    expect(names({}, [{ ...cards, health: 'breaker_open' }])).toEqual(everywhere);
    expect(names({}, [{ ...cards, contract: aContract({ tokens: 'own' }) }])).toEqual(everywhere);
    const methods: PaymentMethodType[] = ['bank_redirect'];
    const rule = { name: 'no banks', when: { methods }, order: 'listed', targets: [] } as const;
    expect(names({}, [cards, bank], [{ ...rule, targets: [{ provider: 'alder' }] }])).not.toContain(
      'ideal',
    );
  });

  test('every scheme has a name of its own, and limits that make sense', () => {
    expect(new Set(methodSchemes.map(({ name }) => name)).size).toBe(methodSchemes.length);
    const limits = methodSchemes.flatMap((scheme) => Object.values(scheme.limits ?? {}));
    for (const { min, max } of limits) {
      expect(min).toBeGreaterThan(0n);
      if (max !== null) expect(max).toBeGreaterThan(min);
    }
  });
});
