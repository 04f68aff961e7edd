/** Payment, attempt and operation statuses, and the moves between them, as data (DESIGN 3). */

export const paymentStatuses = [
  'processing',
  'requires_action',
  'requires_payment_method',
  'requires_capture',
  'partially_captured',
  'captured',
  'settled',
  'canceled',
  'failed',
  'expired',
  'blocked',
] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

export const attemptStatuses = [
  'requires_action',
  'submitting',
  'pending',
  'unknown',
  'authorized',
  'declined',
  'not_sent',
  'voiding',
  'voided',
  'expired',
  'late',
] as const;
export type AttemptStatus = (typeof attemptStatuses)[number];

export const operationStatuses = [
  'requires_approval',
  'requested',
  'submitting',
  'pending',
  'unknown',
  'succeeded',
  'failed',
  'rejected',
] as const;
export type OperationStatus = (typeof operationStatuses)[number];

type Transitions<S extends string> = Readonly<Record<S, readonly S[]>>;

export const paymentTransitions: Transitions<PaymentStatus> = {
  processing: [
    'requires_action',
    'requires_payment_method',
    'requires_capture',
    'partially_captured',
    'captured',
    'canceled',
    'failed',
    'expired',
    'blocked',
  ],
  requires_action: [
    'processing',
    'requires_payment_method',
    'requires_capture',
    'partially_captured',
    'captured',
    'canceled',
    'failed',
    'expired',
  ],
  requires_payment_method: ['processing', 'canceled', 'failed'],
  // `failed` behind a success only on evidence that the provider took it back.
  requires_capture: ['partially_captured', 'captured', 'canceled', 'expired', 'failed'],
  // Back only on evidence of a late failure: a capture that had succeeded did not.
  partially_captured: ['captured', 'requires_capture', 'canceled', 'expired', 'failed'],
  captured: ['settled', 'partially_captured', 'requires_capture', 'failed'],
  // What is found captured after it is excess and goes back: the end stays.
  settled: [],
  canceled: [],
  failed: [],
  // Authorized again, on request and once nothing is held any more.
  expired: ['processing'],
  blocked: [],
};

export const attemptTransitions: Transitions<AttemptStatus> = {
  submitting: [
    'requires_action',
    'pending',
    'unknown',
    'authorized',
    'declined',
    'not_sent',
    'voided',
  ],
  requires_action: ['pending', 'unknown', 'authorized', 'declined', 'voiding', 'voided', 'expired'],
  pending: ['unknown', 'authorized', 'declined', 'requires_action', 'voiding', 'voided', 'expired'],
  unknown: [
    'requires_action',
    'pending',
    'authorized',
    'declined',
    'not_sent',
    'voiding',
    'voided',
  ],
  authorized: ['voiding', 'voided', 'expired'],
  voiding: ['voided', 'authorized', 'expired'],
  // A definite outcome that contradicts the record is a late success, never dropped.
  declined: ['late'],
  not_sent: ['late'],
  voided: ['late'],
  expired: ['late'],
  late: ['voided'],
};

export const operationTransitions: Transitions<OperationStatus> = {
  // A refund above the merchant's limit: a second person lets it go on, or it was never asked for.
  requires_approval: ['requested', 'rejected'],
  rejected: [],
  // In doubt again: found absent, and then listed otherwise than asked for.
  requested: ['submitting', 'unknown', 'succeeded', 'failed'],
  // Back to `requested` when it is certain that nothing left us.
  submitting: ['requested', 'pending', 'unknown', 'succeeded', 'failed'],
  pending: ['unknown', 'succeeded', 'failed'],
  unknown: ['requested', 'pending', 'succeeded', 'failed'],
  // Late failure.
  succeeded: ['failed'],
  // Late success: said no, did it all the same.
  failed: ['succeeded'],
};

/** Attempts that hold, or may come to hold, the shopper's money: at most one per payment. */
export const liveAttemptStatuses: readonly AttemptStatus[] = [
  'requires_action',
  'submitting',
  'pending',
  'unknown',
  'authorized',
  'voiding',
];

export const openOperationStatuses: readonly OperationStatus[] = [
  'requires_approval',
  'requested',
  'submitting',
  'pending',
  'unknown',
];

/** Ends: nothing but a request to authorize again leaves one. */
export const finalPaymentStatuses: readonly PaymentStatus[] = [
  'settled',
  'canceled',
  'failed',
  'expired',
  'blocked',
];
