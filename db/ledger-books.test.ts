/** The books hold against every writer: what the database refuses, and what it keeps equal. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  anEntry,
  postEntries,
  transfer,
  type TestEntry,
  type TestPosting,
} from '../test/support/ledger-entries.ts';
import { openPaymentDatabase, verdictOf } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
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
  ])('refused: %s', async (_, postings) => {
    expect(await verdictOf(post(entry({ postings })))).toBe('journal_entry_balanced');
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
    ['a side that is neither', { side: 'left' }, 'journal_entry_malformed_side'],
    ['nothing', { amount: '0' }, 'journal_entry_malformed_amount'],
    ['less than nothing', { amount: '-1' }, 'journal_entry_malformed_amount'],
    ['a fraction', { amount: '0.5' }, 'journal_entry_malformed_amount'],
    ['more than a bigint', { amount: '9223372036854775808' }, 'journal_entry_malformed_amount'],
    ['a currency that is none', { currency: 'usd' }, 'journal_entry_malformed_currency'],
    ['an account outside the chart', { account: '9999' }, 'journal_entry_unknown_account'],
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
      listEntries(trx, merchantId, {}, { limit: 1 }),
    );
    expect(first?.postings.map((p) => BigInt(p.amount))).toEqual([amount, amount]);
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

describe('a pending entry is released at most once over', () => {
  const release = (key: string, amount: bigint): TestEntry =>
    entry({
      state: 'pending',
      resolves_key: key,
      postings: transfer(amount, { debit: '4000', credit: '1100' }),
    });
  async function held(amount: bigint): Promise<string> {
    const hold = entry({ state: 'pending', postings: transfer(amount) });
    await post(hold);
    // Of another sale: what the balances hold in all is not what this entry holds.
    await post(entry({ state: 'pending', postings: transfer(1_000n) }));
    return hold.key;
  }
  const pending = async (): Promise<unknown> =>
    (await balances()).map((b) => [b.pending_debits, b.pending_credits]);

  test('a release of all leaves nothing pending of it, in one part or in two', async () => {
    await post(release(await held(100n), 100n));
    const key = await held(100n);
    await post(release(key, 60n), release(key, 40n));
    expect(await pending()).toEqual([['2000', '0'], ['0', '2000']]); // prettier-ignore
  });

  test.each([[[101n]], [[60n, 41n]], [[100n, 1n]]])('more is refused: %j', async (parts) => {
    const key = await held(100n);
    const verdicts: string[] = [];
    for (const part of parts) verdicts.push(await verdictOf(post(release(key, part))));
    expect(verdicts.at(-1)).toBe('journal_entry_released');
    expect(verdicts.slice(0, -1).every((verdict) => verdict === 'accepted')).toBe(true);
    const batch = await held(100n);
    const all = parts.map((part) => release(batch, part));
    expect(await verdictOf(post(...all))).toBe('journal_entry_released');
  });

  test('of 20 releases of a tenth at once, ten are accepted', async () => {
    const key = await held(100n);
    const tries = Array.from({ length: 20 }, () => verdictOf(post(release(key, 10n))));
    const verdicts = await Promise.all(tries);
    expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(10);
    expect(await pending()).toEqual([['1000', '0'], ['0', '1000']]); // prettier-ignore
  });

  test('a release is mirrored, pending, and of an entry that is there', async () => {
    const key = await held(100n);
    const { postings: _, ...same } = release(key, 1n);
    expect(await verdictOf(post({ ...same, postings: transfer(1n) }))).toBe(
      'journal_entry_released',
    );
    expect(await verdictOf(post({ ...release(key, 1n), state: 'posted' }))).toBe(
      'journal_entry_malformed_resolves_key',
    );
    expect(await verdictOf(post(release('nothing', 1n)))).toBe('journal_entry_pending_not_found');
  });

  test('what is posted, or is itself a release, cannot be released', async () => {
    const posted = entry();
    const first = release(await held(100n), 50n);
    await post(posted, first);
    const again = entry({ state: 'pending', resolves_key: first.key, postings: transfer(50n) });
    expect([await verdictOf(post(release(posted.key, 50n))), await verdictOf(post(again))]).toEqual(
      ['journal_entry_released', 'journal_entry_released'],
    );
  });

  test('an entry is reversed once', async () => {
    const { key } = entry();
    await post(entry({ key }));
    const { id } = await entryId(key);
    const postings = transfer(100n, { debit: '4000', credit: '1100' });
    await post(entry({ reverses_id: id, postings }));
    expect(await verdictOf(post(entry({ reverses_id: id, postings })))).toBe(
      'journal_entries_reversed_once',
    );
  });
});

describe('balances', () => {
  test('20 writers at once, in opposite order, do not deadlock, and leave the sums', async () => {
    const others = await Promise.all(Array.from({ length: 3 }, () => on.newMerchant()));
    const write = (writer: number): Promise<void> => {
      const entries = Array.from({ length: 20 }, (_, i) =>
        entry({
          merchant_id: [merchantId, ...others][i % 4] ?? merchantId,
          state: i % 3 === 0 ? 'pending' : 'posted',
          postings: transfer(BigInt(1 + i + writer), {
            credit: ['4000', '2100', '2900'][i % 3] ?? '',
            currency: i % 5 === 0 ? 'EUR' : 'USD',
          }),
        }),
      );
      return post(...(writer % 2 === 0 ? entries : entries.reverse()));
    };
    const verdicts = Array.from({ length: 20 }, (_, writer) => verdictOf(write(writer)));
    expect(new Set(await Promise.all(verdicts))).toEqual(new Set(['accepted']));
    expect(await countEntries()).toBe(100);
    const [stored, summed] = await Promise.all([balances(), balances('infinity')]);
    expect(stored.length).toBeGreaterThan(3);
    expect(summed).toEqual(stored);
  });

  test('the trial balance is even, and an earlier one does not change with later postings', async () => {
    await post(entry(), entry({ state: 'pending', postings: transfer(30n, { credit: '2100' }) }));
    const { now } = await on.rows.one<{ now: string }>('select tender_now()::text as now');
    const early = await balances(now);
    expect(early).toEqual(await balances());
    await post(
      entry({ postings: transfer(7n) }),
      entry({ postings: transfer(1n, { currency: 'EUR' }) }),
    );
    expect(await balances(now)).toEqual(early);
    const late = await balances('infinity');
    expect(late).toEqual(await balances());
    for (const trial of [early, late]) {
      const total = (column: keyof BalanceRow): bigint =>
        trial.reduce((sum, row) => sum + BigInt(row[column]), 0n);
      expect(total('posted_debits')).toBe(total('posted_credits'));
      expect(total('pending_debits')).toBe(total('pending_credits'));
      expect(total('posted_debits')).toBeGreaterThan(0n);
    }
  });

  test('a writer cannot choose when an entry was recorded', async () => {
    const { now } = await on.rows.one<{ now: string }>('select tender_now()::text as now');
    const id = `je_past_${merchantId}`;
    // In one statement, as the owner: nobody else writes these tables at all.
    await on.rows.all(`
      do $$ begin
        insert into journal_entries (id, merchant_id, key, event, state, effective_at, recorded_at, body_hash)
        values ('${id}', '${merchantId}', 'past', 'test', 'posted', now(), '2001-01-01', '');
        insert into postings (entry_id, line, merchant_id, account, side, amount, currency)
        values ('${id}', 1, '${merchantId}', '1100', 'debit', 1, 'USD'),
          ('${id}', 2, '${merchantId}', '4000', 'credit', 1, 'USD');
      end $$`);
    expect(await balances(now)).toEqual([]);
  });
});
