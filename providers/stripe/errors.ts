/**
 * What a failed call means. Pure. Definite are only: no connection; refused before anything was done
 * (401, 403, rate limit); a card error; an invalid request, which Stripe rejects whole. Everything else,
 * a key in use or used for something else above all, is `unknown`.
 */
import Stripe from 'stripe';
import type { Decline, LookupKind, ProviderOutcome } from '../../domain/provider.ts';
import { describeError, isConnectError, retryAfterOf } from '../connection.ts';
import { mapDecline, refusal } from './declines.ts';
import { cancellation, declined, referenceField, unknown } from './outcomes.ts';
import type { Seen } from './outcomes.ts';

/** Statuses of an intent that a declined card leaves behind. */
const afterDecline: readonly string[] = [
  'requires_payment_method', 'requires_action', 'requires_confirmation', 'canceled',
]; // prettier-ignore

function detailOf(error: InstanceType<typeof Stripe.errors.StripeError>): string {
  const code = error.decline_code || error.code;
  return [`http_${String(error.statusCode ?? 0)}`, error.rawType, code].filter(Boolean).join(' ');
}

/** The operation came too late, or too early: the intent in the error says which. */
function unexpectedState(
  kind: LookupKind,
  intent: Stripe.PaymentIntent | undefined,
  providerCode: string,
): Decline | null {
  switch (intent?.status) {
    case 'canceled':
      return kind === 'refund'
        ? refusal('refund_exceeds_captured', providerCode)
        : cancellation(intent.cancellation_reason);
    case 'succeeded':
      return kind === 'refund' ? null : refusal('already_captured', providerCode);
    case 'requires_capture':
      return kind === 'refund' ? refusal('refund_exceeds_captured', providerCode) : null;
    case 'requires_payment_method':
    case 'requires_action':
      return refusal('authorization_declined', providerCode);
    default:
      return null;
  }
}

/** Null: not a refusal we are sure of. */
function invalidRequest(
  kind: LookupKind,
  error: InstanceType<typeof Stripe.errors.StripeError>,
): Decline | null {
  const code = error.code ?? 'invalid_request_error';
  switch (code) {
    case 'payment_intent_unexpected_state':
      return kind === 'authorize' ? null : unexpectedState(kind, error.payment_intent, code);
    case 'charge_expired_for_capture':
    case 'capture_charge_authorization_expired':
      return refusal('authorization_expired', code);
    case 'charge_already_captured':
      return refusal('already_captured', code);
    case 'charge_already_refunded':
      return refusal('refund_exceeds_captured', code);
    case 'amount_too_large':
      if (kind === 'capture') return refusal('capture_exceeds_authorization', code);
      return refusal(kind === 'refund' ? 'refund_exceeds_captured' : 'declined', code);
    case 'resource_missing':
      // Of an operation it is the intent: that it is not there would be news, not an answer.
      return kind === 'authorize' ? mapDecline(code) : null;
    case 'idempotency_key_in_use':
    case 'lock_timeout':
      return null;
    default:
      if (kind === 'refund' && error.param === 'amount') {
        return refusal('refund_exceeds_captured', code);
      }
      return refusal('declined', code);
  }
}

function cardError(
  kind: LookupKind,
  reference: string,
  error: InstanceType<typeof Stripe.errors.StripeError>,
  seen: Seen,
): ProviderOutcome {
  const detail = detailOf(error);
  const intent = error.payment_intent;
  const evidence = seen(detail, intent?.id);
  const code = error.decline_code || error.code;
  if (code === undefined) return unknown(evidence);
  if (kind === 'authorize' && intent !== undefined) {
    const isOurs = intent.metadata[referenceField] === reference;
    if (!isOurs || !afterDecline.includes(intent.status)) return unknown(evidence);
  }
  return declined(mapDecline(code), intent?.id, evidence);
}

/** With how long it asked to be left alone. */
export function failedCall(
  kind: LookupKind,
  reference: string,
  error: unknown,
  seen: Seen,
): ProviderOutcome {
  const outcome = judgeFailure(kind, reference, error, seen);
  const waits = outcome.kind === 'not_sent' || outcome.kind === 'unknown';
  if (!waits || !(error instanceof Stripe.errors.StripeError)) return outcome;
  const { statusCode, headers } = error;
  return {
    ...outcome,
    ...retryAfterOf(statusCode ?? 0, headers?.['retry-after'], headers?.['date']),
  };
}

function judgeFailure(
  kind: LookupKind,
  reference: string,
  error: unknown,
  seen: Seen,
): ProviderOutcome {
  if (!(error instanceof Stripe.errors.StripeError)) return unknown(seen(describeError(error)));
  if (error instanceof Stripe.errors.StripeConnectionError) {
    const cause: unknown = error.detail;
    const evidence = seen(describeError(cause));
    return isConnectError(cause) ? { kind: 'not_sent', evidence } : unknown(evidence);
  }
  const evidence = seen(detailOf(error));
  switch (error.statusCode) {
    case 402:
      return error.rawType === 'card_error'
        ? cardError(kind, reference, error, seen)
        : unknown(evidence);
    case 400:
    case 404: {
      const decline =
        error.rawType === 'invalid_request_error' ? invalidRequest(kind, error) : null;
      return decline === null ? unknown(evidence) : declined(decline, undefined, evidence);
    }
    case 401:
    case 403:
      return error.rawType === 'invalid_request_error'
        ? { kind: 'not_sent', evidence }
        : unknown(evidence);
    case 429:
      return error.code === 'rate_limit' ? { kind: 'not_sent', evidence } : unknown(evidence);
    default:
      return unknown(evidence);
  }
}
