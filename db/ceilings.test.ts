/** P4 on the database itself: plain SQL, in parallel, past all code of ours. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { NewOperation } from '../domain/change.ts';
import { liveAttempt, type PaymentState } from '../domain/payment-state.ts';
import { approved, declined, unknown } from '../test/support/payments.ts';
import {
  aNewOperation,
  countOf,
  openPaymentDatabase,
  sqlAs,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

type Role = 'tender_api' | 'tender_worker';
const roles: readonly Role[] = ['tender_api', 'tender_worker'];

/** `insert into operations` and nothing else. */
function insert(role: Role, payment: PaymentState, values: Partial<NewOperation>): Promise<string> {
  const o = aNewOperation({ attemptId: liveAttempt(payment)?.id ?? null, ...values });
  return verdictOf(
    sqlAs(
      on,
      role,
      payment.merchantId,
      sql`
        insert into operations (id, payment_id, merchant_id, attempt_id, number, kind, cause, status, amount, currency,
          final, late, basis, requested_by)
        select ${o.id}, ${payment.id}, ${payment.merchantId}, ${o.attemptId}, floor(random() * 2e9)::int, ${o.kind},
          ${o.cause}, ${o.status}, ${String(o.amount)}::bigint, 'USD', ${o.final}, ${o.late}, '{}', 'test'`,
    ),
  );
}

function parallel(count: number, one: (i: number) => Promise<string>): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => one(i)));
}

describe.each(roles)('as %s', (role) => {
  test('of 16 refunds of 60 on 100 exactly one is taken', async () => {
    const payment = await on.captured({ amount: 100n });
    const verdicts = await parallel(16, () =>
      insert(role, payment, { kind: 'refund', amount: 60n }),
    );
    expect(countOf(verdicts)).toEqual({ accepted: 1, payments_refunded_within_captured: 15 });
    expect(await on.state(payment.id)).toMatchObject({ refundReserved: 60n, amountRefunded: 0n });
  });

  test('of 16 refunds of 25 on 100 exactly four are taken', async () => {
    const payment = await on.captured({ amount: 100n });
    const verdicts = await parallel(16, () =>
      insert(role, payment, { kind: 'refund', amount: 25n }),
    );
    expect(countOf(verdicts)).toEqual({ accepted: 4, payments_refunded_within_captured: 12 });
  });

  test('of 16 captures of 60 on 100 exactly one is taken', async () => {
    const payment = await on.tried({ amount: 100n });
    const verdicts = await parallel(16, () => insert(role, payment, { amount: 60n }));
    expect(countOf(verdicts)).toEqual({ accepted: 1, payments_captured_within_authorized: 15 });
    expect(await on.state(payment.id)).toMatchObject({ captureReserved: 60n });
  });

  test('of 16 cancels exactly one is taken', async () => {
    const payment = await on.tried();
    const verdicts = await parallel(16, () => insert(role, payment, { kind: 'void' }));
    expect(countOf(verdicts)).toEqual({ accepted: 1, cancel_pending: 15 });
  });

  test('captures and cancels race: one cancel, and no more captured than is authorized', async () => {
    for (let round = 0; round < 6; round += 1) {
      const payment = await on.tried({ amount: 100n });
      const verdicts = await parallel(10, (i) =>
        insert(role, payment, i % 5 === 2 ? { kind: 'void', amount: 100n } : { amount: 30n }),
      );
      const after = await on.state(payment.id);
      const kinds = after.operations.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'void')).toHaveLength(1);
      expect(after.voidOpen).toBe(true);
      expect(after.captureReserved).toBe(30n * BigInt(kinds.length - 1));
      expect(after.captureReserved).toBeLessThanOrEqual(100n);
      expect(verdicts.filter((v) => v === 'accepted')).toHaveLength(kinds.length);
    }
  });

  test('nothing is captured that is being canceled', async () => {
    const payment = await on.tried({ amount: 100n });
    expect(await insert(role, payment, { kind: 'void' })).toBe('accepted');
    expect(await insert(role, payment, { amount: 1n })).toBe('cancel_pending');
  });

  test('a capture that comes while a cancel is being written waits for it, and is refused', async () => {
    const payment = await on.tried({ amount: 100n });
    const capture = await on.worker.transaction().execute(async (trx) => {
      const o = aNewOperation();
      await sql`
        insert into operations (id, payment_id, merchant_id, number, kind, cause, status, amount, currency, basis, requested_by)
        values (${o.id}, ${payment.id}, ${payment.merchantId}, 1, 'void', 'cancel', 'requested', 100, 'USD', '{}', 'test')`.execute(
        trx,
      );
      const waiting = insert(role, payment, { amount: 1n });
      await sql`select pg_sleep(0.05)`.execute(trx);
      return { waiting };
    });
    expect(await capture.waiting).toBe('cancel_pending');
  });

  test('nothing is captured after the final capture', async () => {
    const before = await on.tried({ amount: 100n });
    const final = { amount: 40n, final: true };
    const payment = await on.operate(before, final, approved({ amountMinor: 40n }));
    expect(await insert(role, payment, { amount: 1n })).toBe('capture_closed');
  });

  test('nobody gets past a ceiling by calling an operation late', async () => {
    const payment = await on.captured({ amount: 100n });
    const late = { kind: 'refund' as const, amount: 1_000_000n, late: true };
    expect(await insert(role, payment, late)).not.toBe('accepted');
  });

  test('of 16 increments at once exactly one is under way, and it raises nothing yet', async () => {
    const payment = await on.tried({ amount: 100n });
    const verdicts = await parallel(16, () =>
      insert(role, payment, { kind: 'increment', amount: 50n }),
    );
    expect(countOf(verdicts)).toEqual({ accepted: 1, operations_one_increment: 15 });
    expect(await on.state(payment.id)).toMatchObject({ amountAuthorized: 100n });
    expect(await insert(role, payment, { amount: 101n })).toBe(
      'payments_captured_within_authorized',
    );
  });

  test('nothing is raised that is being canceled, or beyond the largest amount', async () => {
    const payment = await on.tried({ amount: 100n });
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    const increment = { kind: 'increment' as const };
    expect(await insert(role, payment, { ...increment, amount: most - 99n })).toBe(
      'increment_too_large',
    );
    expect(await insert(role, payment, { kind: 'void' })).toBe('accepted');
    expect(await insert(role, payment, { ...increment, amount: 1n })).toBe('cancel_pending');
  });

  test.each([0n, -1n])('an operation of %s is refused', async (amount) => {
    const payment = await on.captured({ amount: 100n });
    expect(await insert(role, payment, { kind: 'refund', amount })).toBe(
      'operations_amount_positive',
    );
  });
});

test('the API may ask, and may not say what became of it', async () => {
  const payment = await on.tried();
  for (const status of ['submitting', 'pending', 'unknown', 'succeeded', 'failed'] as const) {
    expect(await insert('tender_api', payment, { amount: 1n, status })).toBe('42501');
  }
});

describe('what is in flight counts', () => {
  test('an unknown refund uses up what was captured, a failed one gives it back', async () => {
    const captured = await on.captured({ amount: 100n });
    const doubtful = await on.operate(captured, { kind: 'refund', amount: 60n }, unknown());
    expect(doubtful).toMatchObject({ refundReserved: 60n, amountRefunded: 0n });
    expect(await insert('tender_api', doubtful, { kind: 'refund', amount: 41n })).toBe(
      'payments_refunded_within_captured',
    );
    const other = await on.captured({ amount: 100n });
    const failed = await on.operate(other, { kind: 'refund', amount: 60n }, declined());
    expect(failed).toMatchObject({ refundReserved: 0n, amountRefunded: 0n });
    expect(await insert('tender_api', failed, { kind: 'refund', amount: 100n })).toBe('accepted');
  });

  test('a capture is moved from reserved to captured, once', async () => {
    const before = await on.tried({ amount: 100n });
    const after = await on.operate(before, { amount: 40n }, approved({ amountMinor: 40n }));
    expect(after).toMatchObject({ captureReserved: 0n, amountCaptured: 40n, captureClosed: false });
  });

  test('a void that failed opens the payment for captures again', async () => {
    const before = await on.tried({ amount: 100n });
    const values = { kind: 'void' as const, cause: 'cancel' as const, amount: 100n };
    const after = await on.operate(before, values, declined('already_captured'));
    expect(after).toMatchObject({ voidOpen: false, captureClosed: false });
    expect(await insert('tender_api', after, { amount: 100n })).toBe('accepted');
  });

  test('a capture taken back after refunds is recorded: the rest is excess, no ceiling refuses it', async () => {
    const captured = await on.captured({ amount: 100n });
    const payment = await on.operate(
      captured,
      { kind: 'refund', amount: 60n },
      approved({ amountMinor: 60n }),
    );
    const capture = payment.operations.find((o) => o.kind === 'capture');
    await on.rows.all(`update operations set status = 'failed' where id = $1`, [capture?.id]);
    expect(await on.state(payment.id)).toMatchObject({
      amountCaptured: 0n,
      amountRefunded: 60n,
      amountExcess: 60n,
    });
    expect(await insert('tender_api', payment, { kind: 'refund', amount: 1n })).toBe(
      'payments_refunded_within_captured',
    );
  });
});

describe('an increment', () => {
  const raise = { kind: 'increment' as const, amount: 50n };
  test('raises what is authorized when it succeeded, and only then', async () => {
    const doubtful = await on.operate(await on.tried({ amount: 100n }), raise, unknown());
    expect(doubtful.amountAuthorized).toBe(100n);
    const before = await on.tried({ amount: 100n });
    const after = await on.operate(before, raise, approved({ amountMinor: 50n }));
    expect(after.amountAuthorized).toBe(150n);
    expect(await insert('tender_api', after, { amount: 150n })).toBe('accepted');
    const refused = await on.operate(await on.tried({ amount: 100n }), raise, declined());
    expect(refused.amountAuthorized).toBe(100n);
  });

  test('taken back after it was captured is a fact that no ceiling refuses', async () => {
    const before = await on.tried({ amount: 100n });
    const raised = await on.operate(before, raise, approved({ amountMinor: 50n }));
    const part = { amount: 130n };
    const captured = await on.operate(raised, part, approved({ amountMinor: 130n }));
    const [increment] = captured.operations;
    await on.rows.all(`update operations set status = 'failed' where id = $1`, [increment?.id]);
    expect(await on.state(captured.id)).toMatchObject({
      amountAuthorized: 130n,
      amountCaptured: 130n,
    });
  });

  test('is not booked by whoever writes the payment', async () => {
    const payment = await on.tried({ amount: 100n });
    const by = (column: string) =>
      verdictOf(
        on.rows.all(`update payments set ${column} = ${column} + 1 where id = $1`, [payment.id]),
      );
    expect(await by('amount_incremented')).toBe('amounts_follow_operations');
    expect(await by('amount_authorized')).toBe('payments_authorized_within_amount');
  });
});

test('of 8 attempts at once exactly one is live', async () => {
  const payment = await on.accept();
  const verdicts = await parallel(8, (i) =>
    verdictOf(
      on.rows.all(
        `insert into attempts (id, payment_id, merchant_id, number, provider, kind, status, amount, currency,
           payment_method, provider_key, send_by, key_horizon, basis)
         select 'att_' || uuidv7(), id, merchant_id, $2::int, 'alder', 'sale', 'submitting', amount, currency, '{}',
           uuidv7()::text, tender_now(), tender_now(), '{}' from payments where id = $1`,
        [payment.id, i],
      ),
    ),
  );
  expect(countOf(verdicts)).toEqual({ accepted: 1, attempts_one_live: 7 });
});
