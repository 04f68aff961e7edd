/** What becomes of money that comes short, in parts, too much, too late, and told again and again. */
import { describe, expect, test } from '@jest/globals';
import {
  anAttempt,
  anOperation,
  aContract,
  aPayment,
  evidence,
  illegalMoves,
  now,
} from '../test/support/payments.ts';
import type { Change } from './change.ts';
import type { OperationState, PaymentState } from './payment-state.ts';
import type { ProviderOutcome } from './provider.ts';
import { recordClosedOperation } from './record-closed-operation.ts';
import { recordOperation } from './record-operation.ts';
import { amountDue, recordTransfers } from './record-transfers.ts';

const day = 24 * 3_600_000;
const action = {
  type: 'bank_instructions',
  iban: 'DE02120300000000202051',
  holder: 'Shop',
  transferReference: 'SBX-1',
} as const;
const open: ProviderOutcome = {
  ...{ kind: 'requires_action', providerReference: 'bank_1', action },
  evidence: evidence({ kind: 'lookup', provider: 'bank' }),
};

function waiting(
  operations: readonly OperationState[] = [],
  values: Partial<PaymentState> = {},
): PaymentState {
  const attempt = anAttempt({
    ...{ provider: 'bank', kind: 'sale', status: 'requires_action', providerReference: 'bank_1' },
    ...{ dueAt: now + day, expiresAt: now + 14 * day },
  });
  return aPayment({
    ...{ status: 'requires_action', captureMethod: 'automatic', attempts: [attempt], operations },
    paymentMethod: { type: 'bank_transfer' },
    ...values,
  });
}

function received(id: string, amount: bigint): OperationState {
  return anOperation({
    ...{ id: `op_${id}`, kind: 'receipt', cause: 'transfer', status: 'succeeded', late: true },
    ...{ amount, providerReference: id, dueAt: null },
  });
}

function told(
  payment: PaymentState,
  amounts: Readonly<Record<string, bigint>>,
  ofAnother: Readonly<Record<string, string>> = {},
): Change | null {
  const [attempt] = payment.attempts;
  if (attempt === undefined) throw new Error('no attempt');
  const receipts = Object.entries(amounts).map(([id, amountMinor]) => ({
    ...{ id, amountMinor, currency: payment.currency, at: now, operationId: `op_${id}` },
  }));
  const change = recordTransfers({
    ...{ payment, attempt, contract: aContract({ name: 'bank' }), receipts, outcome: open },
    ...{ newOperationId: 'op_new', newReturnId: 'ref_new', ofAnother },
  });
  expect(illegalMoves(payment, change)).toEqual([]);
  return change;
}

/** `receipt 400`, `capture 10000`, `refund 200`. */
function operations(change: Change | null): readonly string[] {
  return (change?.operations?.insert ?? []).map(({ kind, amount }) => `${kind} ${String(amount)}`);
}

/** What the change leaves on an account: debits less credits. */
function net(change: Change | null, account: string): bigint {
  return (change?.entries ?? [])
    .flatMap(({ postings }) => postings)
    .filter((posting) => posting.account === account)
    .reduce((sum, { side, amount }) => sum + (side === 'debit' ? amount : -amount), 0n);
}

function ended(
  status: 'voided' | 'authorized',
  operationsOf: readonly OperationState[],
): PaymentState {
  const payment = waiting(operationsOf, {
    status: status === 'voided' ? 'failed' : 'captured',
    captureClosed: status === 'authorized',
  });
  return { ...payment, attempts: payment.attempts.map((a) => ({ ...a, status })) };
}

const capture = anOperation({ id: 'op_capture', status: 'succeeded', dueAt: null });

describe('while it is waited for', () => {
  test('the exact amount is the payment, and nothing stays in suspense', () => {
    const change = told(waiting(), { a: 10_000n });
    expect(operations(change)).toEqual(['receipt 10000', 'capture 10000']);
    expect(change?.payment).toMatchObject({ status: 'captured', nextAction: null });
    expect([net(change, '1100'), net(change, '2900'), net(change, '4000')]).toEqual([
      10_000n,
      0n,
      -10_000n,
    ]);
  });

  test('too little is kept in suspense and the rest is waited for', () => {
    const change = told(waiting(), { a: 4_000n });
    expect(operations(change)).toEqual(['receipt 4000']);
    expect(change?.payment?.status).toBeUndefined();
    expect([net(change, '1100'), net(change, '2900')]).toEqual([4_000n, -4_000n]);
    const payment = waiting([received('a', 4_000n)]);
    expect(payment.attempts.map((a) => amountDue(payment, a))).toEqual([6_000n]);
  });

  test('parts are added up, and the last one makes it whole', () => {
    const change = told(waiting([received('a', 4_000n)]), { a: 4_000n, b: 6_000n });
    expect(operations(change)).toEqual(['receipt 6000', 'capture 10000']);
    expect([net(change, '1100'), net(change, '2900')]).toEqual([6_000n, 4_000n]);
  });

  test('a credit that another payment has is not counted, and both are named to a person', () => {
    const payment = waiting();
    const due = { ...payment, attempts: payment.attempts.map((a) => ({ ...a, dueAt: now })) };
    for (const one of [payment, due]) {
      const change = told(one, { a: 4_000n, b: 6_000n }, { op_b: 'pay_other' });
      expect(operations(change)).toEqual(['receipt 4000']);
      expect(change?.cases).toMatchObject([
        { kind: 'contradiction', reason: 'receipt_of_another_payment', amount: 6_000n },
      ]);
      expect(change?.cases?.[0]?.evidence).toMatchObject({ recorded: ['b is pay_other'] });
    }
    expect(told(due, { b: 6_000n }, { op_b: 'pay_other' })?.cases).toHaveLength(1);
  });

  test('what is too much is sent back at once', () => {
    const change = told(waiting(), { a: 10_200n });
    expect(operations(change)).toEqual(['receipt 10200', 'capture 10000', 'refund 200']);
    expect(change?.operations?.insert?.at(-1)).toMatchObject({
      ...{ late: true, cause: 'transfer', status: 'requested', reason: 'transfer_excess' },
    });
    expect(net(change, '2900')).toBe(-200n);
  });

  test('told twice is told once', () => {
    const payment = waiting([received('a', 4_000n)]);
    expect(told(payment, { a: 4_000n })).toBeNull();
    expect(told(payment, {})).toBeNull();
  });

  test('a cancel under way decides first: what came meanwhile is only written down', () => {
    expect(operations(told(waiting([], { voidOpen: true }), { a: 10_000n }))).toEqual([
      'receipt 10000',
    ]);
  });

  test('it is looked at again before its time is over, event or not', () => {
    const payment = waiting();
    const attempts = payment.attempts.map((a) => ({ ...a, dueAt: now }));
    const change = told({ ...payment, attempts }, {});
    expect(change?.attempts?.update?.[0]?.dueAt).toBe(now + 6 * 3_600_000);
  });
});

describe('when it is over', () => {
  test.each<[string, PaymentState, Readonly<Record<string, bigint>>, readonly string[]]>([
    ['what came short is sent back', ended('voided', [received('a', 4_000n)]), { a: 4_000n }, ['refund 4000']],
    ['what comes late is sent back', ended('voided', []), { a: 10_000n }, ['receipt 10000', 'refund 10000']],
    ['a second payment is sent back', ended('authorized', [received('a', 10_000n), capture]), { a: 10_000n, b: 10_000n }, ['receipt 10000', 'refund 10000']],
    ['nothing is sent back twice', ended('voided', [received('a', 4_000n), returned('requested')]), { a: 4_000n }, []],
    ['nor after it was sent', ended('voided', [received('a', 4_000n), returned('succeeded')]), { a: 4_000n }, []],
    ['but again after it failed', ended('voided', [received('a', 4_000n), returned('failed')]), { a: 4_000n }, ['refund 4000']],
    ['three times', ended('voided', [received('a', 4_000n), returned('failed'), returned('failed'), returned('failed')]), { a: 4_000n }, []],
    ['a late one behind one on its way waits', ended('voided', [received('a', 4_000n), returned('pending')]), { a: 4_000n, b: 500n }, ['receipt 500']],
  ])('%s', (_, payment, amounts, expected) => {
    expect(operations(told(payment, amounts))).toEqual(expected);
  }); // prettier-ignore

  test('what could not be sent back three times is put before a person', () => {
    const failed = [returned('failed'), returned('failed'), returned('failed')];
    const payment = ended('voided', [received('a', 4_000n), ...failed]);
    const attempts = payment.attempts.map((a) => ({ ...a, dueAt: now }));
    const change = told({ ...payment, attempts }, { a: 4_000n });
    expect(change?.cases).toMatchObject([
      { kind: 'late_return', attemptId: 'att_1', amount: 4_000n, reason: 'returns_failed' },
    ]);
  });

  test.each(['authorized', 'voided'] as const)(
    'a return that came to nothing after all (%s) is in suspense again, and looked after at once',
    (status) => {
      const sent = { ...returned('succeeded'), dueAt: now };
      const payment = ended(status, [received('a', 4_000n), sent]);
      const outcome: ProviderOutcome = {
        ...{ kind: 'declined', evidence: evidence({ kind: 'lookup', provider: 'bank' }) },
        decline: { code: 'account_closed', advice: 'do_not_retry', providerCode: 'x' },
      };
      const change = recordClosedOperation(payment, sent, { kind: 'found', outcome }, 'ref_new');
      expect(change?.operations?.update).toMatchObject([{ id: sent.id, status: 'failed' }]);
      expect(change?.entries).toMatchObject([{ key: `${sent.id}/failed_late` }]);
      expect(change?.attempts?.update).toEqual([{ id: 'att_1', fromStatus: status, dueAt: now }]);
      // It is sent again by itself: a person who did it too would do it twice.
      expect(change?.cases ?? []).toEqual([]);
    },
  );

  test('one refused is tried again, and so not put before a person yet', () => {
    const sent = returned('pending');
    const payment = ended('voided', [received('a', 4_000n), sent]);
    const [attempt] = payment.attempts;
    if (attempt === undefined) throw new Error('no attempt');
    const change = recordOperation(
      { payment, operation: sent, attempt },
      {
        ...{ kind: 'declined', evidence: evidence({ kind: 'lookup', provider: 'bank' }) },
        decline: { code: 'account_closed', advice: 'do_not_retry', providerCode: 'x' },
      },
    );
    expect(change?.operations?.update).toMatchObject([{ id: sent.id, status: 'failed' }]);
    expect(change?.cases ?? []).toEqual([]);
  });

  test('what came for a payment that had failed is a late success', () => {
    const types = told(ended('voided', []), { a: 10_000n })?.events?.map(({ type }) => type);
    expect(types).toEqual(['transfer.received', 'payment.late_success', 'refund.created']);
  });
});

function returned(status: 'requested' | 'pending' | 'succeeded' | 'failed'): OperationState {
  return anOperation({
    ...{
      id: `ref_${status}`,
      kind: 'refund',
      cause: 'transfer',
      status,
      late: true,
      amount: 4_000n,
    },
  });
}
