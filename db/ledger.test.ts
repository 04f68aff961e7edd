/** The books hold against every writer: what the database refuses, and what it keeps equal. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import {
  anEntry,
  postEntries,
  transfer,
  type TestEntry,
  type TestPosting,
} from '../test/support/ledger-entries.ts';
import { openPaymentDatabase, sqlAs, verdictOf } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { openRows } from '../test/support/rows.ts';
import { listBalances, listEntries, type BalanceRow } from './ledger.ts';
import { asMerchant } from './payments.ts';

let on: PaymentDatabase;
let merchantId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
beforeEach(async () => {
  merchantId = await on.newMerchant();
});
afterAll(() => on.close());

const post = (...entries: readonly TestEntry[]): Promise<void> =>
  postEntries(on.worker, ...entries);
const entry = (values: Partial<TestEntry> = {}): TestEntry => anEntry(merchantId, values);

async function balances(asOf?: string): Promise<readonly BalanceRow[]> {
  return asMerchant(on.api, merchantId, (trx) => listBalances(trx, merchantId, { asOf }));
}

async function countEntries(): Promise<number> {
  const { n } = await on.rows.one<{ n: number }>(
    'select count(*)::int as n from journal_entries where merchant_id = $1',
    [merchantId],
  );
  return n;
}

function entryId(key: string): Promise<{ id: string }> {
  return on.rows.one('select id from journal_entries where merchant_id = $1 and key = $2', [
    merchantId,
    key,
  ]);
}

describe('an entry balances, or is not there', () => {
  const [debit, credit] = transfer(100n) as [TestPosting, TestPosting];
  test.each<[string, readonly TestPosting[]]>([
    ['one side is a unit more', [debit, { ...credit, amount: '101' }]],
    ['both postings are on one side', [debit, { ...credit, side: 'debit' }]],
    [
      'one currency of two does not',
      [...transfer(5n, { currency: 'EUR' }), debit, { ...credit, amount: '99' }],
    ],
    ['it does only across currencies', [debit, { ...credit, currency: 'EUR' }]],
    ['it has one posting', [debit]],
    ['it has no posting', []],
  ])('refused at commit, and not before: %s', async (_, postings) => {
    const client = new pg.Client({ connectionString: on.database.workerUrl });
    await client.connect();
    try {
      await client.query('begin');
      await client.query('select post_entries($1)', [JSON.stringify([entry({ postings })])]);
      expect(await verdictOf(client.query('commit'))).toBe('journal_entry_balanced');
    } finally {
      await client.end();
    }
    expect(await countEntries()).toBe(0);
    expect(await balances()).toEqual([]);
  });

  test('one bad entry takes the whole batch with it', async () => {
    expect(await verdictOf(post(entry(), entry({ postings: [debit] })))).toBe(
      'journal_entry_balanced',
    );
    expect(await countEntries()).toBe(0);
  });

  test.each<[string, Partial<TestPosting>, string]>([
    ['a side that is neither', { side: 'left' }, 'postings_side'],
    ['nothing', { amount: '0' }, 'postings_amount_positive'],
    ['less than nothing', { amount: '-1' }, 'postings_amount_positive'],
    ['a fraction', { amount: '0.5' }, '22P02'],
    ['more than a bigint', { amount: '9223372036854775808' }, '22003'],
    ['a currency that is none', { currency: 'usd' }, 'postings_currency'],
    ['an account outside the chart', { account: '9999' }, 'postings_account_fkey'],
  ])('a posting of %s is refused', async (_, values, verdict) => {
    const postings = [
      { ...debit, ...values },
      { ...credit, ...values, side: values.side ?? 'credit' },
    ];
    expect(await verdictOf(post(entry({ postings })))).toBe(verdict);
  });

  test.each([1n, 9_007_199_254_740_991n])('an amount of %s is kept exactly', async (amount) => {
    await post(entry({ postings: transfer(amount) }), entry({ postings: transfer(amount) }));
    expect((await balances()).map((b) => [b.account, b.posted_debits, b.posted_credits])).toEqual([
      ['1100', String(amount * 2n), '0'],
      ['4000', '0', String(amount * 2n)],
    ]);
    const [first] = await asMerchant(on.api, merchantId, (trx) =>
      listEntries(trx, {}, { limit: 1 }),
    );
    expect(first?.postings.map((p) => BigInt(p.amount))).toEqual([amount, amount]);
  });
});

describe('what is written stays as it is', () => {
  test('postings cannot join an entry after its transaction, balanced or not', async () => {
    const { key } = entry();
    await post(entry({ key }));
    const { id } = await entryId(key);
    const add = sql`
      insert into postings (entry_id, line, merchant_id, account, side, amount, currency)
      values (${id}, 3, ${merchantId}, '1100', 'debit', 1, 'USD'),
        (${id}, 4, ${merchantId}, '4000', 'credit', 1, 'USD')`;
    expect(await verdictOf(sqlAs(on, 'tender_worker', merchantId, add))).toBe(
      'journal_entry_closed',
    );
  });

  test('a posting cannot name another merchant than its entry', async () => {
    const other = await on.newMerchant();
    const add = sql`
      with e as (
        insert into journal_entries (id, merchant_id, key, event, state, effective_at, body_hash)
        values (${`je_${other}`}, ${merchantId}, 'foreign', 'test', 'posted', now(), '') returning id)
      select id from e`;
    const both = on.worker.transaction().execute(async (trx) => {
      await add.execute(trx);
      await sql`
        insert into postings (entry_id, line, merchant_id, account, side, amount, currency)
        values (${`je_${other}`}, 1, ${other}, '1100', 'debit', 1, 'USD'),
          (${`je_${other}`}, 2, ${other}, '4000', 'credit', 1, 'USD')`.execute(trx);
    });
    expect(await verdictOf(both)).toBe('TD004');
  });

  const statements = ['journal_entries', 'postings', 'timeline'].flatMap((table) => [
    `update ${table} set merchant_id = merchant_id`,
    `delete from ${table}`,
    `truncate ${table} cascade`,
  ]);
  test.each(statements)('nobody may, not even the owner: %s', async (statement) => {
    await on.captured({ merchantId });
    const tried = (role: 'tender_api' | 'tender_worker'): Promise<string> =>
      verdictOf(sqlAs(on, role, merchantId, sql.raw(statement)));
    expect(await tried('tender_worker')).toBe('42501');
    expect(await tried('tender_api')).toBe('42501');
    const owner = openRows(`${on.database.ownerUrl}?options=-c%20role%3Dtender_owner`);
    try {
      expect(await owner.one('select current_user as role')).toEqual({ role: 'tender_owner' });
      expect(await verdictOf(owner.all(statement))).toBe('append_only');
    } finally {
      await owner.close();
    }
  });

  test('stored balances are nobody’s to write', async () => {
    await post(entry());
    const statement = sql`update account_balances set posted_debits = 0`;
    expect(await verdictOf(sqlAs(on, 'tender_worker', merchantId, statement))).toBe('42501');
    expect(await verdictOf(sqlAs(on, 'tender_api', merchantId, statement))).toBe('42501');
  });
});

describe('a key is one entry', () => {
  test('the same body again changes nothing, in one batch or in two', async () => {
    const one = entry();
    await post(one, one);
    await post(one);
    expect(await countEntries()).toBe(1);
    expect((await balances()).map((b) => b.posted_debits)).toEqual(['100', '0']);
  });

  test('another body is refused, and the first stays', async () => {
    const one = entry();
    await post(one);
    expect(await verdictOf(post({ ...one, postings: transfer(101n) }))).toBe('journal_entries_key');
    await expect(post({ ...one, event: 'other' })).rejects.toMatchObject({ code: 'TD007' });
    expect((await balances()).map((b) => b.posted_debits)).toEqual(['100', '0']);
  });

  test('20 posts of one entry at once are one entry', async () => {
    const one = entry();
    await Promise.all(Array.from({ length: 20 }, () => post(one)));
    expect(await countEntries()).toBe(1);
    expect((await balances()).map((b) => b.posted_debits)).toEqual(['100', '0']);
  });

  test('the key of another merchant is another key', async () => {
    const one = entry();
    await post(one, { ...one, merchant_id: await on.newMerchant(), postings: transfer(7n) });
    expect((await balances()).map((b) => b.posted_debits)).toEqual(['100', '0']);
  });
});
