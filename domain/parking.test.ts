/** When an unknown is put before a person, and with what reason. */
import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  anAttempt,
  anOperation,
  aPayment,
  approved,
  evidence,
  now,
  unknown,
} from '../test/support/payments.ts';
import { lookAttemptAgain, lookOperationAgain } from './look-again.ts';
import { lookedAt, parkAttempt, parkOperation } from './parking.ts';
import type { AttemptState } from './payment-state.ts';
import type { LookupResult } from './provider.ts';
import { recordAttempt } from './record-attempt.ts';
import { recordOperation } from './record-operation.ts';
import { lookupDelayMs } from './timing.ts';
import { aContract } from '../test/support/payments.ts';

const day = 24 * 3_600_000;
const said = (kind: 'no_answer' | 'absent' | 'not_supported'): LookupResult => ({
  kind,
  evidence: evidence({ kind: 'lookup', detail: kind }),
});
const silent = lookedAt(said('no_answer'));
/** The next lookup is a day away. */
const daily = { lookups: 12, sendBy: now - 2 * day, status: 'unknown' } as const;

describe('parked', () => {
  test.each<[string, Partial<AttemptState>, boolean]>([
    ['once the schedule has come to days', {}, true],
    ['not one lookup earlier', { lookups: 11 }, false],
    [
      'not within a day, however often it was looked up',
      { sendBy: now - day + 1, lookups: 99 },
      false,
    ],
    ['after exactly a day', { sendBy: now - day }, true],
    ['once', { parkedAt: now - 1 }, false],
    ['not what the provider has acknowledged', { status: 'pending' }, false],
    ['not what waits for the shopper', { status: 'requires_action' }, false],
    ['not what is decided', { status: 'authorized' }, false],
  ])('%s', (_, values, isParked) => {
    const parking = parkAttempt(aPayment(), anAttempt({ ...daily, ...values }), silent);
    expect(parking.patch).toEqual(isParked ? { parkedAt: now } : {});
    expect([parking.cases.length, parking.timeline.length]).toEqual(isParked ? [1, 1] : [0, 0]);
  });

  test.each<[LookupResult, string]>([
    [said('no_answer'), 'provider_silent'],
    [said('absent'), 'absence_proves_nothing'],
    [said('not_supported'), 'lookup_not_supported'],
    [{ kind: 'found', outcome: unknown() }, 'answer_unclear'],
  ])('with what was seen last as the reason: %j', (lookup, reason) => {
    const { cases, timeline } = parkAttempt(aPayment(), anAttempt(daily), lookedAt(lookup));
    const seen = lookup.kind === 'found' ? lookup.outcome.evidence : lookup.evidence;
    expect(cases).toEqual([
      { kind: 'unknown', attemptId: 'att_1', amount: 10_000n, reason, evidence: seen },
    ]);
    expect(timeline).toMatchObject([
      { kind: 'attempt.parked', evidence: { attempt_id: 'att_1', reason } },
    ]);
  });

  describe('an acknowledged operation', () => {
    const mute = lookedAt(said('not_supported'));
    const acknowledged = { ...daily, status: 'pending', providerReference: 'psp_1' } as const;
    test.each<[string, number, typeof mute, boolean]>([
      ['not told of for five days, where nobody can ask', 5 * day, mute, true],
      ['a moment earlier', 5 * day - 1, mute, false],
      ['where it can be asked', 99 * day, silent, false],
    ])('%s', (_, silentMs, looked, isParked) => {
      const refund = anOperation({ ...acknowledged, kind: 'refund', sendBy: now - silentMs });
      const change = lookOperationAgain(aCapturedPayment([refund]), refund, false, looked);
      const [update] = change.operations?.update ?? [];
      expect(update).toMatchObject({ fromStatus: 'pending', dueAt: now + day });
      expect([update?.status, update?.parkedAt]).toEqual(isParked ? ['unknown', now] : [undefined, undefined]); // prettier-ignore
      expect(change.timeline.map(({ kind }) => kind)).toEqual(isParked ? ['refund.unknown', 'refund.parked'] : []); // prettier-ignore
      expect(change.cases?.map(({ reason }) => reason)).toEqual(isParked ? ['never_told'] : []);
      expect(change.events).toHaveLength(isParked ? 1 : 0);
    });

    test('is told of once: parked, it is not parked again', () => {
      const refund = anOperation({ ...daily, sendBy: now - 9 * day, parkedAt: now - day });
      expect(parkOperation(aCapturedPayment([refund]), refund, mute).cases).toEqual([]);
    });
  });

  test('an operation names itself and its own amount', () => {
    const asked = anOperation({ ...daily, kind: 'refund', id: 'ref_1', amount: 70n });
    const { cases, timeline } = parkOperation(aCapturedPayment([asked]), asked, silent);
    expect(cases).toMatchObject([{ attemptId: 'att_1', operationId: 'ref_1', amount: 70n }]);
    expect(timeline).toMatchObject([
      { kind: 'refund.parked', evidence: { operation_id: 'ref_1', reason: 'provider_silent' } },
    ]);
  });
});

describe('whoever looks parks', () => {
  const attempt = anAttempt(daily);
  const payment = aPayment({ attempts: [attempt] });
  const refund = anOperation({ ...daily, kind: 'refund', number: 2 });
  const captured = aCapturedPayment([refund]);
  const recording = { payment, attempt, contract: aContract(), newOperationId: 'op_new' };
  const mismatch = approved({ amountMinor: 1n, evidence: evidence({ kind: 'lookup' }) });

  test.each([
    ['an attempt without an answer', () => lookAttemptAgain(payment, attempt, false, silent)],
    ['an attempt with an unclear one', () => recordAttempt(recording, unknown())],
    ['an attempt found with another amount', () => recordAttempt(recording, mismatch)],
    ['an operation without an answer', () => lookOperationAgain(captured, refund, false, silent)],
    [
      'an operation with an unclear one',
      () =>
        recordOperation({ payment: captured, operation: refund, attempt: anAttempt() }, unknown()),
    ],
  ])('%s', (_, look) => {
    const change = look();
    const updates = [...(change?.attempts?.update ?? []), ...(change?.operations?.update ?? [])];
    // Looked up again all the same, a day later.
    expect(updates).toMatchObject([{ parkedAt: now, lookups: 13, dueAt: now + lookupDelayMs(12) }]);
    expect(lookupDelayMs(12)).toBe(day);
    expect(change?.cases).toHaveLength(1);
  });
});
