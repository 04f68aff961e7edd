/**
 * Money that no provider would give back, and that two people say they have given back: at the provider by
 * hand, or from our own bank. The return that failed stays failed, for it did; this is an operation of its own
 * in its place. So what is told later of the failed one contradicts the record, and is put before a person
 * instead of being booked a second time.
 */
import type { Basis, Change, NewOperation } from './change.ts';
import type { JournalEntry } from './journal-entry.ts';
import { isOpen, refundable, type AttemptState, type OperationState, type PaymentState } from './payment-state.ts'; // prettier-ignore
import { owedRefundPaidEntry } from './posting-rules/refund.ts';
import { lateSuccessReturnedEntry, returnedByHandEntry, type PaidFrom } from './posting-rules/suspense.ts'; // prettier-ignore
import type { ProviderEvidence } from './provider.ts';
import { unplaced } from './record-transfers.ts';
import { basisOf } from './recording.ts';

export interface Failed {
  readonly payment: PaymentState;
  readonly attempt: AttemptState;
  readonly operation: OperationState;
}

/** What is left of what a failed return was to give back; null: it is no failed return. */
export function leftToReturn({ payment, attempt, operation }: Failed): bigint | null {
  const { id, kind, cause, late, amount } = operation;
  if (operation.status !== 'failed' || (kind !== 'refund' && kind !== 'void')) return null;
  const isDone = payment.operations.some(({ inPlaceOf }) => inPlaceOf === id);
  if (cause === 'transfer') return isDone ? 0n : unplaced(payment, attempt);
  if (late) {
    const isAsked = payment.operations.some(
      (o) => o.late && o.attemptId === attempt.id && isOpen(o),
    );
    return isDone || isAsked || attempt.status !== 'late' ? 0n : amount;
  }
  // Taken back after it was done, so still owed. What was captured in excess is refunded like any other.
  const isOwed = operation.failureCode === 'late_failure' && operation.fromSuspense === 0n;
  if (kind !== 'refund' || !isOwed) return null;
  return isDone ? 0n : refundable(payment);
}

export interface ByHand {
  /** Null: nothing had moved, a hold was let go of. */
  readonly paidFrom: PaidFrom | null;
  readonly providerReference?: string | undefined;
  readonly evidence: ProviderEvidence;
  readonly askedBy: string;
  readonly newOperationId: string;
}

export function returnByHand(failed: Failed, by: ByHand): Change {
  const { attempt, operation } = failed;
  const { kind, late, cause } = operation;
  const id = kind === 'refund' ? by.newOperationId.replace(/^op_/, 'ref_') : by.newOperationId;
  const basis: Basis = { ...basisOf(by.evidence), inPlaceOf: operation.id };
  const frees = late && cause !== 'transfer';
  const actor = `provider:${by.evidence.provider}`;
  const why = { in_place_of: operation.id, ...by.evidence };
  return {
    ...(frees && {
      attempts: { update: [{ id: attempt.id, fromStatus: 'late', status: 'voided', basis }] },
    }),
    operations: { insert: [insteadOf(operation, id, basis, by)] },
    entries: [entryOf(failed, id, by.paidFrom)],
    timeline: [
      {
        ...{ actor, kind: `${kind}.succeeded`, toStatus: 'succeeded' },
        evidence: { operation_id: id, amount: String(operation.amount), paid_from: by.paidFrom, ...why }, // prettier-ignore
      },
      ...(frees
        ? [
            {
              ...{ actor, kind: 'attempt.voided', fromStatus: 'late', toStatus: 'voided' },
              evidence: { attempt_id: attempt.id, operation_id: id, ...why },
            },
          ]
        : []),
    ],
    events: kind === 'refund' ? [{ type: 'refund.succeeded', operationId: id }] : [],
    closes: closedBy(failed, id, by.evidence),
  };
}

function insteadOf(failed: OperationState, id: string, basis: Basis, by: ByHand): NewOperation {
  const { attemptId, kind, amount, final, late, cause } = failed;
  return {
    ...{ id, attemptId, kind, amount, final, late, basis },
    // What a merchant asked for counts against what one person alone may give back; two have agreed to this.
    cause: late ? cause : 'automatic',
    status: 'succeeded',
    reason: 'given_back_by_hand',
    ...(by.providerReference !== undefined && { providerReference: by.providerReference }),
    dueAt: null,
    requestedBy: by.askedBy,
  };
}

function entryOf(
  { payment, attempt, operation }: Failed,
  id: string,
  from: PaidFrom | null,
): JournalEntry {
  // prettier-ignore
  const { amount, late, cause, kind } = operation;
  if (kind === 'void' || from === null) {
    return lateSuccessReturnedEntry(payment, { ...attempt, kind: 'authorize' }, operation);
  }
  if (!late) return owedRefundPaidEntry(payment, operation, from === 'bank' ? null : attempt);
  const event = cause === 'transfer' ? 'transfer_returned' : 'late_success_returned';
  return returnedByHandEntry(payment, attempt, { id, amount }, { event, from });
}

/** The case of a late attempt's return is about that; of a transfer, about all that is left over. */
function closedBy(
  failed: Failed,
  id: string,
  evidence: ProviderEvidence,
): NonNullable<Change['closes']> {
  // prettier-ignore
  const { attempt, operation } = failed;
  if (!operation.late) return [];
  const end = { kind: 'late_return', resolution: 'given_back_by_hand', evidence: { operation: id, ...evidence } } as const; // prettier-ignore
  if (operation.cause !== 'transfer') return [{ ...end, subjectId: operation.id }];
  const isRest = leftToReturn(failed) === operation.amount;
  return isRest ? [{ ...end, subjectId: attempt.id }] : [];
}
