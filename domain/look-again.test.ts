/** When the next lookup is: by the schedule, and not before the provider wants to be asked. */
import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment, aContract, anAttempt, anOperation, aPayment, evidence, now, unknown,
} from '../test/support/payments.ts'; // prettier-ignore
import type { Change } from './change.ts';
import { lookAttemptAgain, lookOperationAgain } from './look-again.ts';
import { lookedAt } from './parking.ts';
import { recordAttempt } from './record-attempt.ts';
import { recordOperation } from './record-operation.ts';
import { lookupDelayMs, nextLookMs } from './timing.ts';

const attempt = anAttempt({ status: 'unknown', lookups: 3 });
const payment = aPayment({ attempts: [attempt] });
const refund = anOperation({ status: 'unknown', kind: 'refund', number: 2, lookups: 3 });
const captured = aCapturedPayment([refund]);
const recording = { payment, attempt, contract: aContract(), newOperationId: 'op_new' };

function dueOf(change: Change | null): number | null | undefined {
  return [...(change?.attempts?.update ?? []), ...(change?.operations?.update ?? [])][0]?.dueAt;
}

describe.each([
  [undefined, lookupDelayMs(3)],
  [1, lookupDelayMs(3)],
  [3_600_000, 3_600_000],
  [365 * 24 * 3_600_000, 24 * 3_600_000],
])('asked to be left alone for %p ms', (retryAfterMs, delay) => {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  const silent = lookedAt({ kind: 'no_answer', evidence: evidence(), ...wait }, aContract());
  const unclear = { ...unknown(), ...wait };
  test.each<[string, () => Change | null]>([
    ['an attempt', () => lookAttemptAgain(payment, attempt, false, silent)],
    ['an operation', () => lookOperationAgain(captured, refund, false, silent)],
    ['an attempt without a clear answer', () => recordAttempt(recording, unclear)],
    [
      'an operation without a clear answer',
      () =>
        recordOperation({ payment: captured, operation: refund, attempt: anAttempt() }, unclear),
    ],
  ])('it asks for %s no earlier', (_, look) => {
    expect(dueOf(look())).toBe(now + delay);
  });
});

test('the schedule is never shortened by what the provider asks', () => {
  for (const lookups of [0, 5, 12, 99]) {
    expect(nextLookMs(lookups, 1)).toBe(lookupDelayMs(lookups));
  }
});
