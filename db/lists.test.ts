/** A list reads the rows it shows: a filter or a cursor is a way in, never a reason to read past the rest. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql, type Transaction } from 'kysely';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';
import type { Database } from './database.ts';
import { listEvents, listEventsForStaff } from './events.ts';
import { listEntries } from './ledger.ts';
import { asMerchant } from './payments.ts';

const stored = 2_000;
const page = { limit: 10 };
let on: PaymentDatabase;
let merchantId: string;
let paymentId: string;

beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  const first = await on.captured({ merchantId });
  paymentId = first.id;
  const rest = await on.accept({ merchantId });
  await on.rows.all(
    `insert into outbox (id, merchant_id, payment_id, sequence, type, object)
     select 'evt_z' || lpad(i::text, 6, '0'), $1, $2, 100 + i, 'test', '{}' from generate_series(1, $3::int) i`,
    [merchantId, rest.id, stored],
  );
  await on.rows.all(
    `insert into outbox (id, merchant_id, stream, sequence, type, object)
     select 'evt_y' || lpad(i::text, 6, '0'), case when i > 5 then $1 end, 'brk_' || i, 1, 'break.opened', '{}'
     from generate_series(1, $2::int) i`,
    [await on.newMerchant(), stored],
  );
  await on.rows.all(
    `insert into payments (id, merchant_id, status, amount, currency, capture_method, payment_method, submit_within_ms, status_basis)
     select 'pay_' || i, $1, 'processing', 1, 'USD', 'manual', '{}', 1, '{}' from generate_series(0, $2::int - 1) i`,
    [merchantId, stored],
  );
  const entries = Array.from({ length: stored }, (_, i) => ({
    merchant_id: merchantId,
    payment_id: `pay_${i}`,
    key: `entry-${i}`,
    event: 'test',
    state: 'posted',
    postings: [
      { account: '1100', provider: 'alder', side: 'debit', amount: '1', currency: 'USD' },
      { account: '4000', side: 'credit', amount: '1', currency: 'USD' },
    ],
  }));
  for (const batch of [entries.slice(0, stored / 2), entries.slice(stored / 2)]) {
    await on.rows.all('select post_entries($1::jsonb)', [JSON.stringify(batch)]);
  }
  await on.rows.all('analyze');
});
afterAll(() => on.close());

/** What the list answers, and the rows of `table` it read to do so. */
async function rowsRead<T>(
  table: string,
  list: (trx: Transaction<Database>) => Promise<readonly T[]>,
): Promise<{ listed: readonly T[]; read: number }> {
  return asMerchant(on.api, merchantId, async (trx) => {
    const listed = await list(trx);
    const { rows } = await sql<{ read: number }>`
      select (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read
      from pg_stat_xact_user_tables where relname = ${table}`.execute(trx);
    return { listed, read: rows[0]?.read ?? 0 };
  });
}

test('the entries of one payment', async () => {
  const { listed, read } = await rowsRead('journal_entries', (trx) =>
    listEntries(trx, merchantId, { paymentId }, page),
  );
  expect(listed.length).toBeGreaterThan(0);
  expect(new Set(listed.map((entry) => entry.payment_id))).toEqual(new Set([paymentId]));
  expect(read).toBeLessThan(50);
});

test('the entries of an account that is hardly ever used, below all others', async () => {
  const postings = [
    { account: '1100', provider: 'gone', side: 'debit', amount: '1', currency: 'JPY' },
    { account: '2900', side: 'credit', amount: '1', currency: 'JPY' },
  ];
  const seldom = {
    merchant_id: merchantId,
    key: 'seldom',
    event: 'test',
    state: 'posted',
    postings,
  };
  await on.rows.all('select post_entries($1::jsonb)', [JSON.stringify([seldom])]);
  await on.rows.all(`begin; set local session_replication_role = replica;
    update postings set entry_id = 'je_00000000' where currency = 'JPY';
    update journal_entries set id = 'je_00000000' where key = 'seldom'; commit`);
  for (const filter of [
    { account: '2900' },
    { currency: 'JPY' },
    { account: '1100', currency: 'JPY' },
    { provider: 'gone' },
  ]) {
    const list = (trx: Transaction<Database>): ReturnType<typeof listEntries> =>
      listEntries(trx, merchantId, filter, page);
    const { listed, read } = await rowsRead('journal_entries', list);
    expect(listed.map(({ key }) => key)).toEqual(['seldom']);
    expect(read).toBeLessThan(50);
    expect(filter.provider ?? (await rowsRead('postings', list)).read < 50).toBeTruthy();
  }
});

test('the last page of the journal', async () => {
  const { rows } = await sql<{ id: string }>`
    select id from journal_entries order by id offset 5 limit 1`.execute(on.worker);
  const after = rows[0]?.id ?? '';
  const { listed, read } = await rowsRead('journal_entries', (trx) =>
    listEntries(trx, merchantId, {}, { ...page, after }),
  );
  expect(listed.map(({ id }) => id < after)).toEqual([true, true, true, true, true]);
  expect(read).toBeLessThan(50);
});

test('a late page of the events', async () => {
  const { listed, read } = await rowsRead('outbox', (trx) =>
    listEvents(trx, { type: 'test' }, { ...page, after: 'evt_z000004' }),
  );
  expect(listed.map(({ id }) => id)).toEqual(['evt_z000003', 'evt_z000002', 'evt_z000001']);
  expect(read).toBeLessThan(50);
});

test('the events of the installation, below all those of merchants', async () => {
  const { rows } = await on.worker.transaction().execute(async (trx) => {
    const listed = await listEventsForStaff(trx, merchantId, {}, { ...page, after: 'evt_y000006' });
    expect(listed.slice(0, 5).map(({ id }) => id)).toEqual([5, 4, 3, 2, 1].map((n) => `evt_y00000${n}`)); // prettier-ignore
    return sql<{ read: number }>`
      select (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read
      from pg_stat_xact_user_tables where relname = 'outbox'`.execute(trx);
  });
  expect(rows[0]?.read).toBeLessThan(50);
});
