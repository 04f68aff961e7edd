/** Reasons for which a well-formed request is refused: stable for ever, listed in docs/errors.md. */
export const refusalCodes = [
  'payment_in_doubt',
  'cancel_pending',
  'payment_not_capturable',
  'capture_exceeds_authorization',
  'partial_capture_not_supported',
  'payment_not_incrementable',
  'increment_not_supported',
  'increment_pending',
  'increment_too_large',
  'reauthorization_not_possible',
  'payment_not_refundable',
  'refund_exceeds_captured',
  'refund_window_passed',
  'payment_not_cancelable',
  'not_in_doubt',
  'nothing_to_return',
  'resolution_pending',
  'resolution_amount_differs',
  'approval_decided',
  'approval_lapsed',
  'rules_changed',
  'settings_changed',
  'payment_not_retryable',
  'duplicate_reference',
  'dispute_closed',
  'dispute_answered',
  'dispute_answer_pending',
  'dispute_due_passed',
  'dispute_not_answerable',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** Codes of a 402: the request was carried out, and the answer was no. */
export const noCodes = [
  'payment_declined',
  'provider_unavailable',
  'regulated_not_permitted',
  'not_submitted_in_time',
  'capture_declined',
  'increment_declined',
  'refund_declined',
  'refund_rejected',
  'void_declined',
  'dispute_answer_refused',
] as const;
export type NoCode = (typeof noCodes)[number];
