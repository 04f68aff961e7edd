/** The life of a refund in the books (reliability.md 7.3): what each outcome posts, and where it ends. */
import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  aContract,
  anAuthorizedAttempt,
  anOperation,
  approved,
  declined,
  notSent,
  now,
  pending,
  unknown,
} from '../test/support/payments.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { OperationState } from './payment-state.ts';
import type { ProviderOutcome } from './provider.ts';
import { recordClosedOperation } from './record-closed-operation.ts';
import { recordAbsent, recordOperation } from './record-operation.ts';
import { resolveOperation } from './resolve.ts';
import { planOperation } from './submit-operation.ts';

const attempt = anAuthorizedAttempt();
const asked = anOperation({
  id: 'ref_1',
  kind: 'refund',
  number: 2,
  amount: 4_000n,
  status: 'requested',
});

function paymentWith(refund: OperationState, fundModel: 'own' | 'facilitator' = 'own') {
  return aCapturedPayment([refund], { fundModel });
}

/** The permit, then each outcome in turn: the refund as it is left, and all entries posted. */
function lifeOf(
  outcomes: readonly ProviderOutcome[],
  fundModel: 'own' | 'facilitator' = 'own',
  cause: OperationState['cause'] = 'request',
): { refund: OperationState; entries: readonly JournalEntry[] } {
  const fromSuspense = cause === 'automatic' ? asked.amount : 0n;
  let refund: OperationState = { ...asked, cause, fromSuspense };
  const entries: JournalEntry[] = [];
  const plan = planOperation(paymentWith(refund, fundModel), refund, () => aContract(), 'ref_x');
  entries.push(...(plan.change.entries ?? []));
  refund = { ...refund, ...plan.change.operations?.update?.[0] };
  for (const outcome of outcomes) {
    const payment = paymentWith(refund, fundModel);
    const change = recordOperation({ payment, operation: refund, attempt }, outcome);
    entries.push(...(change?.entries ?? []));
    refund = { ...refund, ...change?.operations?.update?.[0] };
  }
  return { refund, entries };
}

/** Net of what is posted per account, and of what is still pending; zero is left out. */
function balances(entries: readonly JournalEntry[]): Readonly<Record<string, bigint>> {
  const sums: Record<string, bigint> = {};
  for (const { state, postings } of entries) {
    for (const { account, side, amount } of postings) {
      const at = state === 'pending' ? `pending ${account}` : account;
      sums[at] = (sums[at] ?? 0n) + (side === 'debit' ? amount : -amount);
    }
  }
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0n));
}

const yes = approved({ amountMinor: 4_000n });
const done = { '4000': 4_000n, '1100': -4_000n };
const inFlight = { '4000': 4_000n, '2140': -4_000n };
const reserved = { 'pending 4000': 4_000n, 'pending 2140': -4_000n };

describe('what each outcome leaves in the books', () => {
  test.each([
    ['sent', [], 'submitting', reserved],
    ['in doubt', [unknown()], 'unknown', reserved],
    ['never left', [notSent()], 'requested', reserved],
    ['done at once', [yes], 'succeeded', done],
    ['in doubt, then done', [unknown(), yes], 'succeeded', done],
    ['refused at once', [declined()], 'failed', {}],
    ['in doubt, then refused', [unknown(), declined()], 'failed', {}],
    ['acknowledged', [pending()], 'pending', inFlight],
    ['acknowledged twice', [pending(), pending()], 'pending', inFlight],
    ['acknowledged, then done', [pending(), yes], 'succeeded', done],
    ['acknowledged, then refused', [pending(), declined()], 'failed', {}],
    ['acknowledged, then in doubt', [pending(), unknown()], 'unknown', inFlight],
    [
      'acknowledged, in doubt, again, done',
      [pending(), unknown(), pending(), yes],
      'succeeded',
      done,
    ],
    ['acknowledged, in doubt, done', [pending(), unknown(), yes], 'succeeded', done],
    ['acknowledged, in doubt, refused', [pending(), unknown(), declined()], 'failed', {}],
    ['in doubt, acknowledged, refused', [unknown(), pending(), declined()], 'failed', {}],
  ] as const)('%s', (_, outcomes, status, left) => {
    const { refund, entries } = lifeOf(outcomes);
    expect(refund.status).toBe(status);
    expect(balances(entries)).toEqual(left);
    expect(new Set(entries.map((e) => e.key)).size).toBe(entries.length);
  });

  test('a facilitator gives it back from what is captured and not available yet', () => {
    expect(balances(lifeOf([yes], 'facilitator').entries)).toEqual({
      '2100': 4_000n,
      '1100': -4_000n,
    });
  });
});

test.each([
  ['reserved', [], { 'pending 2900': 4_000n, 'pending 2140': -4_000n }],
  ['in flight', [pending()], { '2900': 4_000n, '2140': -4_000n }],
  ['settled', [pending(), yes], { '2900': 4_000n, '1100': -4_000n }],
  ['done at once', [yes], { '2900': 4_000n, '1100': -4_000n }],
  ['refused', [pending(), declined()], {}],
] as const)('what was captured in excess goes back out of suspense: %s', (_, outcomes, left) => {
  expect(balances(lifeOf(outcomes, 'own', 'automatic').entries)).toEqual(left);
});

describe('after it succeeded', () => {
  test.each([
    ['in one step', [yes]],
    ['after an acknowledgement', [pending(), yes]],
  ] as const)('%s, a late failure owes it to the customer, once', (_, outcomes) => {
    const { refund, entries } = lifeOf(outcomes);
    const payment = paymentWith({ ...refund, dueAt: now });
    const lookup = {
      kind: 'found' as const,
      outcome: {
        ...declined('late_failure'),
        evidence: { ...declined().evidence, kind: 'lookup' as const },
      },
    };
    const operation = { ...refund, dueAt: now };
    const change = recordClosedOperation(payment, operation, lookup, 'ref_new');
    expect(change?.operations?.update).toMatchObject([
      { fromStatus: 'succeeded', status: 'failed', failure: { code: 'late_failure' } },
    ]);
    expect(change?.events).toEqual([{ type: 'refund.failed', operationId: 'ref_1' }]);
    const all = [...entries, ...(change?.entries ?? [])];
    expect(balances(all)).toEqual({ '4000': 4_000n, '2150': -4_000n });
    // Told again, it is known already.
    const failed = { ...operation, status: 'failed' as const, failureCode: 'late_failure' };
    expect(
      recordClosedOperation(paymentWith(failed), failed, lookup, 'ref_new')?.entries,
    ).toBeUndefined();
  });
});

describe('what was acknowledged', () => {
  const { refund } = lifeOf([pending(), unknown()]);

  test('is never proven absent, also when it is in doubt since', () => {
    const evidence = { kind: 'lookup' as const, provider: 'alder', detail: 'absent' };
    const operation = { ...refund, sendBy: now - 86_400_000, keyHorizon: now - 1, absences: 5 };
    const payment = paymentWith(operation);
    const lookup = { kind: 'absent' as const, evidence };
    expect(resolveOperation(payment, operation, aContract(), lookup)).toEqual({
      kind: 'look_again',
      absent: false,
    });
    expect(recordAbsent({ payment, operation, attempt }, evidence)).toBeNull();
  });
});

test('what came too late is given back out of suspense and reserves nothing', () => {
  const late = { ...asked, late: true, cause: 'late_success' as const };
  const plan = planOperation(paymentWith(late), late, () => aContract(), 'ref_x');
  expect(plan.change.entries).toBeUndefined();
});

test.each(['capture', 'void'] as const)('a %s reserves nothing of a refund', (kind) => {
  const operation = { ...asked, kind, id: 'op_9' };
  const payment = aCapturedPayment([operation], { captureClosed: false, amountCaptured: 0n });
  const plan = planOperation(payment, operation, () => aContract(), 'ref_x');
  expect(plan.change.entries).toBeUndefined();
});
