import { describe, expect, test } from '@jest/globals';
import {
  aContract,
  aPayment,
  anAttempt,
  anAuthorizedAttempt,
  anAuthorizedPayment,
  anOperation,
  approved,
  heldBy,
  now,
  seenByLookup,
} from '../test/support/payments.ts';
import type { Change } from './change.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import type { ProviderOutcome } from './provider.ts';
import { recordAttempt } from './record-attempt.ts';

function record(
  outcome: ProviderOutcome,
  attempt: Partial<AttemptState> = {},
  payment: Partial<PaymentState> = {},
): Change | null {
  const tried = anAttempt(attempt);
  return recordAttempt(
    {
      payment: aPayment({ attempts: [tried], ...payment }),
      attempt: tried,
      contract: aContract(),
      newOperationId: 'op_new',
    },
    outcome,
  );
}

describe('an approval', () => {
  test('reserves the amount, pending in the books, until the authorization expires', () => {
    const change = record(approved());
    expect(change?.payment).toMatchObject({
      status: 'requires_capture',
      amountAuthorized: 10_000n,
    });
    expect(heldBy(change)).toBe(10_000n);
    const life = aContract().authorizationLifeMs;
    expect(change?.attempts?.update?.[0]).toMatchObject({
      providerReference: 'alder_1',
      dueAt: now + life,
      expiresAt: now + life,
    });
    expect(change?.answers).toEqual([{ awaitsId: 'pay_1', status: 201 }]);
  });

  test('of an automatic payment asks for the capture and leaves the answer to it', () => {
    const change = record(approved(), {}, { captureMethod: 'automatic' });
    expect(change?.payment?.status).toBe('processing');
    expect(change?.operations?.insert).toMatchObject([
      { kind: 'capture', cause: 'automatic', status: 'requested', amount: 10_000n, final: true },
    ]);
    expect(change?.answers).toEqual([]);
  });

  test('of an automatic payment that is being canceled captures nothing', () => {
    const cancel = anOperation({ id: 'op_c', kind: 'void', cause: 'cancel', status: 'requested' });
    const change = record(
      approved(),
      { status: 'unknown' },
      { captureMethod: 'automatic', operations: [cancel], voidOpen: true },
    );
    expect(change?.payment?.status).toBe('requires_capture');
    expect(change?.operations).toBeUndefined();
  });

  test('of a sale is one captured operation, posted and not pending', () => {
    const change = record(approved({ captured: true }), { kind: 'sale' });
    expect(change?.payment).toMatchObject({ status: 'captured', amountAuthorized: 10_000n });
    expect(change?.operations?.insert).toMatchObject([
      { id: 'op_new', kind: 'capture', status: 'succeeded', amount: 10_000n, final: true },
    ]);
    expect(change?.entries?.map((e) => [e.key, e.state])).toEqual([['op_new/succeeded', 'posted']]);
    expect(change?.answers).toEqual([{ awaitsId: 'pay_1', status: 201 }]);
  });

  test.each([
    { what: 'another amount', values: { amountMinor: 6_000n } },
    { what: 'another currency', values: { currency: 'EUR' as const } },
  ])('of $what is not booked as the one we asked for', ({ values }) => {
    const change = record(approved({ ...values, captured: true }), { kind: 'sale' });
    expect(change?.payment?.status).not.toBe('captured');
    expect(change?.entries ?? []).toEqual([]);
  });
});

test.each(['declined', 'not_sent', 'voided', 'expired', 'authorized'] as const)(
  'a yes to another amount leaves a trace also on an attempt that is %s',
  (status) => {
    const change = record(approved({ amountMinor: 6_000n }), { status, dueAt: null });
    expect(change?.timeline.length ?? 0).toBeGreaterThan(0);
  },
);

describe('money that comes after a no', () => {
  test.each([
    { kind: 'sale' as const, captured: true, state: 'posted', back: 'refund' },
    { kind: 'authorize' as const, captured: false, state: 'pending', back: 'void' },
  ])('is put in suspense and given back by $back', ({ kind, captured, state, back }) => {
    const operationId = `${back === 'refund' ? 'ref' : 'op'}_new`;
    const change = record(seenByLookup(approved({ captured })), { kind, status: 'not_sent' });
    expect(change?.entries).toMatchObject([{ key: 'att_1/late', event: 'late_success', state }]);
    expect(change?.operations?.insert).toMatchObject([
      {
        id: operationId,
        kind: back,
        late: true,
        status: 'requested',
        amount: 10_000n,
        attemptId: 'att_1',
      },
    ]);
    expect(change?.events).toEqual([{ type: 'payment.late_success', operationId }]);
    expect(change?.payment).toEqual({});
  });

  test('does not touch what another attempt has meanwhile brought', () => {
    const other = anAuthorizedAttempt({ id: 'att_2', number: 2 });
    const late = anAttempt({ status: 'not_sent' });
    const held = anAuthorizedPayment([], { attempts: [late, other] });
    const change = recordAttempt(
      { payment: held, attempt: late, contract: aContract(), newOperationId: 'op_new' },
      seenByLookup(approved()),
    );
    expect(change?.payment).toEqual({});
    expect(change?.attempts?.update?.map((a) => a.id)).toEqual(['att_1']);
  });

  test('and was given back is not given back again when it is reported again', () => {
    const given = anOperation({ kind: 'refund', late: true, status: 'succeeded', dueAt: null });
    const change = record(
      approved({ captured: true }),
      { kind: 'sale', status: 'voided', providerReference: 'alder_1' },
      { status: 'requires_payment_method', operations: [given] },
    );
    expect(change?.operations?.insert ?? []).toEqual([]);
  });

  test('is not an authorization that we recorded and voided ourselves', () => {
    const voided = anAuthorizedAttempt({ status: 'voided', dueAt: null });
    const change = record(approved(), voided, { status: 'canceled' });
    expect(change?.events?.map((e) => e.type) ?? []).not.toContain('payment.late_success');
  });
});
