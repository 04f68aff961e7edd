/** What a succeeded or failed operation does to its payment, its attempt and the books. */
import type { AttemptPatch, DisputeChange, PaymentPatch } from './change.ts';
import {
  askedKind,
  dueWhenOver,
  isOpen,
  type AttemptState,
  type OperationState,
  type PaymentState,
} from './payment-state.ts';
import type { PaymentStatus } from './payment.ts';
import type { JournalEntry } from './journal-entry.ts';
import { growHold, release } from './hold.ts';
import { captureEntry } from './posting-rules/capture.ts';
import { transferReturnedEntry } from './posting-rules/transfer.ts';
import { lateSuccessReturnedEntry } from './posting-rules/suspense.ts';
import type { Decline, ProviderEvidence } from './provider.ts';
import { basisOf } from './recording.ts';
import { paidBesideDispute } from './paid-beside-dispute.ts';
import { isRefundOfCapture, refundDone, refundRefused } from './refund-entries.ts';
import { mayHaveExpired } from './expiry.ts';
import { lookupDelayMs, retryExpiryMs } from './timing.ts';

export interface OperationRecording {
  readonly payment: PaymentState;
  readonly operation: OperationState;
  readonly attempt: AttemptState;
}

export interface Effect {
  readonly payment: PaymentPatch;
  readonly attempt?: AttemptPatch;
  readonly disputes?: DisputeChange;
  readonly entries: readonly JournalEntry[];
  readonly status?: PaymentStatus;
  readonly events: readonly string[];
}

export function successEffect(r: OperationRecording, evidence: ProviderEvidence): Effect {
  if (r.operation.cause === 'transfer') return transferReturned(r);
  if (r.operation.late) return lateEffect(r);
  switch (askedKind(r.operation)) {
    case 'capture':
      return captureEffect(r);
    case 'refund':
      return refundEffect(r);
    case 'void':
      return voidEffect(r, evidence);
    case 'increment':
      return incrementEffect(r);
  }
}

function refundEffect(r: OperationRecording): Effect {
  const { entries, disputes } = paidBesideDispute(r.payment, r.operation);
  return {
    payment: {},
    entries: [...refundDone(r), ...entries],
    ...(disputes.length > 0 && { disputes: { update: disputes } }),
    events: ['refund.succeeded'],
  };
}

export function lateEffect(r: OperationRecording): Effect {
  return {
    payment: {},
    attempt: { id: r.attempt.id, fromStatus: 'late', status: 'voided' },
    entries: [
      lateSuccessReturnedEntry(
        r.payment,
        { ...r.attempt, kind: r.operation.kind === 'refund' ? 'sale' : 'authorize' },
        r.operation,
      ),
    ],
    events: r.operation.kind === 'refund' ? ['refund.succeeded'] : [],
  };
}

/** The attempt keeps its end; whether anything else came for it is for its next look to say. */
function transferReturned({ payment, attempt, operation }: OperationRecording): Effect {
  return {
    payment: {},
    entries: [transferReturnedEntry(payment, attempt, operation)],
    events: ['refund.succeeded'],
  };
}

function otherOpenCaptures(r: OperationRecording): bigint {
  return r.payment.operations
    .filter((o) => o.kind === 'capture' && o.id !== r.operation.id && isOpen(o))
    .reduce((sum, o) => sum + o.amount, 0n);
}

export function captureEffect(r: OperationRecording): Effect {
  const { payment, operation, attempt } = r;
  const captured = payment.amountCaptured + operation.amount;
  const others = otherOpenCaptures(r);
  const closed = operation.final || payment.captureClosed || captured === payment.amountAuthorized;
  // The final capture gives back what is neither captured nor on its way to be.
  const released =
    closed && !payment.captureClosed
      ? payment.amountAuthorized - payment.amountCaptured - others
      : operation.amount;
  const status = closed && others === 0n ? 'captured' : 'partially_captured';
  return {
    payment: { captureClosed: closed },
    entries: [
      release(payment, attempt, released, operation.id),
      captureEntry(payment, attempt, operation),
    ],
    status,
    events: [status === 'captured' ? 'payment.captured' : 'payment.partially_captured'],
  };
}

/** What is authorized rises with the operation itself, by the database's trigger. */
export function incrementEffect({ payment, operation, attempt }: OperationRecording): Effect {
  return {
    payment: {},
    entries: growHold(payment, attempt, operation),
    events: ['increment.succeeded'],
  };
}

export function voidEffect(r: OperationRecording, evidence: ProviderEvidence): Effect {
  const { payment, operation, attempt } = r;
  const held = payment.amountAuthorized - payment.amountCaptured;
  const entries =
    attempt.status === 'authorized' && held > 0n && !payment.captureClosed
      ? [release(payment, attempt, held, operation.id)]
      : [];
  if (payment.amountCaptured > 0n) {
    return {
      payment: { captureClosed: true },
      entries,
      status: 'captured',
      events: ['payment.captured'],
    };
  }
  const expired = operation.cause === 'expiry';
  const status: PaymentStatus = expired ? 'expired' : 'canceled';
  return {
    payment: { captureClosed: true, nextAction: null },
    attempt: {
      id: attempt.id,
      fromStatus: attempt.status,
      status: expired ? 'expired' : 'voided',
      dueAt: dueWhenOver(payment),
      basis: basisOf(evidence),
    },
    entries,
    status,
    events: [`payment.${status}`],
  };
}

export function failureEffect(
  r: OperationRecording,
  failure: Decline,
  evidence: ProviderEvidence,
): Effect {
  const { payment, operation, attempt } = r;
  if (operation.kind === 'void') return voidFailureEffect(r);
  if (isRefundOfCapture(operation)) return { payment: {}, entries: refundRefused(r), events: [] };
  if (operation.cause === 'transfer') return transferNotReturned(r);
  if (operation.kind !== 'capture' || operation.late)
    return { payment: {}, entries: [], events: [] };
  const others = otherOpenCaptures(r);
  if (failure.code === 'authorization_expired' && others === 0n && !payment.captureClosed) {
    const held = payment.amountAuthorized - payment.amountCaptured;
    const status: PaymentStatus = payment.amountCaptured > 0n ? 'captured' : 'expired';
    return {
      payment: { captureClosed: true },
      ...(status === 'expired' && {
        attempt: {
          id: attempt.id,
          fromStatus: attempt.status,
          status: 'expired' as const,
          dueAt: null,
          basis: basisOf(evidence),
        },
      }),
      entries: [release(payment, attempt, held, operation.id)],
      status,
      events: [`payment.${status}`],
    };
  }
  // Behind a final capture nothing will use this part of the authorization any more.
  if (payment.captureClosed) {
    return {
      payment: {},
      entries: [release(payment, attempt, operation.amount, operation.id)],
      ...(others === 0n && statusBehindFinal(payment)),
      events: [],
    };
  }
  return {
    payment: {},
    ...(mayHaveExpired(r) && {
      attempt: { id: attempt.id, fromStatus: attempt.status, dueAt: payment.now },
    }),
    entries: [],
    ...(payment.status === 'processing' && { status: 'requires_capture' as const }),
    events: [],
  };
}

/** It stays in suspense, and is tried again a while later, a few times. */
function transferNotReturned({ payment, attempt }: OperationRecording): Effect {
  const dueAt = payment.now + retryExpiryMs;
  const patch = { id: attempt.id, fromStatus: attempt.status, dueAt };
  return { payment: {}, attempt: patch, entries: [], events: [] };
}

/** A void under way says itself how a payment without any capture ends. */
function statusBehindFinal(payment: PaymentState): { status?: 'captured' | 'failed' } {
  if (payment.amountCaptured > 0n) return { status: 'captured' };
  return payment.voidOpen ? {} : { status: 'failed' };
}

function voidFailureEffect(r: OperationRecording): Effect {
  const { payment, operation, attempt } = r;
  // Behind a capture that was taken back there is nothing else to wait for.
  const over =
    !operation.late &&
    payment.captureClosed &&
    payment.amountCaptured === 0n &&
    attempt.status === 'authorized';
  if (over) return { payment: {}, entries: [], status: 'failed', events: ['payment.failed'] };
  if (operation.cause !== 'expiry') return { payment: {}, entries: [], events: [] };
  // Tried again later and later: a provider that refuses for ever must not fill the books of operations.
  const before = payment.operations.filter((o) => o.kind === 'void' && o.cause === 'expiry').length;
  const dueAt = payment.now + Math.max(retryExpiryMs, lookupDelayMs(8 + before));
  const patch = { id: attempt.id, fromStatus: attempt.status, dueAt };
  return { payment: {}, attempt: patch, entries: [], events: [] };
}
