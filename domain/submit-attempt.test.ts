import { describe, expect, test } from '@jest/globals';
import {
  aContract,
  anAttempt,
  anOperation,
  aPayment,
  illegalMoves,
  now,
} from '../test/support/payments.ts';
import type { Change, NewAttempt } from './change.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import { closeUnsent, submitAttempt } from './submit-attempt.ts';

const excluded = [{ provider: 'birch', reason: 'no_token' }];
const route = {
  ...{ rulesVersion: 3, rule: 'cards', order: ['alder', 'cedar'], excluded },
  ...{ propensity: 0.75, explored: false },
};
const decision = { kind: 'try' as const, provider: 'alder', token: 'tok_alder', excluded, route };

function submitted(
  payment: Partial<PaymentState> = {},
  contract: Parameters<typeof aContract>[0] = {},
): NewAttempt {
  const identity = { attemptId: 'att_1', returnToken: 'return_1' };
  const change = submitAttempt(aPayment(payment), decision, aContract(contract), identity);
  const attempt = change.attempts?.insert?.[0];
  if (attempt === undefined) throw new Error('no attempt');
  return attempt;
}

describe('the permit to send', () => {
  test('names the request for good: id, key, token, route', () => {
    expect(submitted()).toMatchObject({
      id: 'att_1',
      status: 'submitting',
      provider: 'alder',
      providerKey: 'att_1',
      paymentMethod: { type: 'card', token: 'tok_alder' },
      route,
      returnToken: 'return_1',
    });
  });

  test.each([
    ['two seconds', now + 300_000, now + 2_000],
    ['no longer than the time to submit', now + 1_999, now + 1_999],
    ['not at all without a time to submit', null, now],
  ])('is good for %s', (_, submitBy, sendBy) => {
    expect(submitted({ submitBy }).sendBy).toBe(sendBy);
  });

  test('is renewed inside half the life of the key only', () => {
    expect(submitted({}, { keyLifeMs: 60_000 }).keyHorizon).toBe(now + 30_000);
  });

  test('is looked after once the answer is overdue', () => {
    expect(submitted().dueAt).toBe(now + 6_000);
  });

  test.each([
    ['automatic', true, 'sale'],
    ['automatic', false, 'authorize'],
    ['manual', true, 'authorize'],
    ['manual', false, 'authorize'],
  ] as const)('%s at a provider with sale %s is a %s', (captureMethod, sale, kind) => {
    expect(submitted({ captureMethod }, { sale }).kind).toBe(kind);
  });
});

describe('a payment closed without a provider', () => {
  const cancel = anOperation({ id: 'op_c', kind: 'void', cause: 'cancel', status: 'requested' });
  const held = aPayment({ operations: [cancel], voidOpen: true });
  const block = { kind: 'block' as const, code: 'regulated_not_permitted', detail: 'no rules' };
  const summary = (change: Change): unknown => [
    change.payment?.status,
    change.answers?.map((a) => [a.awaitsId, a.status, ...(a.code === undefined ? [] : [a.code])]),
    change.events?.map((e) => e.type),
  ];

  test.each([
    [
      'blocked',
      aPayment(),
      block,
      ['blocked', [['pay_1', 402, 'regulated_not_permitted']], ['payment.blocked']],
    ],
    [
      'too late',
      aPayment(),
      { kind: 'cancel', code: 'not_submitted_in_time' },
      ['canceled', [['pay_1', 402, 'not_submitted_in_time']], ['payment.canceled']],
    ],
    [
      'canceled',
      held,
      { kind: 'cancel', code: 'canceled' },
      [
        'canceled',
        [
          ['pay_1', 201],
          ['op_c', 200],
        ],
        ['payment.canceled'],
      ],
    ],
    [
      'without a provider',
      aPayment(),
      { kind: 'no_provider', excluded },
      ['requires_payment_method', [['pay_1', 402, 'provider_unavailable']], ['payment.failed']],
    ],
  ] as const)('%s', (_, payment, reason, expected) => {
    const change = closeUnsent(payment, reason);
    expect(summary(change)).toEqual(expected);
    expect(illegalMoves(payment, change)).toEqual([]);
    expect(change.entries ?? []).toEqual([]);
    expect(change.attempts).toBeUndefined();
  });

  const declinedBy = (provider: string, code: string): AttemptState =>
    anAttempt({
      ...{ provider, status: 'declined' },
      decline: { code, advice: 'retry_later', providerCode: code },
    });

  test('says what the last provider said, where there was one', () => {
    const attempts = [declinedBy('alder', 'processing_error'), declinedBy('birch', 'do_not_honor')];
    const change = closeUnsent(aPayment({ attempts }), { kind: 'no_provider', excluded });
    expect(change.payment?.lastDecline?.code).toBe('do_not_honor');
    expect(change.answers).toMatchObject([{ status: 402, code: 'payment_declined' }]);
  });

  test('is over after ten attempts, whatever they were', () => {
    const attempts = Array.from({ length: 10 }, () => anAttempt({ status: 'not_sent' }));
    const payment = aPayment({ attempts });
    const change = closeUnsent(payment, { kind: 'no_provider', excluded });
    expect(change.payment?.status).toBe('failed');
    expect(illegalMoves(payment, change)).toEqual([]);
  });

  test.each([block, { kind: 'cancel', code: 'not_submitted_in_time' } as const])(
    'completes a cancel that is open ($kind)',
    (reason) => {
      expect(closeUnsent(held, reason).operations?.update).toMatchObject([
        { id: 'op_c', fromStatus: 'requested', status: 'succeeded', dueAt: null },
      ]);
    },
  );
});
