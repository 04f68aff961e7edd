/**
 * A page that nobody came back from must not be finished days later. Where the reference itself can be voided
 * that is done; elsewhere the attempt is canceled like any other, and what the provider answers ends it.
 */
import type { Change } from './change.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import { retryExpiryMs } from './timing.ts';

/** Null: somebody is canceling already, or there is no money to let go of. */
export function closePage(
  payment: PaymentState,
  attempt: AttemptState,
  newOperationId: string,
): Change | null {
  if (!isPageOver(payment, attempt) || payment.voidOpen || attempt.amount === 0n) return null;
  const basis = { kind: 'timer' as const, detail: 'nobody came back from the page in time' };
  return {
    attempts: {
      // Looked at again should the cancel come to nothing.
      update: [
        {
          id: attempt.id,
          fromStatus: attempt.status,
          lookups: attempt.lookups + 1,
          dueAt: payment.now + retryExpiryMs,
        },
      ],
    },
    operations: {
      insert: [
        {
          id: newOperationId,
          attemptId: attempt.id,
          kind: 'void',
          cause: 'expiry',
          status: 'requested',
          amount: attempt.amount,
          final: true,
          late: false,
          reason: 'expired',
          dueAt: payment.now,
          basis,
          requestedBy: 'tender',
        },
      ],
    },
    timeline: [
      {
        actor: 'tender',
        kind: 'void.requested',
        evidence: { ...basis, operation_id: newOperationId, cause: 'expiry' },
      },
    ],
  };
}

export function isPageOver({ now }: PaymentState, attempt: AttemptState): boolean {
  const { status, expiresAt } = attempt;
  return status === 'requires_action' && expiresAt !== null && expiresAt <= now;
}
