import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  anAttempt,
  anAuthorizedAttempt,
  anAuthorizedPayment,
  anOperation,
  aPayment,
  now,
} from '../test/support/payments.ts';
import { nextStep, type Step } from './next-step.ts';
import type { PaymentState } from './payment-state.ts';
import { paymentStatuses } from './payment.ts';

/** `resolve_attempt att_1`, `wait 1000`: a step on one line. */
function step(payment: PaymentState): string {
  const next: Step = nextStep(payment);
  const [, detail] = Object.values(next) as readonly (string | number)[];
  return detail === undefined ? next.kind : `${next.kind} ${String(detail)}`;
}

const later = now + 1_000;
const muchLater = now + 60_001;
const requested = anOperation({ status: 'requested', dueAt: now });
const cancel = anOperation({
  id: 'op_c',
  number: 2,
  kind: 'void',
  cause: 'cancel',
  status: 'requested',
  attemptId: null,
  dueAt: now,
});
const onPage = (values: Partial<PaymentState> = {}): PaymentState =>
  aPayment({
    status: 'requires_action',
    attempts: [anAttempt({ status: 'requires_action', dueAt: muchLater, expiresAt: muchLater })],
    ...values,
  });

describe('a payment without operations', () => {
  test.each([
    ['fresh', aPayment(), 'authorize'],
    [
      'after a request that never left',
      aPayment({
        attempts: [anAttempt({ status: 'not_sent', dueAt: null })],
      }),
      'authorize',
    ],
    [
      'after a confirmed void, to be looked at once more',
      aPayment({
        attempts: [anAttempt({ status: 'voided', dueAt: muchLater })],
      }),
      'authorize',
    ],
    ['submitting', aPayment({ attempts: [anAttempt({ dueAt: later })] }), 'wait 1000'],
    ['unanswered', aPayment({ attempts: [anAttempt({ dueAt: now })] }), 'resolve_attempt att_1'],
    [
      'unknown, to be looked up in a while',
      aPayment({
        attempts: [anAttempt({ status: 'unknown', dueAt: muchLater })],
      }),
      'rest',
    ],
    [
      'unknown, to be looked up in a minute',
      aPayment({
        attempts: [anAttempt({ status: 'unknown', dueAt: now + 60_000 })],
      }),
      'wait 60000',
    ],
    ['on a page', onPage(), 'rest'],
    ['on a page at the end of the payment', onPage({ expiresAt: now }), 'rest'],
    ['authorized', anAuthorizedPayment(), 'rest'],
    ['captured', aCapturedPayment(), 'rest'],
    [
      'closed by absence, a day later',
      aPayment({
        status: 'requires_payment_method',
        attempts: [anAttempt({ status: 'not_sent', dueAt: now })],
      }),
      'resolve_attempt att_1',
    ],
    [
      'with time for another attempt',
      aPayment({
        status: 'requires_payment_method',
        expiresAt: now + 1,
      }),
      'rest',
    ],
    [
      'out of time for another attempt',
      aPayment({
        status: 'requires_payment_method',
        expiresAt: now,
      }),
      'apply_timers',
    ],
  ])('%s', (_, payment, expected) => {
    expect(step(payment)).toBe(expected);
  });

  test.each(paymentStatuses.filter((s) => s !== 'processing'))(
    'that is %s is never sent to a provider',
    (status) => {
      expect(step(aPayment({ status }))).toBe('rest');
    },
  );
});

describe('an authorization that has run out', () => {
  const expired = anAuthorizedAttempt({ dueAt: now, expiresAt: now });
  const inFlight = anOperation({ status: 'unknown', dueAt: muchLater });
  test.each([
    ['nothing captured', anAuthorizedPayment([], { attempts: [expired] }), 'apply_timers'],
    [
      'a capture in doubt',
      anAuthorizedPayment([inFlight], { attempts: [expired] }),
      'resolve_attempt att_1',
    ],
    [
      'a void under way',
      anAuthorizedPayment([{ ...inFlight, kind: 'void' }], {
        attempts: [expired],
      }),
      'resolve_attempt att_1',
    ],
    ['captured in full', aCapturedPayment([], { attempts: [expired] }), 'resolve_attempt att_1'],
    [
      'a millisecond left',
      anAuthorizedPayment([], {
        attempts: [{ ...expired, dueAt: now + 1, expiresAt: now + 1 }],
      }),
      'rest',
    ],
    [
      'due for a lookup before its end',
      anAuthorizedPayment([], {
        attempts: [{ ...expired, expiresAt: later }],
      }),
      'resolve_attempt att_1',
    ],
  ])('%s', (_, payment, expected) => {
    expect(step(payment)).toBe(expected);
  });

  test('and was captured is still looked at when a webhook asks for it', () => {
    // receive_webhook sets due_at; without a step no commit ever clears it or wake_at.
    expect(step(aCapturedPayment([], { attempts: [expired] }))).toBe('resolve_attempt att_1');
  });
});

describe('an operation', () => {
  test.each([
    ['requested', requested, 'submit_operation op_1'],
    ['requested, never sent, due later', { ...requested, dueAt: later }, 'submit_operation op_1'],
    ['asked again, due', { ...requested, sentCount: 1 }, 'submit_operation op_1'],
    ['asked again, due later', { ...requested, sentCount: 1, dueAt: later }, 'wait 1000'],
    ['submitting', anOperation({ dueAt: later }), 'wait 1000'],
    ['unanswered', anOperation({ dueAt: now }), 'resolve_operation op_1'],
    ['pending', anOperation({ status: 'pending', dueAt: muchLater }), 'rest'],
    ['unknown, due', anOperation({ status: 'unknown', dueAt: now }), 'resolve_operation op_1'],
    ['failed', anOperation({ status: 'failed', dueAt: null }), 'rest'],
  ])('%s', (_, operation, expected) => {
    expect(step(anAuthorizedPayment([operation]))).toBe(expected);
  });

  test('that is over is still looked at when a webhook asks for it', () => {
    const done = anOperation({ kind: 'refund', number: 2, status: 'succeeded', dueAt: now });
    expect(step(aCapturedPayment([done]))).toBe('resolve_operation op_1');
  });
});

describe('the order of work', () => {
  test('operations in their order, each before what the attempt wants', () => {
    const second = { ...requested, id: 'op_2', number: 2 };
    const due = anAuthorizedAttempt({ dueAt: now });
    const payment = anAuthorizedPayment([requested, second], { attempts: [due] });
    expect(step(payment)).toBe('submit_operation op_1');
  });

  test('a cancel of a fresh payment before the first attempt', () => {
    expect(step(aPayment({ operations: [cancel], voidOpen: true }))).toBe('submit_operation op_c');
  });

  test.each(['submitting', 'pending', 'unknown'] as const)(
    'a cancel is kept while the attempt is %s',
    (status) => {
      const waiting = anAttempt({ status, dueAt: later });
      const payment = aPayment({ attempts: [waiting], operations: [cancel], voidOpen: true });
      expect(step(payment)).toBe('wait 1000');
      const due = { ...payment, attempts: [{ ...waiting, dueAt: now }] };
      expect(step(due)).toBe('resolve_attempt att_1');
    },
  );

  test('a cancel goes at once to a page', () => {
    expect(step(onPage({ operations: [cancel], voidOpen: true }))).toBe('submit_operation op_c');
  });

  test.each(['submitting', 'pending', 'unknown'] as const)(
    'a cancel waits for an earlier capture that is %s',
    (status) => {
      const capture = anOperation({ status, dueAt: later });
      expect(step(anAuthorizedPayment([capture, cancel]))).toBe('wait 1000');
    },
  );

  test('a cancel does not wait for a refund or a later capture', () => {
    const first = anOperation({
      id: 'op_0',
      status: 'succeeded',
      amount: 1n,
      final: false,
      dueAt: null,
    });
    const refund = anOperation({ kind: 'refund', status: 'unknown', amount: 1n, dueAt: later });
    const payment = anAuthorizedPayment([first, refund, { ...cancel, number: 3 }]);
    expect(step(payment)).toBe('submit_operation op_c');
    const after = anOperation({ number: 4, status: 'unknown', dueAt: later });
    expect(step(anAuthorizedPayment([cancel, after]))).toBe('submit_operation op_c');
  });

  test('what was sent already is not kept back', () => {
    const sent = { ...cancel, status: 'unknown' as const, dueAt: now };
    const payment = aPayment({ attempts: [anAttempt({ dueAt: later })], operations: [sent] });
    expect(step(payment)).toBe('resolve_operation op_c');
  });

  test('the return of late money does not wait for the attempt under way', () => {
    const late = anAttempt({ id: 'att_0', status: 'late', dueAt: null });
    const back = { ...cancel, id: 'op_l', cause: 'late_success' as const, late: true };
    const payment = aPayment({ attempts: [late, anAttempt({ dueAt: later })], operations: [back] });
    expect(step(payment)).toBe('submit_operation op_l');
  });
});

test('a wait is never shorter than 50 ms, and never for what is not due in a minute', () => {
  const soon = (dueAt: number): string =>
    step(anAuthorizedPayment([{ ...requested, sentCount: 1, dueAt }]));
  expect(soon(now + 1)).toBe('wait 50');
  expect(soon(now + 51)).toBe('wait 51');
  expect(soon(now + 60_000)).toBe('wait 60000');
  expect(soon(now + 60_001)).toBe('rest');
});
