/** A debit that was paid may be taken back for weeks: it is asked about now and then, and then no more. */
import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  aContract,
  anAttempt,
  anAuthorizedAttempt,
  aPayment,
  approved,
  declined,
  illegalMoves,
  now,
  seenByLookup,
} from '../test/support/payments.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import { recordAttempt } from './record-attempt.ts';
import type { ProviderOutcome } from './provider.ts';
import type { Change } from './change.ts';

const week = 7 * 24 * 3_600_000;
const paymentMethod = { type: 'bank_debit', token: 'tok_debit' } as const;

function told(
  payment: PaymentState,
  attempt: AttemptState,
  outcome: ProviderOutcome,
): Change | null {
  const contract = aContract({ name: 'bank' });
  const change = recordAttempt({ payment, attempt, contract, newOperationId: 'op_new' }, outcome);
  expect(illegalMoves(payment, change)).toEqual([]);
  return change;
}

function paid(weeksAgo: number): readonly [PaymentState, AttemptState] {
  const createdAt = now - weeksAgo * week;
  const attempt = anAuthorizedAttempt({ kind: 'sale', createdAt, dueAt: now, expiresAt: null });
  return [aCapturedPayment([], { paymentMethod, attempts: [attempt] }), attempt];
}

describe('a debit', () => {
  test('that was paid is asked about a week later; a card that was sold is not', () => {
    const attempt = anAttempt({ kind: 'sale', status: 'pending' });
    const yes = seenByLookup(approved({ captured: true }));
    const dueOf = (method: PaymentState['paymentMethod']): number | null | undefined =>
      told(aPayment({ paymentMethod: method, attempts: [attempt] }), attempt, yes)?.attempts
        ?.update?.[0]?.dueAt;
    expect(dueOf(paymentMethod)).toBe(now + week);
    expect(dueOf({ type: 'card', token: 'tok_visa' })).toBeNull();
  });

  test.each([
    [7, now + week],
    [8, null],
  ])('that was made %d weeks ago and is still paid: asked again at %p', (weeksAgo, due) => {
    const [payment, attempt] = paid(weeksAgo);
    const change = told(payment, attempt, seenByLookup(approved({ captured: true })));
    expect(change?.attempts?.update?.[0]?.dueAt).toBe(due);
  });

  test('that was taken back fails, event or not, and its capture leaves the books', () => {
    const [payment, attempt] = paid(3);
    const change = told(payment, attempt, seenByLookup(declined('late_failure')));
    expect(change?.payment?.status).toBe('failed');
    expect(change?.entries?.map(({ event }) => event)).toEqual(['capture_failed']);
  });
});
