/**
 * What was done behind a no when there is no room for it any more, and what becomes of money that was being
 * given back. Facts: nothing refuses them (promise P4). Whatever exceeds its ceiling stands in suspense,
 * goes back at once where that can be, and is put before a person until it has.
 */
import type { CaseEnd } from './case.ts';
import type { Change, OperationPatch } from './change.ts';
import { lateEffect, voidEffect } from './operation-effects.ts';
import { excessStanding, type OperationState, type PaymentState } from './payment-state.ts';
import {
  excessCaptureEntry,
  excessCaptureFailedEntry,
  lateSuccessReturnFailedEntry,
} from './posting-rules/suspense.ts';
import { transferReturnedEntry } from './posting-rules/transfer.ts';
import { unplaced } from './record-transfers.ts';
import type { Decline, ProviderEvidence } from './provider.ts';
import { basisOf } from './recording.ts';
import { move, type Reversal } from './reversal.ts';

function doneAfterAll(r: Reversal, operation: OperationState): OperationPatch {
  const { id } = operation;
  const basis = basisOf(r.evidence);
  return { id, fromStatus: 'failed', status: 'succeeded', dueAt: null, basis };
}

/** A capture that fits no more: no captured amount, but excess, and a refund of it in the same commit. */
export function recordExcessCapture(
  r: Reversal,
  operation: OperationState,
  newOperationId: string,
): Change | null {
  if (operation.kind !== 'capture' || operation.failureCode === 'late_failure') return null;
  const { payment, attempt, evidence } = r;
  const { amount } = operation;
  const refundId = newOperationId.replace(/^op_/, 'ref_');
  return {
    operations: {
      update: [{ ...doneAfterAll(r, operation), excess: true }],
      insert: [
        {
          id: refundId,
          attemptId: attempt.id,
          kind: 'refund',
          cause: 'automatic',
          status: 'requested',
          amount,
          final: true,
          late: false,
          reason: 'captured_in_excess',
          dueAt: payment.now,
          basis: basisOf(evidence),
          requestedBy: 'tender',
        },
      ],
    },
    entries: [excessCaptureEntry(payment, attempt, operation)],
    timeline: [move(r, 'capture', { operation_id: operation.id }, 'failed', 'succeeded')],
    events: [
      { type: 'payment.late_success', operationId: operation.id },
      { type: 'refund.created', operationId: refundId },
    ],
    cases: [
      {
        kind: 'excess',
        attemptId: attempt.id,
        operationId: refundId,
        amount,
        reason: 'captured_in_excess',
        evidence: { capture: operation.id, ...evidence },
      },
    ],
  };
}

/** And taken back again: it stands nowhere any more. */
export function excessTakenBack(
  r: Reversal,
  operation: OperationState,
  failure: OperationPatch,
): Change {
  const { payment, attempt, evidence } = r;
  const { id, amount } = operation;
  return {
    operations: { update: [failure] },
    entries: [excessCaptureFailedEntry(payment, attempt, operation)],
    timeline: [move(r, 'capture', { operation_id: id }, 'succeeded', 'failed')],
    events: [{ type: 'capture.failed', operationId: id }],
    // A refund of it may be done or on its way by now.
    cases: [
      {
        kind: 'contradiction',
        attemptId: attempt.id,
        operationId: id,
        amount,
        reason: 'excess_taken_back',
        evidence: { ...evidence },
      },
    ],
  };
}

/** A void that was refused and done all the same. Where nothing was held any more it changes nothing. */
export function recordLateVoid(r: Reversal, operation: OperationState): Change | null {
  if (operation.kind !== 'void' || operation.late) return null;
  const { payment, attempt, evidence } = r;
  const stands =
    attempt.status === 'authorized' &&
    !payment.captureClosed &&
    ['requires_capture', 'partially_captured'].includes(payment.status);
  const effect = stands ? voidEffect({ payment, operation, attempt }, evidence) : null;
  const status = effect?.status;
  return {
    ...(effect !== null && {
      payment: { ...effect.payment, ...(status && { status, statusBasis: basisOf(evidence) }) },
      ...(effect.attempt && { attempts: { update: [effect.attempt] } }),
      entries: effect.entries,
    }),
    operations: { update: [doneAfterAll(r, operation)] },
    timeline: [
      move(r, 'void', { operation_id: operation.id }, 'failed', 'succeeded'),
      ...(effect?.attempt?.status === undefined
        ? []
        : [move(r, 'attempt', { attempt_id: attempt.id }, attempt.status, effect.attempt.status)]),
      ...(status === undefined ? [] : [move(r, 'payment', {}, payment.status, status)]),
    ],
    events: (effect?.events ?? []).map((type) => ({ type, operationId: operation.id })),
  };
}

/** A return of money that came too late: refused, and done all the same. */
export function recordLateReturn(r: Reversal, operation: OperationState): Change | null {
  const { payment, attempt, evidence } = r;
  if (operation.cause === 'transfer') return recordTransferReturn(r, operation);
  if (!operation.late || attempt.status !== 'late' || operation.failureCode === 'late_failure') {
    return null;
  }
  const effect = lateEffect({ payment, operation, attempt });
  return {
    ...(effect.attempt && { attempts: { update: [effect.attempt] } }),
    operations: { update: [doneAfterAll(r, operation)] },
    entries: effect.entries,
    timeline: [
      move(r, operation.kind, { operation_id: operation.id }, 'failed', 'succeeded'),
      move(r, 'attempt', { attempt_id: attempt.id }, 'late', 'voided'),
    ],
    events: effect.events.map((type) => ({ type, operationId: operation.id })),
    closes: returned(payment, operation, evidence),
  };
}

/** Of a transfer: unless what it gave back went another way meanwhile, on a second try or by hand. */
function recordTransferReturn(r: Reversal, operation: OperationState): Change | null {
  const { payment, attempt, evidence } = r;
  const { id, amount, kind } = operation;
  const left = unplaced(payment, attempt);
  if (kind !== 'refund' || operation.failureCode === 'late_failure' || left < amount) return null;
  const end = { kind: 'late_return', subjectId: attempt.id, resolution: 'refunded' } as const;
  return {
    operations: { update: [doneAfterAll(r, operation)] },
    entries: [transferReturnedEntry(payment, attempt, operation)],
    timeline: [move(r, 'refund', { operation_id: id }, 'failed', 'succeeded')],
    events: [{ type: 'refund.succeeded', operationId: id }],
    closes: left === amount ? [{ ...end, evidence: { refund: id, ...evidence } }] : [],
  };
}

/** A refund of what came too late did not go through after all: the money is with us again. */
export function lateReturnTakenBack(
  r: Reversal,
  operation: OperationState,
  failure: OperationPatch,
): Change | null {
  const { payment, attempt } = r;
  if (operation.cause === 'transfer') return transferTakenBack(r, operation, failure);
  if (operation.kind !== 'refund' || attempt.status !== 'voided') return null;
  const { id } = operation;
  return {
    attempts: {
      update: [
        { id: attempt.id, fromStatus: 'voided', status: 'late', basis: basisOf(r.evidence) },
      ],
    },
    operations: { update: [failure] },
    entries: [lateSuccessReturnFailedEntry(payment, attempt, operation)],
    timeline: [
      move(r, 'refund', { operation_id: id }, 'succeeded', 'failed'),
      move(r, 'attempt', { attempt_id: attempt.id }, 'voided', 'late'),
    ],
    events: [{ type: 'refund.failed', operationId: id }],
    ...notReturned(attempt.id, operation, 'late_failure', r.evidence),
  };
}

/** What was sent back of a transfer is with us again; the attempt keeps its end, and its next look sends it anew. */
function transferTakenBack(
  r: Reversal,
  operation: OperationState,
  failure: OperationPatch,
): Change | null {
  if (operation.kind !== 'refund') return null;
  const { payment, attempt } = r;
  const { id } = operation;
  return {
    attempts: { update: [{ id: attempt.id, fromStatus: attempt.status, dueAt: payment.now }] },
    operations: { update: [failure] },
    entries: [lateSuccessReturnFailedEntry(payment, attempt, operation)],
    timeline: [move(r, 'refund', { operation_id: id }, 'succeeded', 'failed')],
    events: [{ type: 'refund.failed', operationId: id }],
  };
}

/** Money of nobody that the provider would not take back: a person has to. */
export function notReturned(
  attemptId: string,
  operation: OperationState,
  reason: Decline['code'],
  evidence: ProviderEvidence,
): Pick<Change, 'cases'> {
  // The return of a transfer is tried again by itself, and put before a person when that has come to nothing.
  if (!operation.late || operation.cause === 'transfer') return {};
  const { id, amount } = operation;
  const about = { attemptId, operationId: id, amount };
  return { cases: [{ kind: 'late_return', ...about, reason, evidence: { ...evidence } }] };
}

/**
 * What waited for this return, if anything did: the case of the return itself, and once nothing stands in
 * excess any more, those of the returns of it that had failed.
 */
export function returned(
  payment: PaymentState,
  operation: OperationState,
  evidence: ProviderEvidence,
): readonly CaseEnd[] {
  const { id, kind, late } = operation;
  const resolution = kind === 'refund' ? 'refunded' : 'voided';
  const end = (subjectId: string): CaseEnd => ({
    kind: late ? 'late_return' : 'excess',
    ...{ subjectId, resolution, evidence: { refund: id, ...evidence } },
  });
  if (late) return [end(id)];
  if (operation.fromSuspense === 0n) return [];
  const operations = payment.operations.map((o) =>
    o.id === id ? { ...o, ...operation, status: 'succeeded' as const } : o,
  );
  const standing = excessStanding({ ...payment, operations });
  const failed = operations.filter((o) => o.status === 'failed' && o.fromSuspense > 0n);
  return [end(id), ...(standing === 0n ? failed.map((o) => end(o.id)) : [])];
}
