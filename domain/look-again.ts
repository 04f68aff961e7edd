/** Nobody knows yet: when an unknown is looked at again, and what one more negative answer is worth. */
import type { Change } from './change.ts';
import { parkAttempt, parkOperation, type Looked } from './parking.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import { nextLookMs } from './timing.ts';

/** Nothing new was learned, or one negative answer that counts. */
export function lookAttemptAgain(
  payment: PaymentState,
  attempt: AttemptState,
  absent: boolean,
  looked: Looked,
): Change {
  const parking = parkAttempt(payment, attempt, looked);
  const status = attempt.status === 'submitting' ? ({ status: 'unknown' } as const) : {};
  return {
    attempts: {
      update: [
        {
          id: attempt.id,
          fromStatus: attempt.status,
          ...status,
          lookups: attempt.lookups + 1,
          absences: attempt.absences + (absent ? 1 : 0),
          dueAt: payment.now + nextLookMs(attempt.lookups, looked.retryAfterMs),
          ...parking.patch,
        },
      ],
    },
    timeline:
      attempt.status === 'submitting'
        ? [
            {
              actor: 'tender',
              kind: 'attempt.unknown',
              fromStatus: 'submitting',
              toStatus: 'unknown',
              evidence: {
                kind: 'timer',
                attempt_id: attempt.id,
                detail: 'no outcome was recorded',
              },
            },
          ]
        : parking.timeline,
    cases: parking.cases,
    events:
      attempt.status === 'submitting' || parking.isDoubted ? [{ type: 'payment.in_doubt' }] : [],
  };
}

export function lookOperationAgain(
  payment: PaymentState,
  operation: OperationState,
  absent: boolean,
  looked: Looked,
): Change {
  const parking = parkOperation(payment, operation, looked);
  return {
    operations: {
      update: [
        {
          id: operation.id,
          fromStatus: operation.status,
          ...(operation.status === 'submitting' && { status: 'unknown' as const }),
          lookups: operation.lookups + 1,
          absences: operation.absences + (absent ? 1 : 0),
          dueAt: payment.now + nextLookMs(operation.lookups, looked.retryAfterMs),
          ...parking.patch,
        },
      ],
    },
    timeline:
      operation.status === 'submitting'
        ? [
            {
              actor: 'tender',
              kind: `${operation.kind}.unknown`,
              fromStatus: 'submitting',
              toStatus: 'unknown',
              evidence: {
                kind: 'timer',
                operation_id: operation.id,
                detail: 'no outcome was recorded',
              },
            },
          ]
        : parking.timeline,
    cases: parking.cases,
    events:
      operation.status === 'submitting' || parking.isDoubted
        ? [{ type: 'payment.in_doubt', operationId: operation.id }]
        : [],
  };
}
