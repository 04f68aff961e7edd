/**
 * What a merchant or staff member may ask of a payment, judged on its state under the row lock. In doubt
 * the side that hurts counts: an unknown capture uses up the authorization and is not yet refundable.
 */
import type { Change, NewOperation } from './change.ts';
import type { RefusalCode } from './errors.ts';
import {
  capturable,
  excessStanding,
  isOpen,
  liveAttempt,
  openIncrement,
  refundable,
  type PaymentMethod,
  type PaymentState,
} from './payment-state.ts';
import type { ProviderContract } from './provider.ts';
import { needsSecondPerson } from './refund-limit.ts';
import { approvalLifeMs, attemptsMax } from './timing.ts';

export type Judgement =
  | { readonly kind: 'accepted'; readonly change: Change }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly detail: string };

export interface Asking {
  readonly operationId: string;
  /** `api_key:<id>` or `staff:<subject>`. */
  readonly actor: string;
}

export function refuse(code: RefusalCode, detail: string): Judgement {
  return { kind: 'refused', code, detail };
}

export function attemptInDoubt(payment: PaymentState): boolean {
  const status = liveAttempt(payment)?.status;
  return status === 'submitting' || status === 'pending' || status === 'unknown';
}

export function requestCapture(
  payment: PaymentState,
  ask: Asking & { readonly amount?: bigint | undefined; readonly final?: boolean | undefined },
  contractOf: (provider: string) => ProviderContract,
): Judgement {
  if (payment.voidOpen) return refuse('cancel_pending', 'The payment is being canceled.');
  if (payment.review !== null) {
    return refuse(
      'payment_in_review',
      'It is captured, or given back, once its review is decided.',
    );
  }
  if (attemptInDoubt(payment)) {
    return refuse('payment_in_doubt', 'It is not yet known whether the payment is authorized.');
  }
  // Its provider may have refused to let go of it.
  if (payment.reviewDeclined) {
    return refuse('payment_not_capturable', 'Its review was declined: cancel it.');
  }
  const attempt = liveAttempt(payment);
  const open = payment.status === 'requires_capture' || payment.status === 'partially_captured';
  if (!open || attempt?.status !== 'authorized' || payment.captureClosed) {
    return refuse(
      'payment_not_capturable',
      `A payment that is ${payment.status} takes no capture.`,
    );
  }
  const left = capturable(payment);
  const amount = ask.amount ?? left;
  if (amount > left || amount <= 0n) {
    return refuse('capture_exceeds_authorization', `${String(left)} may still be captured.`);
  }
  const final = ask.final ?? false;
  if (!final && amount === left && openIncrement(payment) !== undefined) {
    const detail =
      'The authorization is being raised: say final, or wait for what can be captured.';
    return refuse('increment_pending', detail);
  }
  const contract = contractOf(attempt.provider);
  if (!contract.partialCapture && amount < left) {
    return refuse('partial_capture_not_supported', `${attempt.provider} captures in full only.`);
  }
  return accepted(payment, ask, {
    attemptId: attempt.id,
    kind: 'capture',
    cause: 'request',
    amount,
    final: final || amount === left || !contract.multipleCaptures,
  });
}

export function requestRefund(
  payment: PaymentState,
  ask: Asking & { readonly amount?: bigint | undefined; readonly reason: string },
): Judgement {
  const left = askable(payment);
  const amount = ask.amount ?? left;
  if (payment.amountCaptured === 0n && excessStanding(payment) === 0n) {
    const inDoubt = attemptInDoubt(payment) || openCapture(payment) > 0n;
    return inDoubt
      ? refuse('payment_in_doubt', 'It is not yet known whether anything was captured.')
      : refuse('payment_not_refundable', 'Nothing was captured.');
  }
  if (amount > left || amount <= 0n) {
    return amount <= left + openCapture(payment) && amount > 0n
      ? refuse('payment_in_doubt', 'A capture that this refund needs is not yet certain.')
      : refuse('refund_exceeds_captured', `${String(left)} may still be refunded.`);
  }
  const attempt = payment.attempts.find((a) => a.status === 'authorized');
  // What was captured in excess may be all there is, behind an authorization that is over.
  const excess = payment.operations.find((o) => o.excess && o.status === 'succeeded');
  return accepted(payment, ask, {
    attemptId: attempt?.id ?? excess?.attemptId ?? null,
    kind: 'refund',
    cause: 'request',
    amount,
    final: amount === left,
    reason: ask.reason,
    ...(needsSecondPerson(payment, amount) && {
      status: 'requires_approval',
      dueAt: payment.now + approvalLifeMs,
    }),
  });
}

/**
 * What is refundable, without the excess that a capture taken back left behind it: a loss that happened is
 * no money to give away, also once the refund that made it one has failed.
 */
function askable(payment: PaymentState): bigint {
  // While a dispute holds money, no excess is: it may be what the dispute took a second time.
  if (payment.amountDisputed > 0n) {
    const left = refundable(payment) - payment.amountExcess;
    return left > 0n ? left : 0n;
  }
  const lost = payment.operations
    .filter((o) => o.kind === 'capture' && o.failureCode === 'late_failure')
    .reduce((sum, o) => sum + o.amount, 0n);
  const left = refundable(payment) - (lost < payment.amountExcess ? lost : payment.amountExcess);
  return left > 0n ? left : 0n;
}

function openCapture(payment: PaymentState): bigint {
  return payment.operations
    .filter((o) => o.kind === 'capture' && isOpen(o))
    .reduce((sum, o) => sum + o.amount, 0n);
}

const cancelable: readonly string[] = [
  'processing',
  'requires_action',
  'requires_payment_method',
  'requires_capture',
  'partially_captured',
];

export function requestCancel(
  payment: PaymentState,
  ask: Asking & { readonly reason?: string | undefined },
): Judgement {
  if (payment.voidOpen) return refuse('cancel_pending', 'The payment is already being canceled.');
  const { amount, amountAuthorized } = payment;
  const left = (amount > amountAuthorized ? amount : amountAuthorized) - payment.amountCaptured;
  // Closed until a provider has said yes again; what was asked of it can be canceled all the same.
  const isClosed = payment.captureClosed && payment.reauthorizeAmount === null;
  if (!cancelable.includes(payment.status) || isClosed || left <= 0n) {
    return refuse(
      'payment_not_cancelable',
      `A payment that is ${payment.status} cannot be canceled.`,
    );
  }
  return accepted(payment, ask, {
    attemptId: null,
    kind: 'void',
    cause: 'cancel',
    amount: left,
    final: true,
    reason: ask.reason ?? 'requested',
  });
}

export function accepted(
  payment: PaymentState,
  ask: Asking,
  operation: Omit<NewOperation, 'id' | 'status' | 'late' | 'dueAt' | 'basis' | 'requestedBy'> &
    Partial<Pick<NewOperation, 'status' | 'dueAt'>>,
): Judgement {
  const { status = 'requested', dueAt = payment.now } = operation;
  const basis = { kind: 'request' as const, detail: ask.actor };
  return {
    kind: 'accepted',
    change: {
      operations: {
        insert: [
          {
            ...operation,
            id: ask.operationId,
            status,
            late: false,
            dueAt,
            basis,
            requestedBy: ask.actor,
          },
        ],
      },
      timeline: [
        {
          actor: ask.actor,
          kind: `${operation.kind}.requested`,
          toStatus: status,
          evidence: {
            kind: 'request',
            operation_id: ask.operationId,
            amount: String(operation.amount),
            ...(operation.reason !== undefined && { reason: operation.reason }),
          },
        },
      ],
      events:
        operation.kind === 'refund'
          ? [{ type: 'refund.created', operationId: ask.operationId }]
          : [],
    },
  };
}

export function requestAttempt(
  payment: PaymentState,
  ask: { readonly actor: string; readonly method: PaymentMethod },
): Judgement {
  const over = payment.expiresAt !== null && payment.expiresAt <= payment.now;
  if (
    payment.status !== 'requires_payment_method' ||
    payment.voidOpen ||
    over ||
    payment.attempts.length >= attemptsMax
  ) {
    return refuse(
      'payment_not_retryable',
      `A payment that is ${payment.status} takes no other try.`,
    );
  }
  return {
    kind: 'accepted',
    change: {
      payment: {
        status: 'processing',
        paymentMethod: ask.method,
        submitBy: payment.now + payment.submitWithinMs,
        statusBasis: { kind: 'request', detail: ask.actor },
      },
      timeline: [
        {
          actor: ask.actor,
          kind: 'payment.processing',
          fromStatus: payment.status,
          toStatus: 'processing',
          evidence: { kind: 'request', detail: 'another payment method' },
        },
      ],
    },
  };
}
