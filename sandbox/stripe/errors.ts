/** Stripe's error bodies. */
import { jsonReply } from '../http/reply.ts';
import type { Json, Reply } from '../http/reply.ts';
import { cardErrorOf } from './present.ts';

function failed(status: number, type: string, error: Json): Reply {
  return jsonReply(status, { error: { type, message: 'See the code.', ...error } });
}

export function invalidRequest(error: Json, status = 400): Reply {
  return failed(status, 'invalid_request_error', error);
}

export function cardDeclined(declineCode: string, intent: Json | null): Reply {
  const error = cardErrorOf(declineCode);
  return failed(402, 'card_error', intent === null ? error : { ...error, payment_intent: intent });
}

export const keyReused: Reply = failed(400, 'idempotency_error', {});
export const keyInUse: Reply = failed(409, 'idempotency_error', { code: 'idempotency_key_in_use' });
export const rateLimited: Reply = {
  ...failed(429, 'invalid_request_error', { code: 'rate_limit' }),
  headers: { 'retry-after': '1' },
};
export const serverError: Reply = failed(500, 'api_error', {});
export const noKey: Reply = failed(401, 'invalid_request_error', {});

/** Why an operation was refused: most of Stripe's own words name the intent's state and no more. */
export function operationRefused(kind: string, declineCode: string, intent: Json | null): Reply {
  switch (declineCode) {
    case 'authorization_not_found':
      return invalidRequest({ code: 'resource_missing', param: 'intent' }, 404);
    case 'capture_exceeds_authorization':
      return invalidRequest({ code: 'amount_too_large', param: 'amount_to_capture' });
    case 'refund_exceeds_captured':
      return intent?.['amount_received'] === 0
        ? invalidRequest({ code: 'payment_intent_unexpected_state', payment_intent: intent })
        : invalidRequest({ param: 'amount' });
    case 'do_not_honor':
    case 'late_failure':
      return kind === 'refund' ? invalidRequest({}) : cardDeclined(declineCode, intent);
    default:
      return invalidRequest({ code: 'payment_intent_unexpected_state', payment_intent: intent });
  }
}
