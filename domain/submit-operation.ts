/**
 * The permit of a capture, void or refund: the move `requested → submitting`, taken once, before the
 * provider is called; and the operations that end without a call because there is nothing to ask for.
 */
import type { Basis, Change, TimelineLine } from './change.ts';
import {
  attemptById,
  liveAttempt,
  refundable,
  type AttemptState,
  type OperationState,
  type PaymentState,
} from './payment-state.ts';
import type { OperationRequest, ProviderContract } from './provider.ts';
import { isReauthorizing } from './reauthorization.ts';
import { refundWindowPassed } from './refund-window.ts';
import { refuseUnsent } from './refuse-unsent.ts';
import { isTakenByDispute } from './dispute-pot.ts';
import { isRefundOfCapture, refundAsked } from './refund-entries.ts';
import { sendWithinMs, unansweredAfterMs } from './timing.ts';

export type OperationPlan =
  | {
      readonly kind: 'call';
      readonly provider: string;
      readonly change: Change;
      readonly request: OperationRequest;
    }
  | { readonly kind: 'close'; readonly change: Change };

export function attemptOf(
  payment: PaymentState,
  operation: OperationState,
): AttemptState | undefined {
  if (operation.attemptId !== null) return attemptById(payment, operation.attemptId);
  return liveAttempt(payment);
}

export function planOperation(
  payment: PaymentState,
  operation: OperationState,
  contractOf: (provider: string) => ProviderContract,
  newOperationId: string,
): OperationPlan {
  const attempt = attemptOf(payment, operation);
  if (operation.kind === 'void' && !operation.late) {
    if (attempt === undefined) return { kind: 'close', change: cancelUnsent(payment, operation) };
    if (attempt.status === 'authorized' && payment.amountCaptured === payment.amountAuthorized) {
      return { kind: 'close', change: refundInstead(payment, operation, attempt, newOperationId) };
    }
    // A final capture went before and gave the rest back: nothing is held any more.
    // Unless that capture was taken back: then the provider holds it after all.
    const stillHeld = attempt.status === 'authorized' && payment.amountCaptured === 0n;
    if (payment.captureClosed && !isReauthorizing(payment) && !stillHeld) {
      return { kind: 'close', change: cancelUnsent(payment, operation) };
    }
  }
  if (
    operation.kind === 'increment' &&
    (payment.captureClosed || attempt?.status !== 'authorized')
  ) {
    return { kind: 'close', change: refuseUnsent(operation, 'not_incrementable') };
  }
  if (attempt !== undefined && closedByWindow(payment, operation, attempt, contractOf)) {
    return { kind: 'close', change: refuseUnsent(operation, 'refund_window_passed') };
  }
  // What was captured was taken back before this left us: there is nothing of ours to give.
  const isGone = payment.amountCaptured === 0n && operation.sentCount === 0;
  const isOfExcess = operation.cause === 'automatic' || operation.fromSuspense === operation.amount;
  if (isGone && isRefundOfCapture(operation) && !isOfExcess) {
    return { kind: 'close', change: refuseUnsent(operation, 'refund_exceeds_captured') };
  }
  if (isTakenByDispute(payment, operation)) {
    return { kind: 'close', change: refuseUnsent(operation, 'refund_exceeds_captured') };
  }
  if (attempt?.providerReference == null) {
    throw new Error(`operation ${operation.id} has no attempt at a provider`);
  }
  return call(payment, operation, attempt, attempt.providerReference, contractOf(attempt.provider));
}

/** It waited past the window, unsent: what was sent before is the provider's to refuse. */
function closedByWindow(
  payment: PaymentState,
  operation: OperationState,
  attempt: AttemptState,
  contractOf: (provider: string) => ProviderContract,
): boolean {
  if (!isRefundOfCapture(operation) || operation.sentCount > 0) return false;
  return refundWindowPassed(payment, attempt, contractOf(attempt.provider));
}

function call(
  payment: PaymentState,
  operation: OperationState,
  attempt: AttemptState,
  providerReference: string,
  contract: ProviderContract,
): OperationPlan {
  // Asked anew after proven absence: the old key may be remembered with an error, so a new one.
  const providerKey =
    operation.sentCount === 0 ? operation.id : `${operation.id}.${String(operation.sentCount)}`;
  return {
    kind: 'call',
    provider: attempt.provider,
    change: {
      operations: {
        update: [
          {
            id: operation.id,
            fromStatus: 'requested',
            status: 'submitting',
            attemptId: attempt.id,
            providerKey,
            sendBy: payment.now + sendWithinMs,
            keyHorizon: payment.now + contract.keyLifeMs / 2,
            sentCount: operation.sentCount + 1,
            dueAt: payment.now + unansweredAfterMs,
          },
        ],
      },
      timeline: [
        {
          actor: 'tender',
          kind: `${operation.kind}.submitting`,
          fromStatus: 'requested',
          toStatus: 'submitting',
          evidence: { operation_id: operation.id, provider: attempt.provider },
        },
      ],
      ...(isRefundOfCapture(operation) && {
        entries: refundAsked({ payment, operation, attempt }),
      }),
    },
    request: operationRequest(payment, operation, attempt, providerReference, providerKey),
  };
}

export function operationRequest(
  payment: PaymentState,
  operation: OperationState,
  attempt: AttemptState,
  providerReference: string,
  providerKey: string,
): OperationRequest {
  return {
    reference: operation.id,
    idempotencyKey: providerKey,
    attemptReference: attempt.id,
    providerReference,
    // A void takes back whatever is not captured by the time it is sent.
    amountMinor:
      operation.kind === 'void' &&
      payment.amountAuthorized > payment.amountCaptured &&
      !operation.late
        ? payment.amountAuthorized - payment.amountCaptured
        : operation.amount,
    currency: payment.currency,
    final: operation.final,
  };
}

/** Keys are the operation's id, then `<id>.<sends before it>`: see `call`. */
export function sendsOfKey({ id, providerKey, sentCount }: OperationState): number {
  const before = providerKey === null || providerKey === id ? 0 : Number(providerKey.split('.')[1]);
  return sentCount - before;
}

/** A cancel that finds nothing at any provider: the payment ends here. */
function cancelUnsent(payment: PaymentState, operation: OperationState): Change {
  const basis: Basis = { kind: 'rule', detail: 'nothing is held at any provider' };
  const canCancel = ['processing', 'requires_action', 'requires_payment_method'].includes(
    payment.status,
  );
  return {
    payment: canCancel
      ? { status: 'canceled', statusBasis: basis, captureClosed: true, nextAction: null }
      : {},
    operations: {
      update: [
        { id: operation.id, fromStatus: 'requested', status: 'succeeded', dueAt: null, basis },
      ],
    },
    timeline: [
      voidLine(operation, basis),
      ...(canCancel
        ? [
            {
              actor: 'tender',
              kind: 'payment.canceled',
              fromStatus: payment.status,
              toStatus: 'canceled',
              evidence: { ...basis, operation_id: operation.id },
            },
          ]
        : []),
    ],
    events: canCancel ? [{ type: 'payment.canceled' }] : [],
    answers: [
      { awaitsId: operation.id, status: 200 },
      ...(canCancel ? [{ awaitsId: payment.id, status: 201 as const }] : []),
    ],
  };
}

/** A cancel that was kept while a sale was in doubt, and the sale was booked: give all of it back. */
function refundInstead(
  payment: PaymentState,
  operation: OperationState,
  attempt: AttemptState,
  newOperationId: string,
): Change {
  const basis: Basis = { kind: 'rule', detail: 'already captured, so refunded instead' };
  // Never more than the cancel reserved: what was captured before it stands.
  const left = refundable(payment);
  const amount = left < operation.amount ? left : operation.amount;
  // A capture that somebody asked for before the cancel stands; one of ours is taken back.
  const asked = payment.operations.some((o) => o.kind === 'capture' && o.cause === 'request');
  const refunds = operation.cause === 'cancel' && amount > 0n && !asked;
  return {
    operations: {
      update: [
        {
          id: operation.id,
          fromStatus: 'requested',
          status: 'failed',
          attemptId: attempt.id,
          dueAt: null,
          basis,
          failure: { code: 'already_captured', advice: 'do_not_retry', providerCode: '' },
        },
      ],
      ...(refunds && {
        insert: [
          {
            id: newOperationId,
            attemptId: attempt.id,
            kind: 'refund' as const,
            cause: 'cancel' as const,
            status: 'requested' as const,
            amount,
            final: true,
            late: false,
            reason: 'canceled',
            dueAt: payment.now,
            basis,
            requestedBy: 'tender',
          },
        ],
      }),
    },
    timeline: [
      {
        actor: 'tender',
        kind: 'void.failed',
        fromStatus: 'requested',
        toStatus: 'failed',
        evidence: {
          ...basis,
          operation_id: operation.id,
          refund_id: refunds ? newOperationId : null,
        },
      },
    ],
    events: refunds ? [{ type: 'refund.created', operationId: newOperationId }] : [],
    // The cancel's own answer waits for the refund.
    answers: refunds
      ? []
      : [{ awaitsId: operation.id, status: 409, code: 'payment_not_cancelable' }],
  };
}

/** A void that ends without a call has its line too (promise P7). */
export function voidLine(operation: OperationState, basis: Basis): TimelineLine {
  return {
    actor: 'tender',
    kind: 'void.succeeded',
    fromStatus: operation.status,
    toStatus: 'succeeded',
    evidence: { ...basis, operation_id: operation.id },
  };
}
