import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  aContract,
  anAttempt,
  anAuthorizedAttempt,
  anAuthorizedPayment,
  anOperation,
  aPayment,
  illegalMoves,
  now,
} from '../test/support/payments.ts';
import type { OperationState, PaymentState } from './payment-state.ts';
import { planOperation, type OperationPlan } from './submit-operation.ts';

function plan(payment: PaymentState, operation: OperationState): OperationPlan {
  const held = payment.operations.includes(operation)
    ? payment
    : { ...payment, operations: [...payment.operations, operation] };
  return planOperation(held, operation, (name) => aContract({ name }), 'ref_new');
}

function called(
  payment: PaymentState,
  operation: OperationState,
): OperationPlan & { kind: 'call' } {
  const planned = plan(payment, operation);
  if (planned.kind !== 'call') throw new Error('no call was planned');
  return planned;
}

const requested = anOperation({ status: 'requested', amount: 4_000n, final: false });
const cancel = anOperation({
  id: 'op_c',
  number: 5,
  kind: 'void',
  cause: 'cancel',
  status: 'requested',
  attemptId: null,
});

describe('the permit of an operation', () => {
  test('is the move to submitting, with its own key and time', () => {
    const { change, request, provider } = called(anAuthorizedPayment([requested]), requested);
    expect(provider).toBe('alder');
    expect(change.operations?.update).toEqual([
      {
        id: 'op_1',
        fromStatus: 'requested',
        status: 'submitting',
        attemptId: 'att_1',
        providerKey: 'op_1',
        sendBy: now + 2_000,
        keyHorizon: now + aContract().keyLifeMs / 2,
        sentCount: 1,
        dueAt: now + 6_000,
      },
    ]);
    expect(request).toEqual({
      reference: 'op_1',
      idempotencyKey: 'op_1',
      attemptReference: 'att_1',
      providerReference: 'alder_1',
      amountMinor: 4_000n,
      currency: 'USD',
      final: false,
    });
  });

  test('asks under a new key what is proven not to have happened under the old', () => {
    const again = { ...requested, sentCount: 2, providerKey: 'op_1.1' };
    const { request, change } = called(anAuthorizedPayment([again]), again);
    expect(request.idempotencyKey).toBe('op_1.2');
    expect(change.operations?.update).toMatchObject([{ providerKey: 'op_1.2', sentCount: 3 }]);
  });

  test('needs an attempt that a provider knows', () => {
    const nowhere = aPayment({ attempts: [anAttempt({ status: 'requires_action' })] });
    expect(() => plan(nowhere, cancel)).toThrow('op_c has no attempt at a provider');
  });
});

describe('a void', () => {
  test('takes back whatever is not captured when it is sent', () => {
    const captured = anOperation({ id: 'op_0', status: 'succeeded', amount: 3_000n, final: false });
    const asked = { ...cancel, amount: 10_000n };
    const { request } = called(anAuthorizedPayment([captured, asked]), asked);
    expect(request.amountMinor).toBe(7_000n);
  });

  test('of late money takes back the amount of the late attempt', () => {
    const late = anAttempt({ id: 'att_0', status: 'late', providerReference: 'alder_0' });
    const back = { ...cancel, late: true, attemptId: 'att_0', amount: 10_000n };
    const held = anAuthorizedPayment([back], { attempts: [late, anAuthorizedAttempt()] });
    const { request } = called(held, back);
    expect([request.amountMinor, request.attemptReference]).toEqual([10_000n, 'att_0']);
  });

  test.each(['processing', 'requires_action', 'requires_payment_method'] as const)(
    'that finds nothing at any provider ends a payment that is %s',
    (status) => {
      const payment = aPayment({ status, operations: [cancel], voidOpen: true });
      const planned = plan(payment, cancel);
      expect(planned.kind).toBe('close');
      expect(illegalMoves(payment, planned.change)).toEqual([]);
      expect(planned.change.payment).toMatchObject({ status: 'canceled', captureClosed: true });
      expect(planned.change.operations?.update).toMatchObject([{ status: 'succeeded' }]);
      expect(planned.change.answers).toEqual([
        { awaitsId: 'op_c', status: 200 },
        { awaitsId: 'pay_1', status: 201 },
      ]);
    },
  );

  test('that finds the payment ended otherwise leaves it so', () => {
    const ended = aPayment({ status: 'expired', attempts: [anAttempt({ status: 'expired' })] });
    const { change } = plan({ ...ended, operations: [cancel] }, cancel);
    expect(change.payment).toEqual({});
    expect(change.answers).toEqual([{ awaitsId: 'op_c', status: 200 }]);
  });
});

describe('a refund not yet sent when its capture was taken back', () => {
  const refund = anOperation({ id: 'ref_1', kind: 'refund', status: 'requested', sentCount: 0 });
  const gone = { amountCaptured: 0n, amountExcess: 10_000n };

  test('gives nothing back that the payer has already', () => {
    const planned = plan({ ...aCapturedPayment([refund]), ...gone }, refund);
    expect(planned.kind).toBe('close');
    expect(planned.change.operations?.update).toMatchObject([
      { id: 'ref_1', status: 'failed', failure: { code: 'refund_exceeds_captured' } },
    ]);
  });

  test.each([
    ['by itself', { cause: 'automatic' as const }],
    ['by hand', { fromSuspense: refund.amount }],
  ])('unless it returns what was captured in excess, %s', (_, values) => {
    const ours = { ...refund, ...values };
    expect(plan({ ...aCapturedPayment([ours]), ...gone }, ours).kind).toBe('call');
  });
});

describe('a cancel that finds everything captured', () => {
  const kept = { ...cancel, amount: 10_000n };

  test('gives all of it back instead', () => {
    const planned = plan(aCapturedPayment([kept]), kept);
    expect(planned.kind).toBe('close');
    expect(planned.change.operations?.update).toMatchObject([{ id: 'op_c', status: 'failed' }]);
    expect(planned.change.operations?.insert).toMatchObject([
      { id: 'ref_new', kind: 'refund', cause: 'cancel', amount: 10_000n, status: 'requested' },
    ]);
    // Answered by the refund.
    expect(planned.change.answers).toEqual([]);
  });

  test('gives back what is not refunded yet', () => {
    const refund = anOperation({
      id: 'ref_0',
      number: 3,
      kind: 'refund',
      status: 'unknown',
      amount: 2_500n,
    });
    const planned = plan(aCapturedPayment([refund, kept]), kept);
    expect(planned.change.operations?.insert).toMatchObject([{ amount: 7_500n }]);
  });

  test('is refused when all is refunded already', () => {
    const refund = anOperation({ id: 'ref_0', number: 3, kind: 'refund', status: 'succeeded' });
    const planned = plan(aCapturedPayment([refund, kept]), kept);
    expect(planned.change.operations?.insert).toBeUndefined();
    expect(planned.change.answers).toEqual([
      { awaitsId: 'op_c', status: 409, code: 'payment_not_cancelable' },
    ]);
  });

  // 4 000 were captured (and perhaps shipped) long before; 6 000 were being captured when it was canceled.
  test('leaves captures alone that somebody asked for before it', () => {
    const before = anOperation({ id: 'op_0', status: 'succeeded', amount: 4_000n, final: false });
    const during = anOperation({ id: 'op_1', number: 2, status: 'succeeded', amount: 6_000n });
    const asked = { ...cancel, amount: 6_000n };
    const planned = plan(anAuthorizedPayment([before, during, asked]), asked);
    expect(planned.change.operations?.insert).toBeUndefined();
    expect(planned.change.answers).toEqual([
      { awaitsId: 'op_c', status: 409, code: 'payment_not_cancelable' },
    ]);
  });
});
