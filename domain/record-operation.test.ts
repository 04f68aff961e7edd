import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  anAuthorizedPayment,
  anOperation,
  approved,
  declined,
  heldBy,
  illegalMoves,
  notSent,
  pending,
  requiresAction,
  unknown,
} from '../test/support/payments.ts';
import type { Change } from './change.ts';
import { attemptById, operationById, type PaymentState } from './payment-state.ts';
import { operationStatuses, type OperationStatus } from './payment.ts';
import type { ProviderOutcome } from './provider.ts';
import { recordOperation } from './record-operation.ts';

function record(payment: PaymentState, outcome: ProviderOutcome, id = 'op_1'): Change | null {
  const operation = operationById(payment, id);
  const attempt = attemptById(payment, operation.attemptId ?? 'att_1');
  return recordOperation({ payment, operation, attempt }, outcome);
}

const outcomes = {
  approved: approved(),
  declined: declined(),
  not_sent: notSent(),
  pending: pending(),
  unknown: unknown(),
  requires_action: requiresAction(),
} as const;

/** Rows: where the operation is. Columns: what the provider says. `-`: the status stands. */
const table = `
                  approved  declined not_sent  pending unknown requires_action
requires_approval -         -        -         -       -       -
requested         -         -        -         -       -       -
submitting        succeeded failed   requested pending unknown unknown
pending           succeeded failed   -         pending unknown unknown
unknown           succeeded failed   requested pending unknown unknown
succeeded         -         -        -         -       -       -
failed            -         -        -         -       -       -
rejected          -         -        -         -       -       -
`;
const [head = '', ...rows] = table.trim().split('\n');
const columns = head.trim().split(/\s+/) as (keyof typeof outcomes)[];
const cases = rows.flatMap((row) => {
  const [status, ...cells] = row.trim().split(/\s+/) as [OperationStatus, ...string[]];
  return columns.map((outcome, i) => ({
    status,
    outcome,
    next: cells[i] ?? '?',
    bug: status === 'pending' && outcome === 'not_sent' ? '' : '',
  }));
});

describe.each(['capture', 'void', 'refund'] as const)('what an outcome does to a %s', (kind) => {
  test('the table has a row for every status', () => {
    expect(new Set(cases.map((c) => c.status))).toEqual(new Set(operationStatuses));
  });

  test.each(cases)('$status, told $outcome: $next', ({ status, outcome, next }) => {
    const operation = anOperation({ id: 'op_1', number: 2, kind, status });
    const payment =
      kind === 'refund' ? aCapturedPayment([operation]) : anAuthorizedPayment([operation]);
    const change = record(payment, outcomes[outcome]);
    expect(illegalMoves(payment, change)).toEqual([]);
    const to = change?.operations?.update?.[0]?.status ?? status;
    expect(to).toBe(next === '-' ? status : next);
  });
});

describe('what contradicts an operation that is over', () => {
  test.each([
    { status: 'succeeded' as const, outcome: declined() },
    { status: 'failed' as const, outcome: approved() },
  ])('$status, told $outcome.kind, is kept at least as evidence', ({ status, outcome }) => {
    const refund = anOperation({ kind: 'refund', number: 2, status, dueAt: null });
    const change = record(aCapturedPayment([refund]), outcome);
    expect(change?.timeline.length ?? 0).toBeGreaterThan(0);
  });

  test('a yes for an operation that waits to be asked again is not dropped', () => {
    const refund = anOperation({ kind: 'refund', number: 2, status: 'requested', sentCount: 2 });
    expect(record(aCapturedPayment([refund]), approved())).not.toBeNull();
  });
});

test('a yes to another amount leaves a trace also on an operation that failed', () => {
  const refund = anOperation({ kind: 'refund', number: 2, status: 'failed', dueAt: null });
  const change = record(aCapturedPayment([refund]), approved({ amountMinor: 6_000n }));
  expect(change?.timeline.length ?? 0).toBeGreaterThan(0);
});

describe('a capture that succeeded', () => {
  test('in part leaves the rest of the authorization as it was', () => {
    const payment = anAuthorizedPayment([anOperation({ amount: 4_000n, final: false })]);
    const change = record(payment, approved({ amountMinor: 4_000n }));
    expect(change?.payment).toMatchObject({ status: 'partially_captured', captureClosed: false });
    expect(heldBy(change)).toBe(-4_000n);
  });

  test('in full releases all and closes', () => {
    const change = record(anAuthorizedPayment([anOperation({ final: false })]), approved());
    expect(change?.payment).toMatchObject({ status: 'captured', captureClosed: true });
    expect(heldBy(change)).toBe(-10_000n);
  });

  test('and is final releases exactly what is not captured', () => {
    const payment = anAuthorizedPayment([
      anOperation({ id: 'op_0', amount: 2_500n, status: 'succeeded', final: false }),
      anOperation({ number: 2, amount: 4_000n, final: true }),
    ]);
    const change = record(payment, approved({ amountMinor: 4_000n }));
    expect(change?.payment?.status).toBe('captured');
    expect(heldBy(change)).toBe(-7_500n);
    const posted = change?.entries?.find((e) => e.state === 'posted');
    expect(posted?.postings.map((p) => p.amount)).toEqual([4_000n, 4_000n]);
  });

  const others = ['requested', 'submitting', 'pending', 'unknown'] as const;
  test.each(others)('and is final leaves what a capture that is %s may still take', (status) => {
    const payment = anAuthorizedPayment([
      anOperation({ id: 'op_0', amount: 2_500n, status, final: false }),
      anOperation({ number: 2, amount: 4_000n, final: true }),
    ]);
    const change = record(payment, approved({ amountMinor: 4_000n }));
    expect(change?.payment).toMatchObject({ status: 'partially_captured', captureClosed: true });
    expect(heldBy(change)).toBe(-7_500n);
  });

  test.each([approved({ amountMinor: 2_500n }), declined()])(
    'behind a final one brings the authorization to zero, whatever its end ($kind)',
    (outcome) => {
      const payment = anAuthorizedPayment([
        anOperation({ id: 'op_0', amount: 4_000n, status: 'succeeded', final: true }),
        anOperation({ number: 2, amount: 2_500n, final: false }),
      ]);
      const change = record(payment, outcome);
      expect(change?.payment?.status).toBe('captured');
      // 7 500 went with the final one: the authorization of 10 000 is empty now.
      expect(heldBy(change)).toBe(-2_500n);
    },
  );

  test('of another amount is not the one we asked for', () => {
    const change = record(anAuthorizedPayment([anOperation()]), approved({ amountMinor: 1n }));
    expect(change?.operations?.update).toMatchObject([{ status: 'unknown' }]);
    expect(change?.entries ?? []).toEqual([]);
  });

  test('answers who asked for it and who waits for the payment', () => {
    expect(record(anAuthorizedPayment([anOperation()]), approved())?.answers).toEqual([
      { awaitsId: 'op_1', status: 201 },
      { awaitsId: 'pay_1', status: 201 },
    ]);
  });
});

describe('a capture that failed', () => {
  test('leaves the authorization to be captured again', () => {
    const change = record(anAuthorizedPayment([anOperation()]), declined());
    expect(change?.payment).toEqual({});
    expect(change?.entries).toEqual([]);
    expect(change?.answers).toEqual([{ awaitsId: 'op_1', status: 402, code: 'capture_declined' }]);
  });

  test('and was automatic hands the authorization to the merchant', () => {
    const payment = anAuthorizedPayment([anOperation()], { status: 'processing' });
    const change = record(payment, declined());
    expect(change?.payment?.status).toBe('requires_capture');
    expect(change?.answers).toContainEqual({
      awaitsId: 'pay_1',
      status: 402,
      code: 'capture_declined',
    });
  });

  test('because the authorization has expired ends the payment and empties the books', () => {
    const change = record(anAuthorizedPayment([anOperation()]), declined('authorization_expired'));
    expect(change?.payment).toMatchObject({ status: 'expired', captureClosed: true });
    expect(change?.attempts?.update).toMatchObject([{ status: 'expired', dueAt: null }]);
    expect(heldBy(change)).toBe(-10_000n);
  });

  test('because the authorization has expired keeps what was captured before', () => {
    const payment = anAuthorizedPayment([
      anOperation({ id: 'op_0', amount: 4_000n, status: 'succeeded', final: false }),
      anOperation({ number: 2, amount: 6_000n }),
    ]);
    const change = record(payment, declined('authorization_expired'));
    expect(change?.payment).toMatchObject({ status: 'captured', captureClosed: true });
    expect(change?.attempts).toBeUndefined();
    expect(heldBy(change)).toBe(-6_000n);
  });

  test('because the authorization has expired decides nothing for another under way', () => {
    const payment = anAuthorizedPayment([
      anOperation({ id: 'op_0', amount: 4_000n, status: 'unknown', final: false }),
      anOperation({ number: 2, amount: 6_000n }),
    ]);
    const change = record(payment, declined('authorization_expired'));
    expect(change?.payment?.captureClosed).toBeUndefined();
    expect(heldBy(change)).toBe(0n);
  });
});

describe('a void that succeeded', () => {
  test.each([
    { cause: 'cancel' as const, payment: 'canceled', attempt: 'voided' },
    { cause: 'expiry' as const, payment: 'expired', attempt: 'expired' },
  ])('for $cause ends the payment as $payment and empties the books', (expected) => {
    const payment = anAuthorizedPayment([anOperation({ kind: 'void', cause: expected.cause })]);
    const change = record(payment, approved());
    expect(change?.payment).toMatchObject({ status: expected.payment, captureClosed: true });
    expect(change?.attempts?.update).toMatchObject([{ status: expected.attempt, dueAt: null }]);
    expect(heldBy(change)).toBe(-10_000n);
    expect(change?.answers?.[0]).toEqual({ awaitsId: 'op_1', status: 200 });
  });

  test('after a part was captured keeps that part', () => {
    const payment = anAuthorizedPayment([
      anOperation({ id: 'op_0', amount: 4_000n, status: 'succeeded', final: false }),
      anOperation({ number: 2, kind: 'void', cause: 'cancel', amount: 6_000n }),
    ]);
    const change = record(payment, approved());
    expect(change?.payment?.status).toBe('captured');
    expect(change?.attempts).toBeUndefined();
    expect(heldBy(change)).toBe(-6_000n);
  });

  test('after a final capture has nothing left to release', () => {
    const payment = anAuthorizedPayment([
      anOperation({ id: 'op_0', amount: 4_000n, status: 'succeeded', final: true }),
      anOperation({ number: 2, kind: 'void', cause: 'cancel', amount: 6_000n }),
    ]);
    expect(heldBy(record(payment, approved()))).toBe(0n);
  });

  test.each(['authorization_expired', 'already_voided', 'reference_voided'])(
    'is also one refused with %s',
    (code) => {
      const payment = anAuthorizedPayment([anOperation({ kind: 'void', cause: 'cancel' })]);
      expect(record(payment, declined(code))?.payment?.status).toBe('canceled');
    },
  );

  test('is not one refused for any other reason', () => {
    const payment = anAuthorizedPayment([anOperation({ kind: 'void', cause: 'cancel' })]);
    const change = record(payment, declined('already_captured'));
    expect(change?.operations?.update).toMatchObject([{ status: 'failed' }]);
    expect(change?.payment?.status).toBeUndefined();
    expect(change?.answers).toEqual([{ awaitsId: 'op_1', status: 402, code: 'void_declined' }]);
  });
});
