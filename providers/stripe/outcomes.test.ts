import { describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import {
  attemptOutcome, captureOutcome, refundOutcome, seenAs, voidOutcome,
} from './outcomes.ts'; // prettier-ignore

const seen = seenAs('provider_reply');

/** Compiles only while these are all the statuses of the pinned API version. */
const kinds: Readonly<Record<Stripe.PaymentIntent.Status, readonly [string, string, string]>> = {
  requires_capture: ['approved', 'unknown', 'unknown'],
  succeeded: ['approved', 'approved', 'unknown'],
  processing: ['pending', 'pending', 'unknown'],
  requires_action: ['requires_action', 'unknown', 'unknown'],
  requires_payment_method: ['declined', 'unknown', 'unknown'],
  requires_confirmation: ['unknown', 'unknown', 'unknown'],
  canceled: ['declined', 'unknown', 'approved'],
};

function anIntent(changes: Record<string, unknown> = {}): Stripe.PaymentIntent {
  return {
    id: 'pi_1',
    object: 'payment_intent',
    amount: 1_000,
    amount_capturable: 1_000,
    amount_received: 1_000,
    currency: 'eur',
    capture_method: 'automatic',
    cancellation_reason: null,
    last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds' },
    next_action: { type: 'redirect_to_url', redirect_to_url: { url: 'https://bank.example/3ds' } },
    latest_charge: { payment_method_details: { card: { brand: 'visa', last4: '4242' } } },
    metadata: {},
    ...changes,
  } as unknown as Stripe.PaymentIntent;
}

describe('each status of an intent', () => {
  test.each(Object.entries(kinds))('%s', (status, [attempt, capture, cancel]) => {
    const intent = anIntent({ status });
    expect(attemptOutcome(intent, seen).kind).toBe(attempt);
    expect(captureOutcome(intent, seen).kind).toBe(capture);
    expect(voidOutcome(intent, seen).kind).toBe(cancel);
  });

  test.each(['', 'authorized', 'SUCCEEDED', 'constructor'])('"%s" is unknown', (status) => {
    const intent = anIntent({ status });
    for (const read of [attemptOutcome, captureOutcome, voidOutcome]) {
      expect(read(intent, seen).kind).toBe('unknown');
    }
  });
});

describe('an intent', () => {
  test.each([
    ['an amount that cannot be', { status: 'requires_capture', amount_capturable: 0 }],
    ['a currency nobody knows', { status: 'succeeded', currency: 'xts' }],
    [
      'an action that is no page',
      { status: 'requires_action', next_action: { type: 'use_stripe_sdk' } },
    ],
    ['no confirmation yet', { status: 'requires_payment_method', last_payment_error: null }],
  ])('with %s is unknown', (_, changes) => {
    expect(attemptOutcome(anIntent(changes), seen).kind).toBe('unknown');
  });

  test('captured later is still the authorization it was', () => {
    const later = anIntent({ status: 'succeeded', capture_method: 'manual', amount_received: 400 });
    expect(attemptOutcome(later, seen)).toMatchObject({ captured: false, amountMinor: 1_000n });
    expect(captureOutcome(later, seen)).toMatchObject({ captured: true, amountMinor: 400n });
  });

  test.each([
    ['automatic', 'authorization_expired', 'declined'],
    ['expired', 'authorization_expired', 'declined'],
    ['requested_by_customer', 'already_voided', 'approved'],
    [null, 'already_voided', 'approved'],
  ])('canceled because "%s"', (reason, code, asVoid) => {
    const intent = anIntent({ status: 'canceled', cancellation_reason: reason });
    expect(attemptOutcome(intent, seen)).toMatchObject({ kind: 'declined', decline: { code } });
    expect(voidOutcome(intent, seen).kind).toBe(asVoid);
  });

  test.each([
    [{ decline_code: 'insufficient_funds' }, 'insufficient_funds', 'retry_later'],
    [{ decline_code: 'stolen_card' }, 'declined', 'do_not_retry'],
    [{ decline_code: 'expired_card' }, 'invalid_token', 'update_card'],
    [
      { code: 'payment_intent_authentication_failure' },
      'authentication_failed',
      'try_another_method',
    ],
    [{ decline_code: 'invented_tomorrow' }, 'declined', 'try_another_method'],
    [{ decline_code: 'toString' }, 'declined', 'try_another_method'],
  ])('declined with %p', (error, code, advice) => {
    const intent = anIntent({ status: 'requires_payment_method', last_payment_error: error });
    expect(attemptOutcome(intent, seen)).toMatchObject({ decline: { code, advice } });
  });
});

test.each([
  ['succeeded', 'approved'],
  ['pending', 'pending'],
  ['requires_action', 'pending'],
  ['failed', 'declined'],
  ['canceled', 'declined'],
  ['invented', 'unknown'],
  [null, 'unknown'],
])('a refund that is "%s" is %s', (status, kind) => {
  const refund = { id: 're_1', amount: 1_000, currency: 'eur', status } as unknown as Stripe.Refund;
  expect(refundOutcome(refund, seen).kind).toBe(kind);
});
