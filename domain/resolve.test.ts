import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  aContract,
  anAttempt,
  anOperation,
  aPayment,
  approved,
  evidence,
  now,
  requiresAction,
} from '../test/support/payments.ts';
import { lookedAt } from './parking.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import type { LookupResult, ProviderContract } from './provider.ts';
import { lookAttemptAgain, lookOperationAgain } from './look-again.ts';
import { resolveAttempt, resolveOperation, type Resolution } from './resolve.ts';
import { lookupDelayMs } from './timing.ts';

const absent: LookupResult = { kind: 'absent', evidence: evidence({ kind: 'lookup' }) };
const noAnswer: LookupResult = { kind: 'no_answer', evidence: evidence({ kind: 'lookup' }) };
const silence = lookedAt(noAnswer, aContract());
const found: LookupResult = { kind: 'found', outcome: approved() };
const page: LookupResult = { kind: 'found', outcome: requiresAction() };
const cancel = anOperation({ kind: 'void', cause: 'cancel', status: 'requested' });

/** Settling 2 s, absence final after 20 s; past the key, sent once, no void by reference. */
const old: Partial<AttemptState> = { status: 'unknown', sendBy: now - 20_000, keyHorizon: now };
const bare: Partial<ProviderContract> = { voidByReference: false };

function named(resolution: Resolution): string {
  return resolution.kind === 'look_again' && resolution.absent
    ? 'look_again absent'
    : resolution.kind;
}

interface Situation {
  readonly attempt?: Partial<AttemptState>;
  readonly contract?: Partial<ProviderContract>;
  readonly payment?: Partial<PaymentState>;
  readonly lookup?: LookupResult;
}

describe('an attempt', () => {
  const fresh = { ...old, keyHorizon: now + 1 };
  test.each<[string, Situation, string]>([
    ['found', { lookup: found }, 'record'],
    ['found, however young', { lookup: found, attempt: { sendBy: now + 2_000 } }, 'record'],
    ['not answered for', { lookup: noAnswer }, 'look_again'],
    [
      'absent before it must have arrived',
      { attempt: { ...fresh, sendBy: now - 1_999 } },
      'look_again',
    ],
    [
      'absent as soon as it must have arrived',
      { attempt: { ...fresh, sendBy: now - 2_000 } },
      'resend',
    ],
    ['absent a millisecond before half the key life', { attempt: fresh }, 'resend'],
    ['absent at half the key life', { attempt: old, contract: {} }, 'void_by_reference'],
    ['absent and resent before', { attempt: { ...fresh, sentCount: 2 } }, 'void_by_reference'],
    [
      'absent and canceled',
      {
        attempt: fresh,
        payment: { operations: [cancel], voidOpen: true },
      },
      'void_by_reference',
    ],
    [
      'absent a millisecond before the end of the time to submit',
      {
        attempt: fresh,
        payment: { submitBy: now + 1 },
      },
      'resend',
    ],
    [
      'absent at the end of the time to submit',
      {
        attempt: fresh,
        payment: { submitBy: now },
      },
      'void_by_reference',
    ],
    [
      'absent without a time to submit',
      {
        attempt: fresh,
        payment: { submitBy: null },
      },
      'void_by_reference',
    ],
    ['absent once past the final age', { contract: bare }, 'look_again absent'],
    [
      'absent twice past the final age',
      { attempt: { ...old, absences: 1 }, contract: bare },
      'absent',
    ],
    [
      'absent a millisecond before the final age',
      {
        attempt: { ...old, sendBy: now - 19_999, absences: 1 },
        contract: bare,
      },
      'look_again',
    ],
    [
      'absent where absence is never final',
      {
        attempt: { ...old, sendBy: 0, absences: 9 },
        contract: { ...bare, absenceFinalAfterMs: null },
      },
      'look_again',
    ],
    [
      'absent twice past the final age, of what was acknowledged before it came into doubt',
      { attempt: { ...old, absences: 1, providerReference: 'alder_1' }, contract: bare },
      'look_again',
    ],
    [
      'absent inside half the key life, of what was acknowledged',
      { attempt: { ...fresh, providerReference: 'alder_1' }, contract: bare },
      'look_again',
    ],
    [
      'absent, of what was acknowledged where its reference can be voided',
      { attempt: { ...old, providerReference: 'alder_1' } },
      'void_by_reference',
    ],
  ])('%s', (_, { attempt = old, contract = {}, payment = {}, lookup = absent }, expected) => {
    const tried = anAttempt({ status: 'unknown', ...attempt });
    const held = aPayment({ attempts: [tried], ...payment });
    expect(named(resolveAttempt(held, tried, aContract(contract), lookup))).toBe(expected);
  });

  test.each<[string, number | null, boolean, string]>([
    ['that has time left', now + 1, true, 'record'],
    ['that ran out', now, true, 'void_by_reference'],
    ['that ran out where a reference cannot be voided', now, false, 'close_page'],
    ['without an end', null, true, 'record'],
  ])('on a page %s', (_, expiresAt, voidByReference, expected) => {
    const tried = anAttempt({ status: 'requires_action', dueAt: now, expiresAt });
    const held = aPayment({ status: 'requires_action', attempts: [tried] });
    const contract = aContract({ voidByReference });
    expect(named(resolveAttempt(held, tried, contract, page))).toBe(expected);
    expect(named(resolveAttempt(held, tried, contract, found))).toBe('record');
  });

  test('is sent again under a counted permit, with the time and the answer due anew', () => {
    const tried = anAttempt({ status: 'unknown', ...fresh });
    const held = aPayment({ attempts: [tried] });
    const resolution = resolveAttempt(held, tried, aContract(), absent);
    expect(resolution.kind === 'resend' && resolution.change.attempts?.update).toEqual([
      {
        id: 'att_1',
        fromStatus: 'unknown',
        sentCount: 2,
        sendBy: now + 2_000,
        dueAt: now + 6_000,
      },
    ]);
  });

  test.each([true, false])('is looked at again later, absence counted: %s', (counts) => {
    const tried = anAttempt({ status: 'unknown', lookups: 3, absences: 1 });
    const change = lookAttemptAgain(aPayment(), tried, counts, silence);
    expect(change.attempts?.update).toEqual([
      {
        id: 'att_1',
        fromStatus: 'unknown',
        lookups: 4,
        absences: counts ? 2 : 1,
        dueAt: now + lookupDelayMs(3),
      },
    ]);
    expect(change.events).toEqual([]);
  });

  test('without a recorded outcome becomes unknown, and that is told', () => {
    const change = lookAttemptAgain(aPayment(), anAttempt(), false, silence);
    expect(change.attempts?.update).toMatchObject([{ status: 'unknown' }]);
    expect(change.timeline).toMatchObject([{ fromStatus: 'submitting', toStatus: 'unknown' }]);
    expect(change.events).toEqual([{ type: 'payment.in_doubt' }]);
  });
});

describe('an operation', () => {
  const aged: Partial<OperationState> = {
    status: 'unknown',
    sendBy: now - 20_000,
    keyHorizon: now,
  };
  const fresh = { ...aged, keyHorizon: now + 1 };
  test.each<[string, Situation & { operation?: Partial<OperationState> }, string]>([
    ['found', { lookup: found }, 'record'],
    ['not answered for', { lookup: noAnswer }, 'look_again'],
    [
      'absent before it must have arrived',
      {
        operation: { ...fresh, sendBy: now - 1_999 },
      },
      'look_again',
    ],
    [
      'absent as soon as it must have arrived',
      {
        operation: { ...fresh, sendBy: now - 2_000 },
      },
      'resend',
    ],
    [
      'absent, resent often, inside half the key life',
      {
        operation: { ...fresh, sentCount: 9 },
      },
      'look_again absent',
    ],
    ['absent once past the final age', {}, 'look_again absent'],
    ['absent twice past the final age', { operation: { ...aged, absences: 1 } }, 'absent'],
    [
      'absent a millisecond before the final age',
      {
        operation: { ...aged, sendBy: now - 19_999, absences: 1 },
      },
      'look_again',
    ],
    [
      'absent where absence is never final',
      {
        operation: { ...aged, absences: 9 },
        contract: { absenceFinalAfterMs: null },
      },
      'look_again',
    ],
  ])('%s', (_, { operation = aged, contract = {}, lookup = absent }, expected) => {
    const asked = anOperation({ kind: 'refund', number: 2, ...operation });
    const payment = aCapturedPayment([asked]);
    expect(named(resolveOperation(payment, asked, aContract(contract), lookup))).toBe(expected);
  });

  test('is sent again with the same key', () => {
    const asked = anOperation({ kind: 'refund', number: 2, ...fresh });
    const resolution = resolveOperation(aCapturedPayment([asked]), asked, aContract(), absent);
    const update = resolution.kind === 'resend' ? resolution.change.operations?.update : undefined;
    expect(update).toMatchObject([{ fromStatus: 'unknown', sentCount: 2, sendBy: now + 2_000 }]);
    expect(update?.[0]).not.toHaveProperty('providerKey');
    expect(update?.[0]?.dueAt).toBeGreaterThan(now + 2_000);
  });

  test('without a recorded outcome becomes unknown, and that is told', () => {
    const change = lookOperationAgain(aPayment(), anOperation(), true, silence);
    expect(change.operations?.update).toMatchObject([
      { status: 'unknown', lookups: 1, absences: 1, dueAt: now + lookupDelayMs(0) },
    ]);
    expect(change.events).toEqual([{ type: 'payment.in_doubt', operationId: 'op_1' }]);
  });

  test('without a recorded outcome becomes unknown on the timeline too', () => {
    const change = lookOperationAgain(aPayment(), anOperation(), false, silence);
    expect(change.timeline).toMatchObject([{ fromStatus: 'submitting', toStatus: 'unknown' }]);
  });
});
