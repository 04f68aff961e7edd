/**
 * What a provider takes back after it had said yes (DESIGN 3: `succeeded → failed` on evidence), and what
 * it did after it had said no. Only a lookup is believed; entries of their own correct the books.
 */
import type { NewCase } from './case.ts';
import type { AttemptPatch, Change, OperationPatch } from './change.ts';
import { captureEffect, incrementEffect } from './operation-effects.ts';
import {
  excessStanding,
  isOpen,
  refundable,
  type OperationState,
  type PaymentState,
} from './payment-state.ts';
import { release, shrinkHold } from './hold.ts';
import { finalPaymentStatuses } from './payment.ts';
import { captureFailedEntry } from './posting-rules/capture.ts';
import { refundEntry, refundFailedEntry } from './posting-rules/refund.ts';
import type { Decline } from './provider.ts';
import { excessTakenBack, lateReturnTakenBack, returned } from './record-late-fact.ts';
import { basisOf } from './recording.ts';
import { move, type Reversal } from './reversal.ts';

/** Nothing is held any more: a sale's attempt ends with its capture. */
function attemptGone(r: Reversal, status: 'voided' | 'expired' = 'voided'): AttemptPatch {
  return {
    id: r.attempt.id,
    fromStatus: r.attempt.status,
    status,
    dueAt: null,
    basis: basisOf(r.evidence),
  };
}

export function recordLateFailure(
  r: Reversal,
  operation: OperationState,
  failure: Decline,
): Change | null {
  if (operation.late) return lateReturnTakenBack(r, operation, failedPatch(r, operation, failure));
  if (operation.kind === 'void') return null;
  if (operation.excess) return excessTakenBack(r, operation, failedPatch(r, operation, failure));
  if (operation.kind === 'increment') return incrementTakenBack(r, operation, failure);
  return operation.kind === 'refund'
    ? refundTakenBack(r, operation, failure)
    : captureTakenBack(r, operation, failure);
}

function failedPatch(r: Reversal, operation: OperationState, failure: Decline): OperationPatch {
  return {
    id: operation.id,
    fromStatus: 'succeeded',
    status: 'failed',
    // Ours, whatever the provider calls it: what was taken back once is not believed again by rule.
    failure: { ...failure, code: 'late_failure' },
    dueAt: null,
    basis: basisOf(r.evidence),
  };
}

function failed(
  r: Reversal,
  operation: OperationState,
  failure: Decline,
): NonNullable<Change['operations']> {
  return { update: [failedPatch(r, operation, failure)] };
}

function refundTakenBack(r: Reversal, operation: OperationState, failure: Decline): Change {
  return {
    operations: failed(r, operation, failure),
    entries: [refundFailedEntry(r.payment, r.attempt, operation)],
    timeline: [move(r, 'refund', { operation_id: operation.id }, 'succeeded', 'failed')],
    events: [{ type: 'refund.failed', operationId: operation.id }],
    cases: standsAgain(r, operation),
  };
}

/** What was captured in excess is with us again. */
function standsAgain(
  { attempt, evidence }: Reversal,
  operation: OperationState,
): readonly NewCase[] {
  const amount = operation.fromSuspense;
  if (amount === 0n) return [];
  const about = { attemptId: attempt.id, operationId: operation.id, amount };
  return [{ kind: 'excess', ...about, reason: 'return_taken_back', evidence: { ...evidence } }];
}

function incrementTakenBack(r: Reversal, operation: OperationState, failure: Decline): Change {
  return {
    operations: failed(r, operation, failure),
    entries: shrinkHold(r.payment, r.attempt, operation),
    timeline: [move(r, 'increment', { operation_id: operation.id }, 'succeeded', 'failed')],
    events: [{ type: 'increment.failed', operationId: operation.id }],
  };
}

function captureTakenBack(r: Reversal, operation: OperationState, failure: Decline): Change {
  const { payment, attempt, evidence } = r;
  const nothingLeft = payment.amountCaptured === operation.amount;
  const saleGone = nothingLeft && attempt.kind === 'sale' && attempt.status === 'authorized';
  const status = statusAfterLoss(payment, nothingLeft);
  // What is under way keeps its part of the hold; the rest will not be asked for any more.
  const rest =
    payment.captureClosed || attempt.status !== 'authorized'
      ? 0n
      : payment.amountAuthorized - payment.amountCaptured - payment.captureReserved;
  return {
    payment: {
      captureClosed: true,
      ...(status !== undefined && { status, statusBasis: basisOf(evidence) }),
    },
    ...(saleGone && { attempts: { update: [attemptGone(r)] } }),
    operations: failed(r, operation, failure),
    entries: [
      captureFailedEntry(payment, attempt, operation),
      ...(rest > 0n ? [release(payment, attempt, rest, `${operation.id}/failed_late`)] : []),
    ],
    timeline: [
      move(r, 'capture', { operation_id: operation.id }, 'succeeded', 'failed'),
      ...(saleGone ? [move(r, 'attempt', { attempt_id: attempt.id }, 'authorized', 'voided')] : []),
      ...(status === undefined ? [] : [move(r, 'payment', {}, payment.status, status)]),
    ],
    events: [
      { type: 'capture.failed', operationId: operation.id },
      ...(status === 'failed' ? [{ type: 'payment.failed' }] : []),
    ],
    cases: refundedBeyond(r, operation),
  };
}

/** It was refunded, or is being, before it was taken back: whose loss that is, a person has to say. */
function refundedBeyond(r: Reversal, operation: OperationState): readonly NewCase[] {
  const { payment, attempt, evidence } = r;
  const given = payment.amountRefunded + payment.refundReserved + payment.amountDisputed;
  const amount = given - (payment.amountCaptured - operation.amount) - payment.amountExcess;
  if (amount <= 0n) return [];
  const refunds = payment.operations
    .filter((o) => o.kind === 'refund' && !o.late && (isOpen(o) || o.status === 'succeeded'))
    .map(({ id }) => id);
  const about = { attemptId: attempt.id, operationId: operation.id, amount };
  const reason = 'taken_back_after_refund';
  return [{ kind: 'excess', ...about, reason, evidence: { refunds, ...evidence } }];
}

/** While a capture or a void is under way, its end says how the payment ends. */
function statusAfterLoss(
  payment: PaymentState,
  nothingLeft: boolean,
): 'failed' | 'captured' | undefined {
  if (payment.captureReserved > 0n || payment.voidOpen) return undefined;
  // An end stays: what is left of it is in the amounts.
  if (finalPaymentStatuses.includes(payment.status)) return undefined;
  if (nothingLeft) return 'failed';
  return payment.status === 'partially_captured' ? 'captured' : undefined;
}

/**
 * What a lookup says of an authorization before anything of it was captured: the provider no longer knows
 * it, or it has run out there.
 */
export function recordAuthorizationOver(r: Reversal, why: 'lost' | 'expired'): Change | null {
  const { payment, attempt, evidence } = r;
  const inUse = payment.amountCaptured > 0n || payment.captureReserved > 0n || payment.voidOpen;
  if (inUse || payment.captureClosed) return null;
  const [attemptStatus, status] =
    why === 'lost' ? (['voided', 'failed'] as const) : (['expired', 'expired'] as const);
  return {
    payment: { status, statusBasis: basisOf(evidence), captureClosed: true },
    attempts: { update: [attemptGone(r, attemptStatus)] },
    entries: [release(payment, attempt, payment.amountAuthorized, `${attempt.id}/${why}`)],
    timeline: [
      move(r, 'attempt', { attempt_id: attempt.id }, 'authorized', attemptStatus, why === 'lost'),
      move(r, 'payment', {}, payment.status, status, why === 'lost'),
    ],
    events: [{ type: `payment.${status}` }],
  };
}

/**
 * A refund that was refused and done all the same: a fact, whatever the ceiling says. What is more than
 * there was to refund stands in suspense until a person says whose it is.
 */
export function recordLateRefund(r: Reversal, operation: OperationState): Change | null {
  // Taken back once and now reported again: too often told to be believed without a person.
  if (operation.late || operation.kind !== 'refund' || operation.failureCode === 'late_failure') {
    return null;
  }
  const { payment, attempt, evidence } = r;
  const { id, amount } = operation;
  const room = refundable(payment);
  const beyond = amount > room ? amount - room : 0n;
  // As the database counts it once more: what stood there may have gone another way meanwhile.
  const standing = excessStanding(payment);
  const { fromSuspense: asked } = operation;
  const done = { ...operation, fromSuspense: asked < standing ? asked : standing };
  const own = amount - done.fromSuspense;
  // Out of suspense it came, so nobody else's money is in it.
  const excess = beyond < own ? beyond : own;
  return {
    operations: {
      update: [
        { id, fromStatus: 'failed', status: 'succeeded', dueAt: null, basis: basisOf(evidence) },
      ],
    },
    entries: [refundEntry(payment, attempt, done, excess)],
    timeline: [move(r, 'refund', { operation_id: id }, 'failed', 'succeeded')],
    events: [{ type: 'refund.succeeded', operationId: id }],
    cases:
      excess === 0n
        ? []
        : [
            {
              kind: 'excess',
              attemptId: attempt.id,
              operationId: id,
              amount: excess,
              reason: 'refunded_in_excess',
              evidence: { ...evidence },
            },
          ],
    closes: returned(payment, done, evidence),
  };
}

function fits({ payment, attempt }: Reversal, operation: OperationState): boolean {
  if (attempt.status !== 'authorized' || payment.captureClosed || payment.voidOpen) return false;
  if (operation.kind === 'capture') {
    const free = payment.amountAuthorized - payment.amountCaptured;
    return payment.captureReserved === 0n && operation.amount <= free;
  }
  // Holds are made one after the other: what was raised since stands.
  return !payment.operations.some((o) => o.kind === 'increment' && o.number > operation.number);
}

/** A capture or increment that was refused and done all the same, while there is room for it. */
export function recordLateHold(r: Reversal, operation: OperationState): Change | null {
  const { payment, attempt, evidence } = r;
  if (operation.kind !== 'capture' && operation.kind !== 'increment') return null;
  if (operation.failureCode === 'late_failure' || !fits(r, operation)) return null;
  const effectOf = operation.kind === 'capture' ? captureEffect : incrementEffect;
  const effect = effectOf({ payment, operation, attempt });
  const { status } = effect;
  return {
    payment: {
      ...effect.payment,
      ...(status !== undefined && { status, statusBasis: basisOf(evidence) }),
    },
    operations: {
      update: [
        {
          id: operation.id,
          fromStatus: 'failed',
          status: 'succeeded',
          dueAt: null,
          basis: basisOf(evidence),
        },
      ],
    },
    entries: effect.entries,
    timeline: [
      move(r, operation.kind, { operation_id: operation.id }, 'failed', 'succeeded'),
      ...(status === undefined || status === payment.status
        ? []
        : [move(r, 'payment', {}, payment.status, status)]),
    ],
    events: effect.events.map((type) => ({ type, operationId: operation.id })),
  };
}
