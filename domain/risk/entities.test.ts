import { expect, test } from '@jest/globals';
import { entitiesOf } from './entities.ts';
import { flatFacts, paymentFacts, type FactValue } from './facts.ts';

const nobody = { card: null, customer: null, email: null, device: null, ip: null };

test('what the payment names is looked for, a BIN in each of its lengths', () => {
  const payment = { ...nobody, merchant: 'mer_1', card: 7, bin: '41111122', country: null };
  expect(entitiesOf(payment)).toEqual([
    { kind: 'merchant', value: 'mer_1' },
    { kind: 'card', value: '7' },
    { kind: 'bin', value: '411111' },
    { kind: 'bin', value: '4111112' },
    { kind: 'bin', value: '41111122' },
  ]);
  expect(entitiesOf({ ...payment, bin: '411111' }).map(({ value }) => value)).toContain('411111');
  expect(entitiesOf({ ...payment, bin: null })).toHaveLength(2);
});

test('a feature that is not known is a fact that is not known, and the payment’s own facts stand', () => {
  const payment = Object.fromEntries(
    Object.keys(paymentFacts).map((name) => [name, name === 'amount' ? 2_599 : null]),
  ) as Record<keyof typeof paymentFacts, FactValue>;
  const facts = flatFacts({ amount: 25.99, card_attempts_1h: -1, ip_attempts_1h: 0 }, payment);
  expect(facts).toMatchObject({
    amount: 2_599,
    card_attempts_1h: null,
    ip_attempts_1h: 0,
    bin: null,
  });
});
