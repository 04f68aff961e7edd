/** Raising an authorization: who may, what each outcome does, and what is held in the books meanwhile. */
import { describe, expect, test } from '@jest/globals';
import {
  aContract,
  anAuthorizedAttempt,
  anAuthorizedPayment,
  anOperation,
  approved,
  declined,
  heldBy,
  now,
  unknown,
} from '../test/support/payments.ts';
import { requestCancel, requestCapture, type Judgement } from './commands.ts';
import { holdKey } from './hold.ts';
import { nextStep } from './next-step.ts';
import type { OperationState, PaymentState } from './payment-state.ts';
import type { ProviderOutcome } from './provider.ts';
import { recordClosedOperation } from './record-closed-operation.ts';
import { recordOperation } from './record-operation.ts';
import { requestIncrement } from './request-increment.ts';
import { planOperation } from './submit-operation.ts';

const ask = { operationId: 'op_new', actor: 'api_key:key_1' };
const able = () => aContract({ incrementalAuthorization: true });
const attempt = anAuthorizedAttempt();
const raise = (values: Partial<OperationState> = {}): OperationState =>
  anOperation({ id: 'op_inc', kind: 'increment', amount: 2_000n, final: false, ...values });
const request = (payment: PaymentState, amount = 2_000n, contractOf = able): string => {
  const judgement: Judgement = requestIncrement(payment, { ...ask, amount }, contractOf);
  return judgement.kind === 'refused' ? judgement.code : 'accepted';
};

describe('asked for', () => {
  const many = Array.from({ length: 10 }, (_, i) => raise({ id: `op_${i}`, status: 'failed' }));
  test.each([
    ['authorized', anAuthorizedPayment(), 'accepted'],
    [
      'in the middle of one',
      anAuthorizedPayment([raise({ status: 'unknown' })]),
      'increment_pending',
    ],
    ['being canceled', anAuthorizedPayment([anOperation({ kind: 'void' })]), 'cancel_pending'],
    [
      'being captured',
      anAuthorizedPayment([anOperation({ amount: 1n })]),
      'payment_not_incrementable',
    ],
    [
      'captured in part',
      anAuthorizedPayment([anOperation({ status: 'succeeded', amount: 1n, final: false })]),
      'payment_not_incrementable',
    ],
    [
      'in doubt',
      anAuthorizedPayment([], { attempts: [{ ...attempt, status: 'unknown' }] }),
      'payment_in_doubt',
    ],
    ['raised ten times', anAuthorizedPayment(many), 'payment_not_incrementable'],
    ['expired', anAuthorizedPayment([], { status: 'expired' }), 'payment_not_incrementable'],
  ])('of a payment that is %s', (_, payment, verdict) => {
    expect(request(payment)).toBe(verdict);
  });

  test('only where the contract has it, and up to the largest amount', () => {
    const payment = anAuthorizedPayment();
    expect(request(payment, 1n, () => aContract())).toBe('increment_not_supported');
    const room = BigInt(Number.MAX_SAFE_INTEGER) - 10_000n;
    expect(request(payment, room)).toBe('accepted');
    expect(request(payment, room + 1n)).toBe('increment_too_large');
  });
});

describe('under way', () => {
  test.each(['requested', 'submitting', 'unknown', 'pending'] as const)(
    'a capture of all does not pretend to know what all is (%s)',
    (status) => {
      const payment = anAuthorizedPayment([raise({ status })]);
      const capture = (values: { amount?: bigint; final?: boolean }): string => {
        const judgement = requestCapture(payment, { ...ask, ...values }, able);
        return judgement.kind === 'refused' ? judgement.code : 'accepted';
      };
      expect(capture({})).toBe('increment_pending');
      expect(capture({ amount: 9_999n })).toBe('accepted');
      expect(capture({ final: true })).toBe('accepted');
      expect(capture({ amount: 10_001n })).toBe('capture_exceeds_authorization');
    },
  );

  test.each(['void', 'capture'] as const)('a %s that closes waits for it', (kind) => {
    const doubtful = raise({ status: 'unknown', number: 1, dueAt: now + 5_000 });
    const closing = anOperation({ kind, number: 2, status: 'requested', final: true });
    expect(nextStep(anAuthorizedPayment([doubtful, closing])).kind).toBe('wait');
  });
});

const told = (payment: PaymentState, operation: OperationState, outcome: ProviderOutcome) =>
  recordOperation({ payment, operation, attempt }, outcome);

describe('its outcome', () => {
  const sent = raise();
  test('a yes moves the hold to one of the whole; the database raises what is authorized', () => {
    const payment = anAuthorizedPayment([sent]);
    const change = told(payment, sent, approved({ amountMinor: 2_000n }));
    expect(heldBy(change)).toBe(2_000n);
    expect(change?.entries?.map((e) => [e.key, e.resolvesKey])).toEqual([
      ['op_inc/released', 'att_1/authorized'],
      ['op_inc/incremented', undefined],
    ]);
    expect(change?.payment?.amountAuthorized).toBeUndefined();
    expect(change?.answers).toEqual([{ awaitsId: 'op_inc', status: 201 }]);
    expect(change?.events).toEqual([{ type: 'increment.succeeded', operationId: 'op_inc' }]);
  });

  test.each([unknown(), declined()])('$kind changes nothing that is held', (outcome) => {
    const change = told(anAuthorizedPayment([sent]), sent, outcome);
    expect(change?.entries ?? []).toEqual([]);
    expect(change?.payment?.status).toBeUndefined();
  });

  test('a yes to another amount is in doubt', () => {
    const change = told(anAuthorizedPayment([sent]), sent, approved({ amountMinor: 2_001n }));
    expect(change?.operations?.update).toMatchObject([{ status: 'unknown' }]);
  });

  test('known only after a part was captured, it holds the rest and itself', () => {
    const part = anOperation({ status: 'succeeded', amount: 4_000n, final: false });
    const change = told(anAuthorizedPayment([sent, part]), sent, approved({ amountMinor: 2_000n }));
    const amounts = change?.entries?.map((e) => e.postings[0]?.amount);
    expect(amounts).toEqual([6_000n, 8_000n]);
  });

  test('known only after the authorization was over, it holds nothing', () => {
    const payment = anAuthorizedPayment([sent], { captureClosed: true });
    expect(told(payment, sent, approved({ amountMinor: 2_000n }))?.entries).toEqual([]);
  });
});

describe('raised, the payment', () => {
  const done = raise({ status: 'succeeded', dueAt: null });
  const raised = anAuthorizedPayment([done], { amountAuthorized: 12_000n });

  test('is captured, and what releases names the one hold there is', () => {
    expect(holdKey(raised, attempt)).toBe('op_inc/incremented');
    const capture = anOperation({ id: 'op_2', number: 2, amount: 12_000n });
    const payment = { ...raised, operations: [done, capture], captureReserved: 12_000n };
    const change = told(payment, capture, approved({ amountMinor: 12_000n }));
    expect(change?.payment).toMatchObject({ status: 'captured' });
    expect(change?.entries?.[0]).toMatchObject({ resolvesKey: 'op_inc/incremented' });
    expect(heldBy(change)).toBe(-12_000n);
  });

  test('is canceled in full', () => {
    const judgement = requestCancel(raised, ask);
    expect(judgement.kind === 'accepted' && judgement.change.operations?.insert?.[0]?.amount).toBe(
      12_000n,
    );
  });

  test('loses it again when the provider takes it back, and no more than is free', () => {
    const due = { ...done, dueAt: now };
    const { evidence } = declined();
    const outcome = { ...declined(), evidence: { ...evidence, kind: 'lookup' as const } };
    const lookup = { kind: 'found' as const, outcome };
    const lost = (values: Partial<PaymentState>) =>
      recordClosedOperation({ ...raised, operations: [due], ...values }, due, lookup, 'ref_new');
    expect(heldBy(lost({}))).toBe(-2_000n);
    expect(heldBy(lost({ captureReserved: 11_500n }))).toBe(-500n);
    expect(lost({})?.events).toEqual([{ type: 'increment.failed', operationId: 'op_inc' }]);
    // Its hold is still the one that later releases name.
    const failed = { ...due, status: 'failed' as const, failureCode: 'late_failure' };
    expect(holdKey({ ...raised, operations: [failed] }, attempt)).toBe('op_inc/incremented');
  });
});

test('found done behind a no it is raised all the same, unless it was raised again since', () => {
  const failed = raise({ status: 'failed', dueAt: now, failureCode: 'do_not_honor' });
  const evidence = { ...approved().evidence, kind: 'lookup' as const };
  const lookup = {
    kind: 'found' as const,
    outcome: approved({ amountMinor: 2_000n, evidence }),
  };
  const change = recordClosedOperation(anAuthorizedPayment([failed]), failed, lookup, 'ref_new');
  expect(heldBy(change)).toBe(2_000n);
  const since = raise({ id: 'op_3', number: 3, status: 'succeeded' });
  const again = recordClosedOperation(
    anAuthorizedPayment([failed, since]),
    failed,
    lookup,
    'ref_new',
  );
  expect(again?.entries).toBeUndefined();
});

test('what waited until the authorization was over is refused unsent', () => {
  const waiting = raise({ status: 'requested' });
  const payment = anAuthorizedPayment([waiting], { captureClosed: true });
  const plan = planOperation(payment, waiting, able, 'op_x');
  expect(plan.change.operations?.update).toMatchObject([
    { status: 'failed', failure: { code: 'not_incrementable' } },
  ]);
});
