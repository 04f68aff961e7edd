/** A month that is closed while others post: what found it open is in its figures, or is not posted. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openPaymentDatabase, verdictOf } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { aPosting } from '../test/support/posting.ts';
import { closePeriod, type LedgerClose } from './ledger-closes.ts';
import { postEntries } from './ledger-posting.ts';
import { checkCloses } from './ledger-proofs.ts';

let on: PaymentDatabase;
let merchantId: string;
beforeEach(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
});
afterEach(() => on.close());

type Executor = Parameters<typeof postEntries>[0];
/** Dated into the month: `2026-01`. */
async function ask(db: Executor, month: string, merchant = merchantId): Promise<string> {
  const effectiveAt = Date.parse(`${month}-15T00:00:00Z`);
  const [verdict] = await postEntries(db, [
    aPosting(merchant, 100n, { request: true, effectiveAt }),
  ]);
  return String(verdict?.result);
}
const close = (date: string): Promise<LedgerClose | null> =>
  closePeriod(on.worker, { kind: 'month', date, actor: 'staff:ada', reason: 'end of month' });

/** What lies before the month's end now, and what the close says did. */
async function booked(
  period: string,
): Promise<{ readonly now: string; readonly stored: string; readonly late: string }> {
  return on.rows.one(
    `select (select coalesce(sum(b.posted_debits), 0)::text from balances_at(null, 'infinity', c.ends_at) b) as now,
       (select coalesce(sum(b.posted_debits), 0)::text from ledger_close_balances b where b.period = c.period) as stored,
       (select count(*)::text from journal_entries e where e.effective_at < c.ends_at and e.recorded_at > c.as_of) as late
     from ledger_closes c where c.period = $1`,
    [period],
  );
}

test('a close waits for a posting that found the month open, and counts it', async () => {
  let closing: Promise<LedgerClose | null> | undefined;
  let isClosed = false;
  await on.worker.transaction().execute(async (trx) => {
    expect(await ask(trx, '2026-01')).toBe('posted');
    closing = close('2026-01-01').finally(() => (isClosed = true));
    await sleep(300);
    expect(isClosed).toBe(false);
  });
  expect(await closing).toMatchObject({ period: '2026-01', entries: '1' });
  expect(await booked('2026-01')).toEqual({ now: '100', stored: '100', late: '0' });
  expect(await ask(on.worker, '2026-01')).toBe('period_closed');
});

test('a transaction that does not end is named, and holds nobody up for long', async () => {
  const another = await on.newMerchant();
  let other: string | undefined;
  await on.worker.transaction().execute(async (trx) => {
    await ask(trx, '2026-01');
    const closing = close('2026-01-01');
    await sleep(200);
    const asked = ask(on.worker, '2026-01', another);
    expect(await closing).toBeNull();
    other = await asked;
  });
  expect(other).toBe('posted');
  expect(await close('2026-01-01')).toMatchObject({ entries: '2' });
}, 15_000);

test.each(['repeatable read', 'serializable'] as const)(
  'a snapshot from before the close is sent back at %s, and refused when it comes again',
  async (isolation) => {
    const posting = on.worker
      .transaction()
      .setIsolationLevel(isolation)
      .execute(async (trx) => {
        await trx.selectFrom('merchants').select('id').execute();
        await close('2026-01-01');
        return ask(trx, '2026-01');
      });
    expect(await verdictOf(posting)).toBe('40001');
    expect(await ask(on.worker, '2026-01')).toBe('period_closed');
  },
);

test('a merchant who is not committed yet when a month is closed finds it closed', async () => {
  let closing: Promise<LedgerClose | null> | undefined;
  const client = new pg.Client({ connectionString: on.database.ownerUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`insert into merchants (id, name) values ('mer_late', 'late')`);
    closing = close('2026-01-01');
    await sleep(300);
    await client.query('commit');
  } finally {
    await client.end();
  }
  expect(await closing).not.toBeNull();
  expect(await ask(on.worker, '2026-01', 'mer_late')).toBe('period_closed');
});

describe.each(['read committed', 'serializable'] as const)('18 who post at %s', (isolation) => {
  test('while six months are closed: every figure stored is what lies in its month', async () => {
    const months = ['2025-08', '2025-09', '2025-10', '2025-11', '2025-12', '2026-01'];
    const counts = { posted: 0, period_closed: 0, sent_back: 0 };
    // One each: requests of one merchant would wait for each other.
    const merchants = await Promise.all(Array.from({ length: 18 }, () => on.newMerchant()));
    let isOver = false;
    const write = async (n: number): Promise<void> => {
      while (!isOver) {
        const month = months[n % months.length] ?? '';
        const answer = await verdictOf(
          on.worker
            .transaction()
            .setIsolationLevel(isolation)
            .execute(async (trx) => {
              const result = await ask(trx, month, merchants[n]);
              counts[result as 'posted'] += 1;
              // Longer between judging and committing than a close takes.
              await sleep(n);
            }),
        );
        if (answer !== 'accepted') counts.sent_back += 1;
        await sleep(1);
      }
    };
    const writers = merchants.map((_, n) => write(n));
    for (const month of months) {
      await sleep(150);
      while ((await close(`${month}-01`)) === null) await sleep(20);
    }
    isOver = true;
    await Promise.all(writers);
    for (const month of months) {
      const { now, stored, late } = await booked(month);
      expect({ month, stored, late }).toEqual({ month, stored: now, late: '0' });
    }
    expect(counts.posted).toBeGreaterThan(20);
    expect(counts.period_closed).toBeGreaterThan(5);
    expect(await checkCloses(on.worker)).toMatchObject({ state: 'holds' });
  }, 60_000);
});
