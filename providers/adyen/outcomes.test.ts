import { describe, expect, test } from '@jest/globals';
import type { PaymentResponse } from '@adyen/api-library/lib/src/typings/checkout/paymentResponse.js';
import type { PaymentDetailsResponse } from '@adyen/api-library/lib/src/typings/checkout/paymentDetailsResponse.js';
import { declineMessage } from '../../domain/messages.ts';
import { mapReason, mapRefusal, refusals } from './declines.ts';
import { modificationOutcome, paymentOutcome, seenAs } from './outcomes.ts';

const seen = seenAs('provider_reply');

/** Compiles only while these are all the results of the pinned API version. */
const kinds: Readonly<
  Record<`${PaymentResponse.ResultCodeEnum | PaymentDetailsResponse.ResultCodeEnum}`, string>
> = {
  Authorised: 'approved',
  Refused: 'declined',
  Error: 'declined',
  Cancelled: 'declined',
  RedirectShopper: 'requires_action',
  Pending: 'pending',
  Received: 'pending',
  PartiallyAuthorised: 'unknown',
  ChallengeShopper: 'unknown',
  IdentifyShopper: 'unknown',
  PresentToShopper: 'unknown',
  AuthenticationFinished: 'unknown',
  AuthenticationNotRequired: 'unknown',
  Success: 'unknown',
};

const reply = {
  pspReference: 'PSP1',
  merchantReference: 'att_1',
  amount: { value: 1_000, currency: 'EUR' },
  additionalData: { cardSummary: '4444', paymentMethod: 'mc' },
  action: { type: 'redirect', method: 'GET', url: 'https://bank.example/3ds' },
  refusalReasonCode: '12',
};

function outcomeOf(changes: object): ReturnType<typeof paymentOutcome> {
  return paymentOutcome({ ...reply, ...changes }, 'att_1', seen);
}

describe('each result of a payment', () => {
  test.each(Object.entries(kinds))('%s is %s', (resultCode, kind) => {
    expect(outcomeOf({ resultCode }).kind).toBe(kind);
  });

  test.each(['', 'authorised', 'AUTHORISED', 'constructor', undefined])(
    '"%s" is unknown',
    (resultCode) => {
      expect(outcomeOf({ resultCode }).kind).toBe('unknown');
    },
  );
});

test('a yes says how much of what, and of which card', () => {
  expect(outcomeOf({ resultCode: 'Authorised' })).toMatchObject({
    providerReference: 'PSP1',
    amountMinor: 1_000n,
    currency: 'EUR',
    captured: false,
    card: { brand: 'mastercard', last4: '4444' },
  });
});

test.each([
  ['no amount', { amount: undefined }],
  ['an amount that cannot be', { amount: { value: -1, currency: 'EUR' } }],
  ['no PSP reference', { pspReference: undefined }],
  ['another reference', { merchantReference: 'att_2' }],
])('a yes with %s is unknown', (_, changes) => {
  expect(outcomeOf({ resultCode: 'Authorised', ...changes }).kind).toBe('unknown');
});

test.each([
  ['no page', { action: undefined }],
  ['a page that is none', { action: { type: 'threeDS2', url: 'https://bank.example' } }],
  ['a page to post to', { action: { ...reply.action, method: 'POST' } }],
  ['a script', { action: { type: 'redirect', url: 'javascript:alert(1)' } }],
])('a redirect with %s is unknown', (_, changes) => {
  expect(outcomeOf({ resultCode: 'RedirectShopper', ...changes }).kind).toBe('unknown');
});

test('behind a page a payment is known by our reference until it has one of theirs', () => {
  const asked = { resultCode: 'RedirectShopper', pspReference: undefined };
  expect(outcomeOf(asked)).toMatchObject({
    providerReference: 'att_1',
    action: { type: 'redirect', url: 'https://bank.example/3ds' },
  });
});

describe('a refusal', () => {
  test.each(refusals.map(({ code, reason }) => [code, reason] as const))(
    '%s "%s" is known by its code and by its reason',
    (code, reason) => {
      const decline = mapRefusal(code);
      expect(decline.providerCode).toBe(code);
      expect(mapReason(reason)).toEqual(decline);
      expect(mapReason(`${reason.toUpperCase()} : 05`)).toEqual(decline);
      // Each of our words has a text of its own.
      const other = declineMessage('declined');
      expect(decline.code === 'declined' || declineMessage(decline.code) !== other).toBe(true);
    },
  );

  test.each(['99', '', 'constructor', 'no_code'])('of tomorrow ("%s") is a plain no', (code) => {
    expect(mapRefusal(code)).toMatchObject({ code: 'declined', advice: 'try_another_method' });
  });

  test('names no code twice', () => {
    expect(new Set(refusals.map(({ code }) => code)).size).toBe(refusals.length);
    expect(new Set(refusals.map(({ reason }) => reason.toLowerCase())).size).toBe(refusals.length);
  });

  test.each([
    ['Refused', { refusalReasonCode: '20' }, 'declined', 'do_not_retry'],
    ['Refused', { refusalReasonCode: undefined }, 'declined', 'try_another_method'],
    ['Error', { refusalReasonCode: '4' }, 'declined', 'retry_later'],
    ['Cancelled', { refusalReasonCode: undefined }, 'not_completed', 'retry_later'],
  ])('%s with %p', (resultCode, changes, code, advice) => {
    expect(outcomeOf({ resultCode, ...changes })).toMatchObject({ decline: { code, advice } });
  });
});

describe('a modification', () => {
  const received = {
    status: 'received',
    pspReference: 'MOD1',
    paymentPspReference: 'PSP1',
    reference: 'op_1',
  };
  const asked = { reference: 'op_1', paymentPspReference: 'PSP1' };

  test('that is received is pending, never done', () => {
    expect(modificationOutcome(received, asked, seen)).toMatchObject({
      kind: 'pending',
      providerReference: 'MOD1',
    });
  });

  test.each([
    ['another status', { status: 'done' }],
    ['no status', { status: undefined }],
    ['no reference of theirs', { pspReference: undefined }],
    ['another reference', { reference: 'op_2' }],
    ['another payment', { paymentPspReference: 'PSP2' }],
  ])('with %s is unknown', (_, changes) => {
    expect(modificationOutcome({ ...received, ...changes }, asked, seen).kind).toBe('unknown');
  });
});
