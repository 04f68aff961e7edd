/**
 * Refunds above the merchant's limit: reserved at once, sent only after a second person's yes. What the
 * refund needs is judged once more at that moment, because a week may have passed.
 */
import type { Basis, Change } from './change.ts';
import { refuse, type Judgement } from './commands.ts';
import { refundable, type OperationState, type PaymentState } from './payment-state.ts';

export interface Decision {
  readonly approvalId: string;
  /** `staff:<subject>`; never the same. */
  readonly decidedBy: string;
  readonly askedBy: string;
  readonly reason?: string | undefined;
}

function basisOf({ askedBy, decidedBy }: Decision, did: string): Basis {
  return { kind: 'staff', detail: `asked by ${askedBy}, ${did} by ${decidedBy}` };
}

function evidenceOf(decision: Decision, operation: OperationState): Record<string, unknown> {
  return {
    kind: 'staff',
    operation_id: operation.id,
    approval_id: decision.approvalId,
    asked_by: decision.askedBy,
    decided_by: decision.decidedBy,
    ...(decision.reason !== undefined && { reason: decision.reason }),
  };
}

/**
 * `excessAsked`: the payment's excess when the refund was asked for. What has come on top since is a loss
 * that happened, a capture taken back or the like, and not money to give away.
 */
export function approveRefund(
  payment: PaymentState,
  operation: OperationState,
  decision: Decision,
  excessAsked: bigint,
): Judgement {
  const lost = payment.amountExcess > excessAsked ? payment.amountExcess - excessAsked : 0n;
  const left = refundable(payment) + operation.amount - lost;
  if (operation.amount > left) {
    const detail = `Since it was asked for, only ${String(left > 0n ? left : 0n)} is left to refund.`;
    return refuse('refund_exceeds_captured', detail);
  }
  const { id } = operation;
  return {
    kind: 'accepted',
    change: {
      operations: {
        update: [
          {
            id,
            fromStatus: 'requires_approval',
            status: 'requested',
            dueAt: payment.now,
            basis: basisOf(decision, 'approved'),
          },
        ],
      },
      timeline: [
        {
          actor: decision.decidedBy,
          kind: 'refund.approved',
          fromStatus: 'requires_approval',
          toStatus: 'requested',
          evidence: evidenceOf(decision, operation),
        },
      ],
    },
  };
}

export function rejectRefund(operation: OperationState, decision: Decision): Change {
  const basis = basisOf(decision, 'rejected');
  return end(operation, 'not_approved', basis, decision.decidedBy, evidenceOf(decision, operation));
}

/** Nobody decided in time. */
export function lapseRefund(operation: OperationState): Change {
  const basis: Basis = { kind: 'timer', detail: 'nobody approved it in time' };
  const evidence = { ...basis, operation_id: operation.id, approval_id: operation.approvalId };
  return end(operation, 'approval_lapsed', basis, 'tender', evidence);
}

/** Nothing was sent and nothing booked: the reservation goes with the status. */
function end(
  { id }: OperationState,
  code: string,
  basis: Basis,
  actor: string,
  evidence: Readonly<Record<string, unknown>>,
): Change {
  return {
    operations: {
      update: [
        {
          id,
          fromStatus: 'requires_approval',
          status: 'rejected',
          dueAt: null,
          failure: { code, advice: 'do_not_retry', providerCode: '' },
          basis,
        },
      ],
    },
    timeline: [
      {
        actor,
        kind: 'refund.rejected',
        fromStatus: 'requires_approval',
        toStatus: 'rejected',
        evidence,
      },
    ],
    events: [{ type: 'refund.failed', operationId: id }],
    answers: [{ awaitsId: id, status: 402, code: 'refund_rejected' }],
  };
}
