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
  pending,
  unknown,
} from '../test/support/payments.ts';
import { lookAttemptAgain, lookOperationAgain } from './look-again.ts';
import { lookedAt, parkAttempt, parkOperation } from './parking.ts';
import type { AttemptPatch, Change, OperationPatch } from './change.ts';
import type { AttemptState, OperationState } from './payment-state.ts';
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
const silent = lookedAt(said('no_answer'), aContract());
/** The next lookup is a day away. */
const daily = { lookups: 12, sendBy: now - 2 * day, status: 'unknown' } as const;

/** What an attempt and an operation have in common here. */
function pickShared({ sendBy, providerReference }: Partial<AttemptState>): Partial<OperationState> {
  return {
    ...(sendBy !== undefined && { sendBy }),
    ...(providerReference !== undefined && { providerReference }),
  };
}

function expectDoubted(
  change: Change,
  update: AttemptPatch | OperationPatch | undefined,
  kind: 'attempt' | 'refund',
  isParked: boolean,
): void {
  expect(update).toMatchObject({ fromStatus: 'pending', dueAt: now + day });
  expect([update?.status, update?.parkedAt]).toEqual(isParked ? ['unknown', now] : [undefined, undefined]); // prettier-ignore
  expect(change.timeline.map((line) => line.kind)).toEqual(isParked ? [`${kind}.unknown`, `${kind}.parked`] : []); // prettier-ignore
  expect(change.cases?.map(({ reason }) => reason)).toEqual(isParked ? ['never_told'] : []);
  expect(change.events?.map(({ type }) => type)).toEqual(isParked ? ['payment.in_doubt'] : []);
}

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
    const { cases, timeline } = parkAttempt(
      aPayment(),
      anAttempt(daily),
      lookedAt(lookup, aContract()),
    );
    const seen = lookup.kind === 'found' ? lookup.outcome.evidence : lookup.evidence;
    expect(cases).toEqual([
      { kind: 'unknown', attemptId: 'att_1', amount: 10_000n, reason, evidence: seen },
    ]);
    expect(timeline).toMatchObject([
      { kind: 'attempt.parked', evidence: { attempt_id: 'att_1', reason } },
    ]);
  });

  describe('what was acknowledged', () => {
    const contract = aContract({ lookup: false, toldWithinMs: 5 * day });
    const mute = lookedAt(said('not_supported'), contract);
    const acknowledged = { ...daily, status: 'pending', providerReference: 'psp_1' } as const;
    const silences: [string, Partial<AttemptState>, typeof mute, boolean][] = [
      ['not told of for five days, where nobody can ask', {}, mute, true],
      ['a moment earlier', { sendBy: now - 5 * day + 1 }, mute, false],
      ['under no id of the provider', { providerReference: null }, mute, false],
      ['where it can be asked', { sendBy: now - 99 * day }, silent, false],
    ];

    test.each(silences)('an operation %s', (_, values, looked, isParked) => {
      const asked = { ...acknowledged, sendBy: now - 5 * day, ...pickShared(values) };
      const refund = anOperation({ ...asked, kind: 'refund' });
      const change = lookOperationAgain(aCapturedPayment([refund]), refund, false, looked);
      expectDoubted(change, change.operations?.update?.[0], 'refund', isParked);
    });

    test.each(silences)('an attempt %s', (_, values, looked, isParked) => {
      const attempt = anAttempt({ ...acknowledged, sendBy: now - 5 * day, ...values });
      const change = lookAttemptAgain(aPayment({ attempts: [attempt] }), attempt, false, looked);
      expectDoubted(change, change.attempts?.update?.[0], 'attempt', isParked);
    });

    test('is told of once: parked, it is not parked again', () => {
      const parked = { ...daily, sendBy: now - 9 * day, parkedAt: now - day };
      const refund = anOperation(parked);
      expect(parkOperation(aCapturedPayment([refund]), refund, mute).cases).toEqual([]);
      expect(parkAttempt(aPayment(), anAttempt(parked), mute).cases).toEqual([]);
    });

    test('an attempt keeps the id it was acknowledged under', () => {
      const attempt = anAttempt({ status: 'submitting' });
      const payment = aPayment({ attempts: [attempt] });
      const r = { payment, attempt, contract, newOperationId: 'op_new' };
      const change = recordAttempt(r, pending());
      expect(change?.attempts?.update).toMatchObject([{ status: 'pending', providerReference: 'alder_1' }]); // prettier-ignore
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
