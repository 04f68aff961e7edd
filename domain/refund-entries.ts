/** The books of a refund as its outcomes come in: which step of its life each outcome is. */
import type { JournalEntry } from './journal-entry.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import {
  refundAcceptedEntry,
  refundDeclinedEntry,
  refundEntry,
  refundOfCapture,
  refundRequestedEntry,
  refundReservationReleasedEntry,
  refundSettledEntry,
} from './posting-rules/refund.ts';

interface RefundRecording {
  readonly payment: PaymentState;
  readonly operation: OperationState;
  readonly attempt: AttemptState;
}

/**
 * Money that came too late is given back out of suspense (`lateSuccessReturnedEntry`), where it is
 * reserved already.
 */
export function isRefundOfCapture(operation: OperationState): boolean {
  return operation.kind === 'refund' && !operation.late;
}

/** With the permit to send. Sent again under a new key it is the same entry, which is posted once. */
export function refundAsked({ payment, operation, attempt }: RefundRecording): JournalEntry[] {
  return [refundRequestedEntry(payment, refundOfCapture(attempt, operation))];
}

/** A refund has the provider's own id from its acknowledgement on, whatever is heard of it after that. */
function isAccepted(operation: OperationState): boolean {
  return operation.providerReference !== null;
}

/** Acknowledged: the provider will tell later. */
export function refundAcknowledged(r: RefundRecording): JournalEntry[] {
  if (isAccepted(r.operation)) return [];
  const refund = refundOfCapture(r.attempt, r.operation);
  return [
    refundReservationReleasedEntry(r.payment, refund),
    refundAcceptedEntry(r.payment, refund),
  ];
}

export function refundDone(r: RefundRecording): JournalEntry[] {
  const refund = refundOfCapture(r.attempt, r.operation);
  if (isAccepted(r.operation)) return [refundSettledEntry(r.payment, refund)];
  return [
    refundReservationReleasedEntry(r.payment, refund),
    refundEntry(r.payment, r.attempt, r.operation),
  ];
}

/** `declined` of what was accepted restores it; of what was only asked for, the reservation is over. */
export function refundRefused(r: RefundRecording): JournalEntry[] {
  const refund = refundOfCapture(r.attempt, r.operation);
  return isAccepted(r.operation)
    ? [refundDeclinedEntry(r.payment, refund)]
    : [refundReservationReleasedEntry(r.payment, refund)];
}
