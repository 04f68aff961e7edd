/** What the passing of time does to a payment. Expiry is an operation: it asks the provider first. */
import type { Change } from './change.ts';
import { dueReminder, remind } from './dispute-reminder.ts';
import type { PaymentState } from './payment-state.ts';
import { carryOutReview } from './review.ts';
import { lapseRefund } from './refund-approval.ts';

export function applyTimers(payment: PaymentState, newOperationId: string): Change | null {
  const waiting = dueReminder(payment);
  if (waiting) return remind(payment, waiting);
  const reviewed = carryOutReview(payment, newOperationId);
  if (reviewed !== null) return reviewed;
  const lapsing = payment.operations.find(
    (o) => o.status === 'requires_approval' && o.dueAt !== null && o.dueAt <= payment.now,
  );
  if (lapsing) return lapseRefund(lapsing);
  const expiring = payment.attempts.find(
    (a) => a.status === 'authorized' && a.expiresAt !== null && a.expiresAt <= payment.now,
  );
  if (expiring && !payment.captureClosed && !payment.voidOpen && payment.captureReserved === 0n) {
    return {
      operations: {
        insert: [
          {
            id: newOperationId,
            attemptId: expiring.id,
            kind: 'void',
            cause: 'expiry',
            status: 'requested',
            amount: payment.amountAuthorized - payment.amountCaptured,
            final: true,
            late: false,
            reason: 'expired',
            dueAt: payment.now,
            basis: { kind: 'timer', detail: 'authorization life is over' },
            requestedBy: 'tender',
          },
        ],
      },
      timeline: [
        {
          actor: 'tender',
          kind: 'void.requested',
          evidence: { kind: 'timer', operation_id: newOperationId, cause: 'expiry' },
        },
      ],
    };
  }
  if (
    payment.status === 'requires_payment_method' &&
    payment.expiresAt !== null &&
    payment.expiresAt <= payment.now
  ) {
    const basis = { kind: 'timer' as const, detail: 'no further attempt was made in time' };
    return {
      payment: { status: 'failed', statusBasis: basis, captureClosed: true },
      timeline: [
        {
          actor: 'tender',
          kind: 'payment.failed',
          fromStatus: payment.status,
          toStatus: 'failed',
          evidence: basis,
        },
      ],
      events: [{ type: 'payment.failed' }],
    };
  }
  return null;
}
