/** a capture around the end of its authorization, of which the provider only says no. */
import { describe, expect, test } from '@jest/globals';
import {
  aContract,
  anAuthorizedAttempt,
  anAuthorizedPayment,
  anOperation,
  approved,
  declined,
  illegalMoves,
  now,
  seenByLookup,
} from '../test/support/payments.ts';
import { authorizationLifeMs } from './provider-contract.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import type { Change } from './change.ts';
import { nextStep } from './next-step.ts';
import { recordAttempt } from './record-attempt.ts';
import { recordOperation } from './record-operation.ts';
import { applyTimers } from './timers.ts';

const second = 1_000;

/** A capture recorded `after` ms after the end of the authorization's life. */
function captureAt(after: number, values: Partial<OperationState> = {}): PaymentState {
  const expiresAt = now - after;
  const attempts = [anAuthorizedAttempt({ expiresAt, dueAt: expiresAt })];
  return anAuthorizedPayment([anOperation(values)], { attempts });
}

function refused(payment: PaymentState, code: string): Change | null {
  const [operation] = payment.operations;
  const [attempt] = payment.attempts;
  if (operation === undefined || attempt === undefined) throw new Error('no capture');
  return recordOperation({ payment, operation, attempt }, declined(code));
}

/** As the database leaves it: the capture failed, its part is free again. */
function afterwards(payment: PaymentState, change: Change | null): PaymentState {
  const [attempt] = payment.attempts;
  const patch = change?.attempts?.update?.[0];
  return anAuthorizedPayment([anOperation({ status: 'failed', dueAt: null })], {
    attempts: [{ ...attempt, ...patch } as AttemptState],
  });
}

describe.each(['do_not_honor', 'declined'])('refused with %s', (code) => {
  test.each([
    [-61 * second, code, 'rest'],
    [-second, code, 'resolve_attempt'],
    [0, 'authorization_expired', 'apply_timers'],
    [second, 'authorization_expired', 'apply_timers'],
    [86_400 * second, 'authorization_expired', 'apply_timers'],
  ] as const)('%i ms after the end it is called %s, and then: %s', (after, named, next) => {
    const payment = captureAt(after);
    const change = refused(payment, code);
    expect(change?.operations?.update).toMatchObject([
      { status: 'failed', failure: { code: named, providerCode: code } },
    ]);
    // Not yet said: only a lookup or the answer to the expiry is evidence for it.
    expect(change?.payment?.status).toBeUndefined();
    expect(change?.entries).toEqual([]);
    expect(illegalMoves(payment, change)).toEqual([]);
    expect(nextStep(afterwards(payment, change)).kind).toBe(next);
  });
});

test.each(['capture_exceeds_authorization', 'already_captured', 'insufficient_funds'])(
  'a reason stands also after the end: %s',
  (code) => {
    expect(refused(captureAt(second), code)?.operations?.update?.[0]?.failure?.code).toBe(code);
  },
);

test('a provider that says so is believed at once, early or late', () => {
  for (const after of [-86_400 * second, -second, second]) {
    const change = refused(captureAt(after), 'authorization_expired');
    expect(change?.payment).toMatchObject({ status: 'expired', captureClosed: true });
  }
});

test('after the end the payment asks the provider, which settles it', () => {
  const payment = captureAt(second);
  const left = afterwards(payment, refused(payment, 'do_not_honor'));
  expect(applyTimers(left, 'op_2')?.operations?.insert).toMatchObject([
    { kind: 'void', cause: 'expiry', amount: 10_000n },
  ]);
});

describe('a lookup that says the authorization has run out', () => {
  const outcome = seenByLookup(declined('authorization_expired'));
  const told = (payment: PaymentState): Change | null => {
    const [attempt] = payment.attempts;
    if (attempt === undefined) throw new Error('no attempt');
    return recordAttempt(
      { payment, attempt, contract: aContract(), newOperationId: 'op_new' },
      outcome,
    );
  };
  const due = [anAuthorizedAttempt({ dueAt: now, expiresAt: now + second })];

  test('ends the payment as expired, and what was held is released', () => {
    const payment = anAuthorizedPayment([], { attempts: due });
    const change = told(payment);
    expect(change?.payment).toMatchObject({
      status: 'expired',
      statusBasis: { kind: 'lookup' },
      captureClosed: true,
    });
    expect(change?.attempts?.update).toMatchObject([{ status: 'expired', dueAt: null }]);
    expect(change?.entries).toMatchObject([
      { event: 'authorization_released', resolvesKey: 'att_1/authorized' },
    ]);
    expect(change?.events).toEqual([{ type: 'payment.expired' }]);
    expect(illegalMoves(payment, change)).toEqual([]);
  });

  test.each([
    ['being captured', anAuthorizedPayment([anOperation()], { attempts: due })],
    ['being voided', anAuthorizedPayment([anOperation({ kind: 'void' })], { attempts: due })],
  ])('decides nothing while it is %s', (_, payment) => {
    expect(told(payment)?.payment).toBeUndefined();
  });

  test('is not believed as a reply, which may be as old as its request', () => {
    const payment = anAuthorizedPayment([], { attempts: due });
    const [attempt] = payment.attempts;
    if (attempt === undefined) throw new Error('no attempt');
    const r = { payment, attempt, contract: aContract(), newOperationId: 'op_new' };
    expect(recordAttempt(r, declined('authorization_expired'))?.payment).toBeUndefined();
  });
});

test('each network has its own life, and a brand nobody named has the contract’s', () => {
  const contract = aContract({ authorizationLifeByBrandMs: { mastercard: 30, visa: 5 } });
  const lives = ['mastercard', 'visa', 'amex', 'toString', undefined].map((brand) => {
    const payment = anAuthorizedPayment([], { status: 'processing', amountAuthorized: 0n });
    const attempt = anAuthorizedAttempt({ status: 'submitting', expiresAt: null });
    const card = brand === undefined ? {} : { card: { brand, last4: '4242' } };
    const r = { payment, attempt, contract, newOperationId: 'op_new' };
    const change = recordAttempt(r, approved(card));
    expect(authorizationLifeMs(contract, brand)).toBe(
      (change?.attempts?.update?.[0]?.expiresAt ?? 0) - now,
    );
    return authorizationLifeMs(contract, brand);
  });
  expect(lives).toEqual([30, 5, 7 * 86_400 * second, 7 * 86_400 * second, 7 * 86_400 * second]);
});
