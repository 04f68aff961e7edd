/** The life of a refund in PostgreSQL: reserved, in flight, settled or given back; the proofs hold at each step. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { liveAttempt, operationById, type PaymentState } from '../domain/payment-state.ts';
import type { ProviderOutcome } from '../domain/provider.ts';
import { recordOperation } from '../domain/record-operation.ts';
import { approved, declined, pending, unknown } from '../test/support/payments.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';
import { verifyLedger } from './ledger-verify.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const yes = approved({ amountMinor: 4_000n });

async function told(payment: PaymentState, outcome: ProviderOutcome): Promise<PaymentState> {
  const refund = payment.operations.find((o) => o.kind === 'refund');
  const attempt = liveAttempt(payment);
  if (refund === undefined || attempt === undefined) throw new Error('no refund');
  const operation = operationById(payment, refund.id);
  const change = recordOperation({ payment, operation, attempt }, outcome);
  return change === null ? payment : on.commit(payment, change);
}

/** `account pending/posted`, debits less credits. */
async function books({ merchantId }: PaymentState): Promise<readonly string[]> {
  const rows = await on.rows.all<{ line: string }>(
    `select account || ' ' || (pending_debits - pending_credits) || '/' || (posted_debits - posted_credits) as line
     from account_balances where merchant_id = $1 order by 1`,
    [merchantId],
  );
  return rows.map(({ line }) => line);
}

async function broken(): Promise<readonly string[]> {
  const { checks } = await verifyLedger(on.worker);
  return checks.filter((c) => c.state === 'broken').map((c) => `${c.name}: ${String(c.what)}`);
}

describe.each([
  ['in doubt', [unknown()], ['1100 0/10000', '2140 -4000/0', '4000 4000/-10000']],
  ['acknowledged', [pending()], ['1100 0/10000', '2140 0/-4000', '4000 0/-6000']],
  ['settled', [pending(), yes], ['1100 0/6000', '2140 0/0', '4000 0/-6000']],
  ['done at once', [yes], ['1100 0/6000', '2140 0/0', '4000 0/-6000']],
  ['refused', [declined()], ['1100 0/10000', '2140 0/0', '4000 0/-10000']],
  ['refused later', [pending(), declined()], ['1100 0/10000', '2140 0/0', '4000 0/-10000']],
] as const)('%s', (_, [first, ...then], left) => {
  test('is in the books as it is, and every proof holds', async () => {
    let payment = await on.operate(await on.captured(), { kind: 'refund', amount: 4_000n }, first);
    for (const outcome of then) payment = await told(payment, outcome);
    expect(await books(payment)).toEqual(left);
    expect(await broken()).toEqual([]);
  });
});

test('a refund that was under way before there were reservations gets one, once', async () => {
  const payment = await on.operate(
    await on.captured(),
    { kind: 'refund', amount: 4_000n },
    unknown(),
  );
  const migration = await readFile(
    new URL('migrations/0016_refund_life.sql', import.meta.url),
    'utf8',
  );
  const mine = [payment.merchantId];
  const count = `select count(*)::int as n from journal_entries where merchant_id = $1 and event = 'refund_requested'`;
  await on.rows.all(`begin; set local role tender_owner; ${migration}; commit`);
  expect(await on.rows.one(count, mine)).toEqual({ n: 1 });
  // As it was before: without its reservation, which a worker of today will want to release.
  await on.rows.all(`begin; set local session_replication_role = replica;
    delete from postings where entry_id in (select id from journal_entries where key like '%/requested');
    update account_balances set pending_debits = 0, pending_credits = 0;
    delete from journal_entries where key like '%/requested'; commit`);
  await on.rows.all(`begin; set local role tender_owner; ${migration}; commit`);
  expect(await books(await told(payment, yes))).toEqual([
    '1100 0/6000',
    '2140 0/0',
    '4000 0/-6000',
  ]);
});

test('an authorization says in the books how long it is held', async () => {
  const payment = await on.tried();
  const { seconds } = await on.rows.one<{ seconds: number }>(
    `select extract(epoch from expires_at - recorded_at)::int as seconds from journal_entries
     where payment_id = $1 and event = 'authorization'`,
    [payment.id],
  );
  expect(seconds).toBe(7 * 86_400);
});
