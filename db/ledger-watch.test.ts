/** What the run over what is new finds, of rows that are not new as well, and what it must not miss. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { anEntry, postEntries } from '../test/support/ledger-entries.ts';
import { openPaymentDatabase } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { waitFor } from '../test/support/wait.ts';
import { findHead, sealLedger } from './ledger-chain.ts';
import {
  findRewritten,
  proveEverything,
  proveWhatIsNew,
  readTraces,
  type Proved,
} from './ledger-watch.ts';

let on: PaymentDatabase;
let merchantId: string;
let proved: Proved;
beforeEach(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  for (let batch = 0; batch < 3; batch += 1) {
    await postEntries(on.worker, anEntry(merchantId, { key: `old-${batch}` }), anEntry(merchantId));
    await sealLedger(on.worker);
  }
  // Whatever runs elsewhere on the server holds the seal back: what may still be joined is not old.
  await waitFor(async () => {
    await postEntries(on.worker, anEntry(merchantId));
    await sealLedger(on.worker);
    const { old } = await on.rows.one<{
      old: boolean;
    }>(`select bool_and(transaction_id < (select max(sealed_below) from ledger_batches)) as old
      from journal_entries where key like 'old-%'`);
    expect(old).toBe(true);
  });
  const first = await proveEverything(on.worker, undefined);
  if (first.proved === undefined) throw new Error(JSON.stringify(first.broken));
  proved = first.proved;
});
afterEach(() => on.close());

/** As whoever owns the server: triggers and foreign keys do not run. */
const past = (statement: string): Promise<unknown> =>
  on.rows.all(`begin; set local session_replication_role = replica; ${statement}; commit`);
const found = async (): Promise<readonly (string | null)[]> => {
  const { broken } = await proveWhatIsNew(on.worker, proved);
  return broken.map(({ what }) => what);
};
const old = `(select id from journal_entries where key = 'old-1')`;

describe('the run over what is new', () => {
  test.each([
    [
      'an old posting that was changed, both sides alike',
      `update postings set amount = amount + 5 where entry_id = ${old}`,
      /^posting je_\S+\/1 was written after its time$/,
    ],
    [
      'an old entry that was dated anew',
      `update journal_entries set effective_at = effective_at - interval '1 day' where id = ${old}`,
      /^journal entry je_\S+ was written after its time$/,
    ],
    [
      'an entry put among the old ones, without its balances',
      `insert into journal_entries select (jsonb_populate_record(e, '{"id": "je_x", "key": "x"}')).* from journal_entries e where id = ${old};
       insert into postings select (jsonb_populate_record(p, '{"entry_id": "je_x"}')).* from postings p where entry_id = ${old}`,
      /^journal entry je_x was written after its time$/,
    ],
    [
      'a chain made anew over changed rows',
      `delete from ledger_batch_entries; delete from ledger_batches`,
      /^batch \d+ is (gone: it was|not the one that was) published as the head$/,
    ],
    [
      'a tail cut off',
      `delete from ledger_batch_entries where batch = (select max(number) from ledger_batches);
       delete from ledger_batches where number = (select max(number) from ledger_batches)`,
      /^batch \d+ is (gone: it was|not the one that was) published as the head$/,
    ],
    [
      'a guard that is off',
      `alter table ledger_closes disable trigger all`,
      'the guard ledger_closes_append_only of ledger_closes is off',
    ],
  ])('finds %s', async (_, statement, what) => {
    await past(statement);
    expect((await found())[0]).toEqual(
      typeof what === 'string' ? what : expect.stringMatching(what),
    );
  });

  test('says nothing of what came since, also in a transaction that is older than the last seal', async () => {
    const [slow, waiting] = [0, 1].map(
      () => new pg.Client({ connectionString: on.database.ownerUrl }),
    ) as [pg.Client, pg.Client];
    await Promise.all([slow.connect(), waiting.connect()]);
    try {
      await slow.query('begin; select pg_current_xact_id()');
      await waiting.query('begin; select pg_current_xact_id()');
      // A row that a subtransaction wrote bears the number of that, which is larger than its own.
      await slow.query('savepoint s');
      await slow.query('select post_facts($1::jsonb)', [JSON.stringify([anEntry(merchantId)])]);
      await slow.query('commit');
      const next = await proveWhatIsNew(on.worker, proved);
      expect(next.broken).toEqual([]);
      if (next.proved === undefined) throw new Error('nothing proved');
      proved = next.proved;
      await postEntries(on.worker, anEntry(merchantId));
      expect(await found()).toEqual([]);
      await waiting.query('select post_facts($1::jsonb)', [JSON.stringify([anEntry(merchantId)])]);
      await waiting.query('commit');
      expect(await found()).toEqual([]);
    } finally {
      await Promise.all([slow.end(), waiting.end()]);
    }
  });
});

test.each([
  [
    'changed in a hole of an old page',
    `update journal_entries set event = 'other' where id = ${old}`,
    /^journal entry je_\S+ was written after its time$/,
  ],
  ['gone', `delete from journal_entries where id = ${old}`, /^journal entry je_\S+ is gone$/],
  [
    'gone, a posting',
    `delete from postings where entry_id = ${old} and line = 2`,
    /^of \d+ postings that were sealed up to batch \d+ \d+ are there$/,
  ],
])('the quick look over all rows finds what is %s', async (_, statement, what) => {
  // What is new is none of its business.
  await postEntries(on.worker, anEntry(merchantId));
  await sealLedger(on.worker);
  expect((await findRewritten(on.worker, proved)).what).toBeNull();
  await past(statement);
  expect((await findRewritten(on.worker, proved)).what).toMatch(what);
});

test.each(['new', 'all'])(
  'what is sealed while a run over what is %s goes on is for the next run',
  async (which) => {
    const lock = new pg.Client({ connectionString: on.database.ownerUrl });
    await lock.connect();
    try {
      await lock.query('begin; lock table payments in access exclusive mode');
      const run =
        which === 'new' ? proveWhatIsNew(on.worker, proved) : proveEverything(on.worker, proved);
      await waitFor(async () =>
        expect(
          await on.rows.all(
            `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
          ),
        ).toHaveLength(1),
      );
      // The entries were looked at before: this one, unbalanced, came after.
      await past(`insert into journal_entries (id, merchant_id, key, event, state, effective_at, body_hash)
        values ('je_y', '${merchantId}', 'y', 'test', 'posted', now(), '')`);
      await sealLedger(on.worker);
      const head = await findHead(on.worker);
      await lock.query('commit');
      const result = await run;
      expect([result.broken, result.proved?.head.number]).toEqual([[], (head?.number ?? 0n) - 1n]);
      proved = result.proved ?? proved;
      expect(await found()).toContain('journal entry je_y does not balance');
    } finally {
      await lock.end();
    }
  },
);

describe('traces', () => {
  test.each([
    ['an update', `update postings set amount = amount + 1 where entry_id = ${old}`],
    ['a delete', `delete from ledger_batch_entries`],
    ['a truncate', `truncate ledger_close_balances`],
  ])('show %s', async (_, statement) => {
    const before = await readTraces(on.worker);
    await postEntries(on.worker, anEntry(merchantId));
    expect(await readTraces(on.worker)).toBe(before);
    await past(statement);
    await waitFor(async () => expect(await readTraces(on.worker)).not.toBe(before), 15_000);
  });
});

test('whoever proves says so, and whoever looks reads it off the server’s clock', async () => {
  const age = async (): Promise<number> => {
    const { rows } = await sql<{ age: number }>`select ledger_unproved_seconds() as age`.execute(on.api); // prettier-ignore
    return rows[0]?.age ?? Infinity;
  };
  await on.rows.all(`update ledger_proved set proved_at = now() - interval '7 minutes'`);
  expect(Math.round(await age())).toBe(420);
  await found();
  expect(await age()).toBeLessThan(5);
});
