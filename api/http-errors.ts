/** The one table of error codes: what each is over HTTP. Documented, and tested, in docs/errors.md. */
import type { NoCode, RefusalCode } from '../domain/errors.ts';

interface HttpErrorKind {
  readonly status: number;
  readonly title: string;
}

const refusals: Readonly<Record<RefusalCode, HttpErrorKind>> = {
  payment_in_review: { status: 409, title: 'A review of the payment is open' },
  payment_in_doubt: { status: 409, title: 'An outcome this request depends on is not yet known' },
  cancel_pending: { status: 409, title: 'The payment is being canceled' },
  payment_not_capturable: { status: 409, title: 'The payment takes no capture' },
  capture_exceeds_authorization: { status: 409, title: 'More than may still be captured' },
  partial_capture_not_supported: { status: 409, title: 'The provider captures in full only' },
  payment_not_incrementable: { status: 409, title: 'The authorization cannot be raised' },
  increment_not_supported: { status: 409, title: 'The provider raises no authorization' },
  increment_pending: { status: 409, title: 'The authorization is being raised' },
  increment_too_large: { status: 409, title: 'More than a payment may be' },
  reauthorization_not_possible: { status: 409, title: 'It cannot be authorized again' },
  payment_not_refundable: { status: 409, title: 'The payment has nothing to refund' },
  refund_exceeds_captured: { status: 409, title: 'More than may still be refunded' },
  refund_window_passed: { status: 409, title: 'The time for refunds is over' },
  payment_not_cancelable: { status: 409, title: 'The payment can no longer be canceled' },
  payment_not_retryable: { status: 409, title: 'The payment takes no other attempt' },
  not_in_doubt: { status: 409, title: 'There is nothing to resolve' },
  nothing_to_return: { status: 409, title: 'Nothing of it is left to give back' },
  resolution_pending: { status: 409, title: 'Another person is asked already' },
  resolution_amount_differs: { status: 409, title: 'Not the amount that was asked for' },
  break_resolved: { status: 409, title: 'The break is resolved already' },
  break_changed: { status: 409, title: 'The break has changed since this was asked for' },
  break_action_not_possible: { status: 409, title: 'A break like this does not end so' },
  break_in_suspense: { status: 409, title: 'Money stands in suspense because of it' },
  break_not_in_suspense: { status: 409, title: 'It does not stand in suspense with its amount' },
  match_not_possible: { status: 409, title: 'The line is not these movements' },
  amendment_not_possible: {
    status: 409,
    title: 'The amendment does not move what the break is about',
  },
  approval_decided: { status: 409, title: 'It has been decided already' },
  approval_lapsed: { status: 409, title: 'Nobody decided in time' },
  settings_changed: { status: 409, title: 'The settings have changed since this was asked for' },
  rules_changed: { status: 409, title: 'The rules have changed since this was asked for' },
  already_listed: { status: 409, title: 'It stands on the list already' },
  review_decided: { status: 409, title: 'The review was decided otherwise' },
  review_lapsed: { status: 409, title: 'The time to review it is over' },
  duplicate_reference: { status: 409, title: 'This merchant reference has a payment already' },
  dispute_closed: { status: 409, title: 'The dispute is decided' },
  dispute_answered: { status: 409, title: 'The dispute has its answer' },
  dispute_answer_pending: { status: 409, title: 'An answer to the dispute is on its way' },
  dispute_due_passed: { status: 409, title: 'The time to answer the dispute is over' },
  dispute_not_answerable: { status: 409, title: 'The provider takes no answers to disputes' },
  payout_not_offered: { status: 409, title: 'Nothing is owed to this merchant' },
  payout_destination_missing: { status: 409, title: 'There is no account to pay to' },
  payout_exceeds_available: { status: 409, title: 'More than may be paid out now' },
  payout_below_minimum: { status: 409, title: 'Less than is paid out' },
};

const noes: Readonly<Record<NoCode, HttpErrorKind>> = {
  payment_declined: { status: 402, title: 'The payment was declined' },
  provider_unavailable: { status: 402, title: 'No provider could take the payment' },
  risk_blocked: { status: 402, title: 'The payment is not accepted' },
  regulated_not_permitted: { status: 402, title: 'A rule on regulated goods forbids the payment' },
  not_submitted_in_time: { status: 402, title: 'The payment was not submitted in time' },
  capture_declined: { status: 402, title: 'The capture was declined' },
  increment_declined: { status: 402, title: 'The increment was declined' },
  refund_declined: { status: 402, title: 'The refund was declined' },
  refund_rejected: { status: 402, title: 'The refund was not approved' },
  void_declined: { status: 402, title: 'The void was declined' },
  dispute_answer_refused: { status: 402, title: 'The provider did not take the answer' },
};

export const httpErrors = {
  malformed_request: { status: 400, title: 'The request is malformed' },
  malformed_json: { status: 400, title: 'The body is not well-formed JSON' },
  invalid_request: { status: 400, title: 'The request has invalid or unknown fields' },
  idempotency_key_missing: { status: 400, title: 'The Idempotency-Key header is missing' },
  idempotency_key_invalid: { status: 400, title: 'The Idempotency-Key header is invalid' },
  merchant_missing: { status: 400, title: 'The Tender-Merchant header is missing' },
  unsupported_version: { status: 400, title: 'There is no such version of this API' },
  unauthenticated: { status: 401, title: 'Credentials are missing or not valid' },
  wrong_mode: { status: 401, title: 'The key belongs to the other mode' },
  forbidden: { status: 403, title: 'The credentials do not allow this' },
  second_person_required: { status: 403, title: 'Whoever asked does not approve' },
  not_found: { status: 404, title: 'There is no such thing here' },
  method_not_allowed: { status: 405, title: 'This address does not take this method' },
  precondition_failed: { status: 412, title: 'It has changed since it was read' },
  precondition_required: { status: 428, title: 'The If-Match header is missing' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  idempotency_key_reused: { status: 422, title: 'The key was used for another request' },
  card_data_refused: { status: 422, title: 'The request holds a card number' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  period_open: { status: 409, title: 'The period is not over, or not settled yet' },
  ledger_stopped: { status: 503, title: 'A proof of the books is broken: no new payments' },
  unavailable: { status: 503, title: 'Not available right now' },
  ...refusals,
  ...noes,
} as const satisfies Readonly<Record<string, HttpErrorKind>>;

export type ErrorCode = keyof typeof httpErrors;

export interface FieldError {
  /** JSON Pointer into the body; `/query/<name>` and `/headers/<name>` for the rest of a request. */
  readonly pointer: string;
  readonly detail: string;
}

interface HttpErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The only way a handler says no. `detail` is shown to the caller: never input, never card data. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, detail: string, options: HttpErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}
