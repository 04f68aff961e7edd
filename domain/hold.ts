/**
 * What the provider holds of an attempt, in the books: one pending entry at a time. An increment releases
 * the hold there is and makes a new one of the whole, so whatever releases later names just one entry.
 */
import type { JournalEntry } from './journal-entry.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import {
  authorizationKey,
  incrementEntry,
  incrementKey,
  releaseEntry,
} from './posting-rules/authorization.ts';

/** Increments succeed one after the other; one that was taken back had made its hold all the same. */
export function holdKey(payment: PaymentState, attempt: AttemptState): string {
  const last = payment.operations.findLast(
    (o) => isIncrementOf(attempt, o) && (o.status === 'succeeded' || wasTakenBack(o)),
  );
  return last === undefined ? authorizationKey(attempt) : incrementKey(last);
}

function isIncrementOf(attempt: AttemptState, operation: OperationState): boolean {
  return operation.kind === 'increment' && operation.attemptId === attempt.id;
}

function wasTakenBack({ status, failureCode }: OperationState): boolean {
  return status === 'failed' && failureCode === 'late_failure';
}

/** Gives back `amount` of what is held; `cause` is the id of what released it. */
export function release(
  payment: PaymentState,
  attempt: AttemptState,
  amount: bigint,
  cause: string,
): JournalEntry {
  return releaseEntry(payment, attempt, amount, cause, holdKey(payment, attempt));
}

/** Behind a final capture only what is still on its way to be captured. */
function held(payment: PaymentState): bigint {
  return payment.captureClosed
    ? payment.captureReserved
    : payment.amountAuthorized - payment.amountCaptured;
}

/** Nothing is held any more of what was closed before the increment was known to have succeeded. */
export function growHold(
  payment: PaymentState,
  attempt: AttemptState,
  operation: OperationState,
): readonly JournalEntry[] {
  const before = held(payment);
  const after = before + (payment.captureClosed ? 0n : operation.amount);
  if (after === 0n) return [];
  const lifeMs = attempt.expiresAt === null ? undefined : attempt.expiresAt - payment.now;
  const { id } = operation;
  return [
    ...(before > 0n ? [release(payment, attempt, before, id)] : []),
    incrementEntry(payment, attempt, { id, amount: after }, lifeMs),
  ];
}

/** An increment taken back: what is captured or on its way to be stays. */
export function shrinkHold(
  payment: PaymentState,
  attempt: AttemptState,
  operation: OperationState,
): readonly JournalEntry[] {
  // What was held by an attempt that is over was given back with it.
  const free =
    payment.captureClosed || attempt.status !== 'authorized'
      ? 0n
      : payment.amountAuthorized - payment.amountCaptured - payment.captureReserved;
  const amount = free < operation.amount ? free : operation.amount;
  return amount > 0n ? [release(payment, attempt, amount, `${operation.id}/failed_late`)] : [];
}
