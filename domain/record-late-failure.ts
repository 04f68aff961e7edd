/**
 * What a provider takes back after it had said yes (DESIGN 3: `succeeded → failed` on evidence), and what
 * it did after it had said no. Only a lookup is believed; entries of their own correct the books.
 */
import type { AttemptPatch, Change, TimelineLine } from './change.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import {
  captureFailedEntry,
  refundEntry,
  refundFailedEntry,
  releaseEntry,
} from './posting-rules.ts';
import type { Decline, ProviderEvidence } from './provider.ts';
import { basisOf } from './recording.ts';

export interface Reversal {
  readonly payment: PaymentState;
  readonly attempt: AttemptState;
  readonly evidence: ProviderEvidence;
}

function move(
  r: Reversal,
  kind: string,
  id: Readonly<Record<string, string>>,
  from: string,
  to: string,
): TimelineLine {
  return {
    actor: `provider:${r.evidence.provider}`,
    kind: `${kind}.${to}`,
    fromStatus: from,
    toStatus: to,
    evidence: { ...id, ...r.evidence, late: true },
  };
}

/** Nothing is held any more: a sale's attempt ends with its capture. */
function attemptGone(r: Reversal): AttemptPatch {
  return {
    id: r.attempt.id,
    fromStatus: r.attempt.status,
    status: 'voided',
    dueAt: null,
    basis: basisOf(r.evidence),
  };
}

export function recordLateFailure(
  r: Reversal,
  operation: OperationState,
  failure: Decline,
): Change | null {
  if (operation.late || operation.kind === 'void') return null;
  return operation.kind === 'refund'
    ? refundTakenBack(r, operation, failure)
    : captureTakenBack(r, operation, failure);
}

function failed(
  r: Reversal,
  operation: OperationState,
  failure: Decline,
): NonNullable<Change['operations']> {
  return {
    update: [
      {
        id: operation.id,
        fromStatus: 'succeeded',
        status: 'failed',
        failure,
        dueAt: null,
        basis: basisOf(r.evidence),
      },
    ],
  };
}

function refundTakenBack(r: Reversal, operation: OperationState, failure: Decline): Change {
  return {
    operations: failed(r, operation, failure),
    entries: [refundFailedEntry(r.payment, r.attempt, operation)],
    timeline: [move(r, 'refund', { operation_id: operation.id }, 'succeeded', 'failed')],
    events: [{ type: 'refund.failed', operationId: operation.id }],
  };
}

function captureTakenBack(r: Reversal, operation: OperationState, failure: Decline): Change {
  const { payment, attempt, evidence } = r;
  const nothingLeft = payment.amountCaptured === operation.amount;
  const saleGone = nothingLeft && attempt.kind === 'sale' && attempt.status === 'authorized';
  return {
    payment: {
      captureClosed: true,
      ...(nothingLeft && { status: 'failed' as const, statusBasis: basisOf(evidence) }),
    },
    ...(saleGone && { attempts: { update: [attemptGone(r)] } }),
    operations: failed(r, operation, failure),
    entries: [captureFailedEntry(payment, attempt, operation)],
    timeline: [
      move(r, 'capture', { operation_id: operation.id }, 'succeeded', 'failed'),
      ...(saleGone ? [move(r, 'attempt', { attempt_id: attempt.id }, 'authorized', 'voided')] : []),
      ...(nothingLeft ? [move(r, 'payment', {}, payment.status, 'failed')] : []),
    ],
    events: [
      { type: 'capture.failed', operationId: operation.id },
      ...(nothingLeft ? [{ type: 'payment.failed' }] : []),
    ],
  };
}

/** An authorization the provider no longer knows, before anything of it was captured. */
export function recordAuthorizationLost(r: Reversal): Change | null {
  const { payment, attempt, evidence } = r;
  const inUse = payment.amountCaptured > 0n || payment.captureReserved > 0n || payment.voidOpen;
  if (inUse || payment.captureClosed) return null;
  return {
    payment: { status: 'failed', statusBasis: basisOf(evidence), captureClosed: true },
    attempts: { update: [attemptGone(r)] },
    entries: [releaseEntry(payment, attempt, attempt.amount, `${attempt.id}/lost`)],
    timeline: [
      move(r, 'attempt', { attempt_id: attempt.id }, 'authorized', 'voided'),
      move(r, 'payment', {}, payment.status, 'failed'),
    ],
    events: [{ type: 'payment.failed' }],
  };
}

/** A refund that was refused and done all the same: a fact, whatever the ceiling says. */
export function recordLateRefund(r: Reversal, operation: OperationState): Change | null {
  // Taken back once and now reported again: too often told to be believed without a person.
  if (operation.late || operation.kind !== 'refund' || operation.failureCode === 'late_failure') {
    return null;
  }
  return {
    operations: {
      update: [
        {
          id: operation.id,
          fromStatus: 'failed',
          status: 'succeeded',
          dueAt: null,
          basis: basisOf(r.evidence),
        },
      ],
    },
    entries: [refundEntry(r.payment, r.attempt, operation)],
    timeline: [move(r, 'refund', { operation_id: operation.id }, 'failed', 'succeeded')],
    events: [{ type: 'refund.succeeded', operationId: operation.id }],
  };
}
