import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  anAttempt,
  anOperation,
  aPayment,
  approved,
  declined,
  notSent,
  now,
  pending,
  unknown,
} from '../test/support/payments.ts';
import type { Change } from './change.ts';
import { attemptById, operationById, type PaymentState } from './payment-state.ts';
import type { ProviderOutcome } from './provider.ts';
import { recordOperation } from './record-operation.ts';
import { lookupDelayMs, resendDelayMs } from './timing.ts';

function record(payment: PaymentState, outcome: ProviderOutcome, id = 'op_1'): Change | null {
  const operation = operationById(payment, id);
  const attempt = attemptById(payment, operation.attemptId ?? 'att_1');
  return recordOperation({ payment, operation, attempt }, outcome);
}

describe('a refund', () => {
  const refund = anOperation({ kind: 'refund', number: 2, amount: 4_000n, final: false });

  test('is posted once it succeeded and changes no status', () => {
    const change = record(aCapturedPayment([refund]), approved({ amountMinor: 4_000n }));
    expect(change?.entries?.map((e) => [e.event, e.state])).toEqual([
      ['refund_reservation_released', 'pending'],
      ['refund', 'posted'],
    ]);
    expect(change?.payment?.status).toBeUndefined();
    expect(change?.answers).toEqual([{ awaitsId: 'op_1', status: 201 }]);
  });

  const canceled = anOperation({
    id: 'op_void',
    number: 2,
    kind: 'void',
    cause: 'cancel',
    status: 'failed',
    dueAt: null,
  });
  const instead = anOperation({ kind: 'refund', cause: 'cancel', number: 3 });

  test('that stands in for a cancel answers the cancel', () => {
    const change = record(aCapturedPayment([canceled, instead]), approved());
    expect(change?.answers).toContainEqual({ awaitsId: 'op_void', status: 200 });
  });

  test('that stands in for a cancel and fails answers the cancel too', () => {
    const change = record(aCapturedPayment([canceled, instead]), declined());
    expect(change?.answers?.map((a) => a.awaitsId)).toContain('op_void');
  });

  test('that stands in for the second cancel answers the second', () => {
    const first = { ...canceled, id: 'op_first' };
    const second = { ...canceled, number: 3 };
    const payment = aCapturedPayment([first, second, { ...instead, number: 4 }]);
    expect(record(payment, approved())?.answers?.map((a) => a.awaitsId)).toContain('op_void');
  });
});

describe.each([
  { kind: 'refund' as const, attempt: 'sale' as const, state: 'posted', resolves: undefined },
  {
    kind: 'void' as const,
    attempt: 'authorize' as const,
    state: 'pending',
    resolves: 'att_1/late',
  },
])('the $kind of money that came too late', ({ kind, attempt, state, resolves }) => {
  const back = anOperation({ kind, cause: 'late_success', late: true });
  const payment = aPayment({
    status: 'requires_payment_method',
    attempts: [anAttempt({ kind: attempt, status: 'late', providerReference: 'alder_1' })],
    operations: [back],
  });

  test('empties the suspense account and leaves the payment alone', () => {
    const change = record(payment, approved());
    expect(change?.payment).toEqual({});
    expect(change?.attempts?.update).toMatchObject([{ fromStatus: 'late', status: 'voided' }]);
    expect(change?.entries).toMatchObject([{ event: 'late_success_returned', state }]);
    expect(change?.entries?.[0]?.resolvesKey).toBe(resolves);
  });

  test('that failed leaves the suspense account as it is', () => {
    const change = record(payment, declined());
    expect(change?.entries).toEqual([]);
    expect(change?.attempts).toBeUndefined();
  });
});

describe('an operation in doubt', () => {
  const doubtful = (values: Parameters<typeof anOperation>[0]): PaymentState =>
    aCapturedPayment([anOperation({ kind: 'refund', number: 2, amount: 4_000n, ...values })]);

  test('is told once', () => {
    const first = record(doubtful({ status: 'submitting' }), unknown());
    expect(first?.events).toEqual([{ type: 'payment.in_doubt', operationId: 'op_1' }]);
    const again = record(doubtful({ status: 'unknown' }), unknown());
    expect(again?.events).toEqual([]);
    expect(again?.timeline).toEqual([]);
  });

  test.each([0, 1, 4])('is looked up later and later: after %i lookups', (lookups) => {
    const change = record(doubtful({ status: 'unknown', lookups }), unknown());
    expect(change?.operations?.update).toMatchObject([
      { lookups: lookups + 1, dueAt: now + lookupDelayMs(lookups) },
    ]);
  });

  test('is not in doubt while the provider says it is pending', () => {
    expect(record(doubtful({ status: 'submitting' }), pending())?.events).toEqual([]);
  });

  test.each([unknown(), pending()])('moves no money ($kind)', (outcome) => {
    const change = record(doubtful({ status: 'submitting' }), outcome);
    const atProvider = (change?.entries ?? [])
      .flatMap((e) => e.postings)
      .filter((p) => p.account === '1100');
    expect(atProvider).toEqual([]);
    expect(change?.answers ?? []).toEqual([]);
  });
});

describe('an operation that certainly never left', () => {
  const refund = anOperation({
    kind: 'refund',
    number: 2,
    amount: 4_000n,
    lookups: 3,
    absences: 1,
  });

  test('is asked again after a pause, with its doubts forgotten', () => {
    const change = record(aCapturedPayment([refund]), notSent());
    expect(change?.operations?.update).toMatchObject([
      { status: 'requested', lookups: 0, absences: 0, dueAt: now + resendDelayMs(1) },
    ]);
    expect(change?.answers).toBeUndefined();
  });

  // Send 1 hangs; looked up, absent, sent again with the same key; that reply is lost. Then send 1 turns
  // out to have been refused. Whoever asks again now, under a new key, refunds twice.
  test('is not known to have failed to leave by the answer to another sending of it', () => {
    const twice = { ...refund, status: 'unknown' as const, sentCount: 2, providerKey: 'op_1' };
    const change = record(aCapturedPayment([twice]), notSent());
    expect(change?.operations?.update?.[0]?.status ?? 'unknown').toBe('unknown');
  });
});
