import { describe, expect, test } from '@jest/globals';
import { aContract, anAttempt, anOperation, aPayment, now } from '../test/support/payments.ts';
import type { PaymentState } from './payment-state.ts';
import { attemptStatuses } from './payment.ts';
import { route } from './routing.ts';
import { screen } from './screen.ts';

const contracts = ['alder', 'birch', 'cedar'].map((name) => aContract({ name }));
const roundStart = now;
const cancel = anOperation({ kind: 'void', cause: 'cancel', status: 'requested' });

/** `alder: already_tried; birch`, as one reads a route. */
function routed(payment: PaymentState, from = contracts): string {
  const { provider, token, excluded } = route(payment, from);
  const reasons = excluded.map((e) => `${e.provider}: ${e.reason}`);
  return [...reasons, provider === null ? 'nobody' : `${provider} ${token ?? ''}`].join('; ');
}

const tried = (provider: string, createdAt: number = now): ReturnType<typeof anAttempt> =>
  anAttempt({ provider, status: 'not_sent', createdAt });

describe('the route', () => {
  test.each([
    ['the first in order', {}, 'alder tok_visa'],
    [
      'its own token first',
      {
        paymentMethod: {
          type: 'card' as const,
          token: 'tok_vault',
          tokens: { alder: 'tok_alder' },
        },
      },
      'alder tok_alder',
    ],
    [
      'whoever the token belongs to',
      {
        paymentMethod: { type: 'card' as const, tokens: { cedar: 'tok_cedar' } },
      },
      'alder: no_token; birch: no_token; cedar tok_cedar',
    ],
    [
      'nobody without a token',
      {
        paymentMethod: { type: 'card' as const },
      },
      'alder: no_token; birch: no_token; cedar: no_token; nobody',
    ],
    [
      'nobody for a method that none has',
      {
        paymentMethod: { type: 'bank_debit' as const, token: 'tok_1' },
      },
      'alder: method_not_supported; birch: method_not_supported; cedar: method_not_supported; nobody',
    ],
    [
      'the next after the first',
      { attempts: [tried('alder')] },
      'alder: already_tried; birch tok_visa',
    ],
    [
      'nobody after all',
      {
        attempts: [tried('alder'), tried('birch'), tried('cedar')],
      },
      'alder: already_tried; birch: already_tried; cedar: already_tried; nobody',
    ],
  ])('is %s', (_, values, expected) => {
    expect(routed(aPayment(values))).toBe(expected);
  });

  test.each(attemptStatuses)('counts an attempt that is %s as a turn', (status) => {
    const payment = aPayment({ attempts: [{ ...tried('alder'), status }] });
    expect(routed(payment)).toBe('alder: already_tried; birch tok_visa');
  });

  test.each([
    ['at the start of the round', roundStart, 'alder: already_tried; birch tok_visa'],
    ['before the round', roundStart - 1, 'alder tok_visa'],
  ])('with an attempt %s', (_, createdAt, expected) => {
    const round = { submitWithinMs: 300_000, submitBy: roundStart + 300_000 };
    expect(routed(aPayment({ ...round, attempts: [tried('alder', createdAt)] }))).toBe(expected);
  });

  test('names a reason for each provider before the chosen one and for none after', () => {
    const cards = [aContract({ name: 'bank', methods: ['bank_debit'] }), ...contracts];
    expect(routed(aPayment({ attempts: [tried('alder')] }), cards)).toBe(
      'bank: method_not_supported; alder: already_tried; birch tok_visa',
    );
  });

  test('is nobody where there are no providers', () => {
    expect(routed(aPayment(), [])).toBe('nobody');
  });
});

describe('the decision', () => {
  const everything = {
    operations: [cancel],
    voidOpen: true,
    submitBy: now,
    regulated: true,
    paymentMethod: { type: 'card' as const },
  };
  test.each([
    ['a cancel comes before all', everything, { kind: 'cancel', code: 'canceled' }],
    [
      'then the time to submit',
      { ...everything, operations: [], voidOpen: false },
      {
        kind: 'cancel',
        code: 'not_submitted_in_time',
      },
    ],
    [
      'then what may not be sold',
      { regulated: true, paymentMethod: { type: 'card' as const } },
      {
        kind: 'block',
        code: 'regulated_not_permitted',
      },
    ],
    ['then the route', { paymentMethod: { type: 'card' as const } }, { kind: 'no_provider' }],
    ['and then a try', {}, { kind: 'try', provider: 'alder', token: 'tok_visa', excluded: [] }],
  ])('%s', (_, values, expected) => {
    expect(screen(aPayment(values), contracts)).toMatchObject(expected);
  });

  test.each([
    [now + 1, 'try'],
    [now, 'cancel'],
    [now - 1, 'cancel'],
    [null, 'cancel'],
  ])('with submit_by %s is %s', (submitBy, kind) => {
    expect(screen(aPayment({ submitBy }), contracts).kind).toBe(kind);
  });

  test('ignores a cancel that is over', () => {
    const failed = { ...cancel, status: 'failed' as const };
    expect(screen(aPayment({ operations: [failed] }), contracts).kind).toBe('try');
  });
});
