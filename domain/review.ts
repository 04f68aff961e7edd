/** What a review brings about: what is held is captured, or given back, once, by the payment's own run. */
import type { Change, NewOperation } from './change.ts';
import { capturable, type PaymentState, type ReviewState } from './payment-state.ts';

/** Null: there is nothing to carry out yet. */
export function carryOutReview(payment: PaymentState, newOperationId: string): Change | null {
  const { review, now } = payment;
  if (review === null) return null;
  const lapses = review.verdict === null && review.dueAt <= now;
  const verdict = review.verdict ?? (lapses ? review.onDeadline : null);
  if (verdict === null) return null;
  const operation = operationFor(payment, review, verdict, newOperationId);
  return {
    review: { kind: 'close', id: review.id, lapses },
    ...(operation && {
      operations: { insert: [operation] },
    }),
    timeline: operation
      ? [
          {
            actor: 'tender',
            kind: `${operation.kind}.requested`,
            toStatus: 'requested',
            evidence: { ...operation.basis, operation_id: operation.id, review_id: review.id },
          },
        ]
      : [],
  };
}

/** Undefined: nothing is held any more, or its merchant captures it whenever it likes. */
function operationFor(
  payment: PaymentState,
  review: ReviewState,
  verdict: 'approve' | 'decline',
  id: string,
): NewOperation | undefined {
  const amount = capturable(payment);
  const attempt = payment.attempts.find((a) => a.status === 'authorized' && a.held);
  if (attempt === undefined || amount === 0n) return undefined;
  if (verdict === 'approve' && payment.captureMethod === 'manual') return undefined;
  const basis = {
    kind: review.decidedBy === null || review.decidedBy === 'tender' ? 'timer' : 'staff',
    detail: `review ${verdict === 'approve' ? 'approved' : 'declined'}`,
  } as const;
  return {
    ...{ id, attemptId: attempt.id, amount, basis },
    ...(verdict === 'approve'
      ? { kind: 'capture', cause: 'automatic' }
      : { kind: 'void', cause: 'cancel', reason: 'review_declined' }),
    ...{ status: 'requested', final: true, late: false, dueAt: payment.now },
    requestedBy: review.decidedBy ?? 'tender',
  };
}
