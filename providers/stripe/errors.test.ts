import { expect, test } from '@jest/globals';
import Stripe from 'stripe';
import type { LookupKind } from '../../domain/provider.ts';
import { failedCall } from './errors.ts';
import { seenAs } from './outcomes.ts';

const seen = seenAs('provider_reply');

function failure(statusCode: number, raw: Record<string, unknown>): Error {
  const complete = { statusCode, message: 'm', headers: {}, requestId: 'req_1', ...raw };
  return Stripe.errors.StripeError.generate(complete);
}

function outcomeOf(kind: LookupKind, error: unknown): string {
  const outcome = failedCall(kind, 'att_1', error, seen);
  return outcome.kind === 'declined' ? outcome.decline.code : outcome.kind;
}

function anIntent(status: string, rest: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'pi_1',
    status,
    metadata: { tender_reference: 'att_1' },
    cancellation_reason: null,
    ...rest,
  };
}

const card = { type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds' };
const invalid = (rest: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'invalid_request_error',
  ...rest,
});
const state = (status: string, rest = {}): Record<string, unknown> =>
  invalid({ code: 'payment_intent_unexpected_state', payment_intent: anIntent(status, rest) });

test.each<[string, LookupKind, string, number, Record<string, unknown>]>([
  ['a declined card', 'authorize', 'insufficient_funds', 402, { ...card, payment_intent: anIntent('requires_payment_method') }],
  ['a declined card without its intent', 'authorize', 'insufficient_funds', 402, card],
  ['a decline of an intent that holds money', 'authorize', 'unknown', 402, { ...card, payment_intent: anIntent('requires_capture') }],
  ['a decline of another reference', 'authorize', 'unknown', 402, { ...card, payment_intent: anIntent('canceled', { metadata: {} }) }],
  ['a decline without a code', 'authorize', 'unknown', 402, { type: 'card_error' }],
  ['402 of no card', 'authorize', 'unknown', 402, { type: 'api_error' }],
  ['a payment method nobody has', 'authorize', 'invalid_token', 400, invalid({ code: 'resource_missing' })],
  ['an invalid request', 'authorize', 'declined', 400, invalid({ code: 'parameter_missing' })],
  ['an intent that is gone', 'capture', 'unknown', 404, invalid({ code: 'resource_missing' })],
  ['a capture of too much', 'capture', 'capture_exceeds_authorization', 400, invalid({ code: 'amount_too_large' })],
  ['a capture of what is captured', 'capture', 'already_captured', 400, state('succeeded')],
  ['a capture of what was canceled', 'capture', 'already_voided', 400, state('canceled')],
  ['a capture of what ran out', 'capture', 'authorization_expired', 400, state('canceled', { cancellation_reason: 'automatic' })],
  ['a capture in a state that allows it', 'capture', 'unknown', 400, state('requires_capture')],
  ['a capture while something goes on', 'capture', 'unknown', 400, state('processing')],
  ['a state without its intent', 'void', 'unknown', 400, invalid({ code: 'payment_intent_unexpected_state' })],
  ['a cancel of what is captured', 'void', 'already_captured', 400, state('succeeded')],
  ['a refund of what is not captured', 'refund', 'refund_exceeds_captured', 400, state('requires_capture')],
  ['a refund of all there was', 'refund', 'refund_exceeds_captured', 400, invalid({ code: 'charge_already_refunded' })],
  ['a refund of too much', 'refund', 'refund_exceeds_captured', 400, invalid({ param: 'amount' })],
  ['a key used for something else', 'authorize', 'unknown', 400, { type: 'idempotency_error' }],
  ['a key in use', 'authorize', 'unknown', 409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }],
  ['a key in use, said otherwise', 'authorize', 'unknown', 400, invalid({ code: 'idempotency_key_in_use' })],
  ['a locked object', 'capture', 'unknown', 429, invalid({ code: 'lock_timeout' })],
  ['too many requests', 'authorize', 'not_sent', 429, invalid({ code: 'rate_limit' })],
  ['too many requests, says somebody', 'authorize', 'unknown', 429, {}],
  ['a wrong key of the account', 'authorize', 'not_sent', 401, invalid()],
  ['a key that may not', 'authorize', 'not_sent', 403, invalid()],
  ['403 of a proxy', 'authorize', 'unknown', 403, {}],
  ['an error of theirs', 'authorize', 'unknown', 500, { type: 'api_error' }],
  ['an error type of tomorrow', 'authorize', 'unknown', 400, { type: 'new_error' }],
  ['a status of tomorrow', 'authorize', 'unknown', 418, card],
])('%s (%s): %s', (_, kind, expected, status, raw) => {
  expect(outcomeOf(kind, failure(status, raw))).toBe(expected);
}); // prettier-ignore

test.each([
  ['nobody listened', Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'not_sent'],
  ['the name is not known', Object.assign(new Error(), { code: 'ENOTFOUND' }), 'not_sent'],
  ['the deadline passed', Object.assign(new TypeError(), { code: 'ETIMEDOUT' }), 'unknown'],
  [
    'the connection broke',
    Object.assign(new Error(), { code: 'ECONNRESET', syscall: 'read' }),
    'unknown',
  ],
  ['nothing is known', undefined, 'unknown'],
])('where %s', (_, detail, expected) => {
  const raw = { message: 'm', detail } as never;
  expect(outcomeOf('authorize', new Stripe.errors.StripeConnectionError(raw))).toBe(expected);
});

test('what is not of Stripe at all is unknown', () => {
  expect(outcomeOf('authorize', new Error('bug'))).toBe('unknown');
  expect(outcomeOf('authorize', 'thrown')).toBe('unknown');
});

test.each<[number, Record<string, unknown>, Record<string, string>, number | undefined]>([
  [429, invalid({ code: 'rate_limit' }), { 'retry-after': '7' }, 7_000],
  [503, { type: 'api_error' }, { 'retry-after': '7' }, 7_000],
  [500, { type: 'api_error' }, { 'retry-after': '7' }, undefined],
  [429, invalid({ code: 'rate_limit' }), { 'retry-after': 'soon' }, undefined],
  [429, invalid({ code: 'rate_limit' }), {}, undefined],
])('%i (%j) with %j asks to be left alone for %p ms', (status, raw, headers, ms) => {
  const outcome = failedCall('authorize', 'att_1', failure(status, { ...raw, headers }), seen);
  expect('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined).toBe(ms);
});
