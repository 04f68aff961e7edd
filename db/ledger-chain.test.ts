/** P3, seen from outside: whatever is done to a row of the books, by whomever, the chain shows it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { anEntry, postEntries } from '../test/support/ledger-entries.ts';
import { openPaymentDatabase, verdictOf } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { checkChain, findHead, findUnsealed, formatHead, sealLedger } from './ledger-chain.ts';
import type { LedgerHead } from './ledger-chain.ts';

let on: PaymentDatabase;
let merchantId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  await on.captured();
  // Whoever owns the server can do that as well; triggers and foreign keys go with the session.
  await on.rows.all(`do $$ declare c record; begin
    for c in select conrelid::regclass as t, conname from pg_constraint
      where contype = 'c' and conrelid in ('journal_entries'::regclass, 'postings'::regclass) loop
      execute format('alter table %s drop constraint %I', c.t, c.conname);
    end loop; end $$`);
  for (let batch = 0; batch < 3; batch += 1) {
    const entries = Array.from({ length: 4 }, () => anEntry(merchantId));
    await postEntries(on.worker, ...entries);
    await sealLedger(on.worker);
  }
});
afterAll(() => on.close());

async function verify(published?: LedgerHead): Promise<string | null> {
  await sealLedger(on.worker);
  const { broken } = await checkChain(on.worker, { published });
  return broken ?? (await findUnsealed(on.worker));
}

/** As whoever owns the server: triggers and foreign keys do not run. What was done is undone after. */
async function tamper(statement: string, check: () => Promise<void>): Promise<void> {
  const tables = ['journal_entries', 'postings', 'ledger_batches', 'ledger_batch_entries'];
  const saved = tables.map((t) => `create table saved_${t} as table ${t}`).join(';');
  const restored = tables
    .map(
      (t) =>
        `delete from ${t}; insert into ${t} overriding system value table saved_${t}; drop table saved_${t}`,
    )
    .join(';');
  const off = 'set session_replication_role = replica';
  await on.rows.all(saved);
  try {
    await on.rows.all(
      `begin; ${off}; ${statement}; set session_replication_role = default; commit`,
    );
    await check();
  } finally {
    await on.rows.all(`begin; ${off}; ${restored}; set session_replication_role = default; commit`);
  }
}

const newest = `(select entry_id from ledger_batch_entries order by batch desc, position desc limit 1)`;
const oldest = `(select entry_id from ledger_batch_entries order by batch, position limit 1)`;

test('holds over what was sealed, and its head can be published', async () => {
  expect(await verify()).toBeNull();
  const head = await findHead(on.worker);
  expect(head && formatHead(head)).toMatch(/^[1-9]\d*:[0-9a-f]{64}$/);
  expect(await verify(head ?? undefined)).toBeNull();
  const { entries, postings } = await checkChain(on.worker);
  expect([entries, postings]).toEqual(
    Object.values(
      await on.rows.one<object>(
        'select (select count(*)::int from journal_entries) as e, (select count(*)::int from postings) as p',
      ),
    ),
  );
});

describe('of the oldest and of the newest row', () => {
  let columns: readonly { table: string; column: string; type: string }[] = [];
  beforeEach(async () => {
    columns = await on.rows.all(
      `select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.oid in ('journal_entries'::regclass, 'postings'::regclass, 'ledger_batches'::regclass, 'ledger_batch_entries'::regclass)
         and a.attnum > 0 and not a.attisdropped order by 1, a.attnum`,
    );
  });
  const other: Readonly<Record<string, string>> = {
    text: `coalesce(%, '') || 'x'`,
    bytea: `% || '\\x00'::bytea`,
    smallint: `coalesce(%, 0) + 1000`,
    integer: `coalesce(%, 0) + 1000`,
    bigint: `% + 1000`,
    'timestamp with time zone': `coalesce(%, now()) + interval '1 microsecond'`,
    xid8: `(%::text::bigint + 1)::text::xid8`,
  };
  test.each([
    ['oldest', oldest],
    ['newest', newest],
  ])('every altered field is found: %s', async (_, id) => {
    const missed: string[] = [];
    for (const { table, column, type } of columns) {
      const value = other[type]?.replaceAll('%', column);
      if (value === undefined) throw new Error(`no other value for ${type}`);
      const key = {
        journal_entries: `id = ${id}`,
        postings: `entry_id = ${id} and line = 1`,
        ledger_batches: `number = (select batch from ledger_batch_entries where entry_id = ${id})`,
        ledger_batch_entries: `entry_id = ${id}`,
      }[table];
      await tamper(`update ${table} set ${column} = ${value} where ${key ?? 'false'}`, async () => {
        if ((await verify()) === null) missed.push(`${table}.${column}`);
      });
    }
    expect(columns.length).toBeGreaterThan(25);
    expect(missed).toEqual([]);
  });
});

test.each([
  [
    'a missing entry',
    `delete from journal_entries where id = ${newest}`,
    /^journal entry je_\S+ is gone$/,
  ],
  [
    'a missing posting',
    `delete from postings where entry_id = ${newest} and line = 2`,
    /is not what was sealed/,
  ],
  [
    'an extra posting',
    `insert into postings select entry_id, 3, merchant_id, account, provider, side, amount, currency from postings where entry_id = ${oldest} and line = 1`,
    /is not what was sealed/,
  ],
  [
    'an entry that slipped in behind the seal',
    `insert into journal_entries select (e).* from (select jsonb_populate_record(e, '{"id": "je_x", "key": "je_x", "transaction_id": "3"}') as e from journal_entries e where id = ${oldest}) x`,
    /^journal entry je_x is in no sealed batch$/,
  ],
  [
    'a posting of no entry',
    `insert into postings select 'je_none', 1, merchant_id, account, provider, side, amount, currency from postings where entry_id = ${oldest} and line = 1`,
    /belongs to no journal entry/,
  ],
  [
    'a batch cut out',
    'delete from ledger_batches where number = 2',
    /^(batch 2 is gone|batch 3 does not follow)/,
  ],
  [
    'the first batch cut off',
    'delete from ledger_batches where number = 1',
    /^(batch 1 is gone|batch 2 does not follow)/,
  ],
])('%s is found and named', async (_, statement, what) => {
  await tamper(statement, async () => {
    expect(await verify()).toMatch(what);
  });
});

describe('against a published head', () => {
  /** Also what was sealed of it: without the head nothing is left to show that it was there. */
  const cut = `delete from postings where entry_id in (select entry_id from ledger_batch_entries where batch = (select max(number) from ledger_batches));
    delete from journal_entries where id in (select entry_id from ledger_batch_entries where batch = (select max(number) from ledger_batches));
    delete from ledger_batch_entries where batch = (select max(number) from ledger_batches);
    delete from ledger_batches where number = (select max(number) from ledger_batches)`;
  test('a tail cut off without a trace is found', async () => {
    const head = await findHead(on.worker);
    await tamper(cut, async () => {
      expect(await verify()).toBeNull();
      expect(await verify(head ?? undefined)).toMatch(/was published as the head$/);
    });
  });

  test('a chain made anew over changed rows is found', async () => {
    const head = await findHead(on.worker);
    const anew = `update postings set amount = amount + 5 where entry_id = ${oldest};
      delete from ledger_batch_entries; delete from ledger_batches`;
    await tamper(anew, async () => {
      expect(await verify()).toBeNull();
      expect(await verify(head ?? undefined)).toMatch(/published as the head$/);
    });
  });
});

describe('sealing', () => {
  test('waits for no posting transaction and none for it; what is open comes in a later batch', async () => {
    await verify();
    const [slow, quick] = [anEntry(merchantId), anEntry(merchantId)];
    const isSealed = async (key: string): Promise<boolean> =>
      (
        await on.rows.one<{ sealed: boolean }>(
          `select exists (select from ledger_batch_entries s join journal_entries e on e.id = s.entry_id where e.key = $1) as sealed`,
          [key],
        )
      ).sealed;
    await on.worker.transaction().execute(async (trx) => {
      await postEntries(trx, slow);
      await postEntries(on.worker, { ...quick, merchant_id: await on.newMerchant() });
      await sealLedger(on.worker);
    });
    expect(await verify()).toBeNull();
    expect([await isSealed(slow.key), await isSealed(quick.key)]).toEqual([true, true]);
  });

  test('by ten at once seals each entry once', async () => {
    await postEntries(on.worker, ...Array.from({ length: 20 }, () => anEntry(merchantId)));
    const counts = await Promise.all(Array.from({ length: 10 }, () => sealLedger(on.worker)));
    expect(counts.filter((n) => n > 0)).toEqual([20]);
    expect(await verify()).toBeNull();
  });

  test('is the worker’s alone, and the chain is append-only', async () => {
    expect(await verdictOf(sql`select seal_ledger(1)`.execute(on.api))).toBe('42501');
    for (const table of ['ledger_batches', 'ledger_batch_entries', 'ledger_alarms']) {
      expect(await verdictOf(sql.raw(`delete from ${table}`).execute(on.worker))).toBe('42501');
      expect(await verdictOf(on.rows.all(`truncate ${table} cascade`))).toBe('append_only');
    }
    expect(await verdictOf(on.rows.all('delete from ledger_batches'))).toBe('append_only');
  });
});
