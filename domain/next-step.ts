/**
 * What a payment needs next, and when: a pure function of its state. The workflow asks this after every
 * commit, so the order of the rules below is the order of the work.
 */
import { dueReminder } from './dispute-reminder.ts';
import {
  isOpen,
  liveAttempt,
  type AttemptState,
  type OperationState,
  type PaymentState,
} from './payment-state.ts';
import { waitInRunMsMax } from './timing.ts';

export type Step =
  /** Screen, submit and record a try at the next provider. */
  | { readonly kind: 'authorize' }
  | { readonly kind: 'resolve_attempt'; readonly attemptId: string }
  | { readonly kind: 'submit_operation'; readonly operationId: string }
  | { readonly kind: 'resolve_operation'; readonly operationId: string }
  /** Something ran out: an authorization, a page, the time for another attempt or for an approval. */
  | { readonly kind: 'apply_timers' }
  /** A provider has told of disputes: before anything else is sent out of the same pot. */
  | { readonly kind: 'record_disputes' }
  /** A merchant's answer to a dispute is to be sent, or looked up. */
  | { readonly kind: 'answer_dispute'; readonly answerId: string }
  /** Something is due soon: worth staying for. */
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'rest' };

export function nextStep(payment: PaymentState): Step {
  if (payment.disputesTold) return { kind: 'record_disputes' };
  return (
    disputeStep(payment) ??
    reviewStep(payment) ??
    operationStep(payment) ??
    attemptStep(payment) ??
    paymentStep(payment) ??
    idle(payment)
  );
}

/** Before refunds: whoever accepts, or answers, has until a day that is the scheme's. */
function disputeStep(payment: PaymentState): Step | undefined {
  for (const answer of payment.disputes.flatMap(({ answers }) => answers)) {
    if (answer.dueAt !== null && answer.dueAt <= payment.now) {
      return { kind: 'answer_dispute', answerId: answer.id };
    }
  }
  return dueReminder(payment) === undefined ? undefined : { kind: 'apply_timers' };
}

function reviewStep({ review, now }: PaymentState): Step | undefined {
  if (review === null) return undefined;
  return review.verdict !== null || review.dueAt <= now ? { kind: 'apply_timers' } : undefined;
}

function operationStep(payment: PaymentState): Step | undefined {
  for (const operation of payment.operations) {
    if (operation.status === 'requires_approval') {
      if (operation.dueAt !== null && operation.dueAt <= payment.now)
        return { kind: 'apply_timers' };
      continue;
    }
    if (!isOpen(operation)) {
      if (operation.dueAt === null || operation.dueAt > payment.now) continue;
      return { kind: 'resolve_operation', operationId: operation.id };
    }
    if (mustQueue(payment, operation)) continue;
    const due = operation.dueAt === null || operation.dueAt <= payment.now;
    if (operation.status === 'requested' && (due || operation.sentCount === 0)) {
      return { kind: 'submit_operation', operationId: operation.id };
    }
    if (operation.status !== 'requested' && due) {
      return { kind: 'resolve_operation', operationId: operation.id };
    }
  }
  return undefined;
}

/** Earlier rows go first: what closes the authorization must not overtake a capture or an increment; a cancel waits until it is known what there is to cancel. */
function mustQueue(payment: PaymentState, operation: OperationState): boolean {
  if (operation.status !== 'requested' || operation.late) return false;
  const closes = operation.kind === 'void' || (operation.kind === 'capture' && operation.final);
  if (!closes) return false;
  const undecided = liveAttempt(payment);
  if (undecided !== undefined && ['submitting', 'pending', 'unknown'].includes(undecided.status)) {
    return true;
  }
  return payment.operations.some(
    (o) =>
      (o.kind === 'capture' || o.kind === 'increment') && o.number < operation.number && isOpen(o),
  );
}

function attemptStep(payment: PaymentState): Step | undefined {
  for (const attempt of payment.attempts) {
    if (attempt.dueAt === null || attempt.dueAt > payment.now) continue;
    if (attempt.status === 'authorized' && hasExpired(attempt, payment.now)) {
      // What is being captured or voided decides about the rest; looked at again later.
      const stands = payment.captureClosed || payment.voidOpen || payment.captureReserved > 0n;
      if (!stands) return { kind: 'apply_timers' };
    }
    return { kind: 'resolve_attempt', attemptId: attempt.id };
  }
  return undefined;
}

function hasExpired(attempt: AttemptState, now: number): boolean {
  return attempt.expiresAt !== null && attempt.expiresAt <= now;
}

function paymentStep(payment: PaymentState): Step | undefined {
  if (payment.status === 'processing' && liveAttempt(payment) === undefined) {
    return { kind: 'authorize' };
  }
  const isOver = payment.expiresAt !== null && payment.expiresAt <= payment.now;
  if (payment.status === 'requires_payment_method' && isOver) {
    return { kind: 'apply_timers' };
  }
  return undefined;
}

function idle(payment: PaymentState): Step {
  const dues = [
    ...payment.attempts
      .filter((a) => a.status !== 'authorized' || a.dueAt !== a.expiresAt)
      .map((a) => a.dueAt),
    ...payment.operations.filter((o) => isOpen(o) && !mustQueue(payment, o)).map((o) => o.dueAt),
    ...payment.disputes.flatMap(({ answers }) => answers.map(({ dueAt }) => dueAt)),
    ...payment.disputes.map(({ remindAt }) => remindAt),
    payment.review?.dueAt ?? null,
  ].filter((due) => due !== null);
  const inMs = Math.min(...dues) - payment.now;
  return inMs <= waitInRunMsMax ? { kind: 'wait', ms: Math.max(inMs, 50) } : { kind: 'rest' };
}
