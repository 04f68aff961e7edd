/** P3: the books balance, always; nobody rewrites them; the stored balances are the sums of the postings. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import type { JournalEntry, Posting } from '../domain/journal-entry.ts';
import { approved } from '../test/support/payments.ts';
import {
  countOf,
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { listBalances, type BalanceRow } from './ledger.ts';
import { asMerchant } from './payments.ts';

let on: PaymentDatabase;
let merchantId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
});
afterAll(() => on.close());

const receivable = { account: '1100', provider: 'alder', currency: 'USD' } as const;
const revenue = { account: '4000', provider: '', currency: 'USD' } as const;
type Account = Pick<Posting, 'account' | 'provider' | 'currency'>;
const debit = (account: Account, amount: bigint): Posting => ({
  ...account,
  side: 'debit',
  amount,
});
const credit = (account: Account, amount: bigint): Posting => ({
  ...account,
  side: 'credit',
  amount,
});

const soldFor100 = ['1100 alder USD 0/0 100/0', '4000 - USD 0/0 0/100'];

let keys = 0;
function anEntry(values: Partial<JournalEntry> = {}): JournalEntry {
  keys += 1;
  return {
    key: `entry-${keys}`,
    event: 'test',
    state: 'posted',
    postings: [debit(receivable, 100n), credit(revenue, 100n)],
    ...values,
  };
}

function post(entries: readonly JournalEntry[], merchant = merchantId): Promise<unknown> {
  const batch = entries.map(({ resolvesKey, postings, ...entry }) => ({
    ...entry,
    merchant_id: merchant,
    resolves_key: resolvesKey,
    postings: postings.map((p) => ({ ...p, amount: String(p.amount) })),
  }));
  return sql`select post_facts(${JSON.stringify(batch)}::jsonb)`.execute(on.worker);
}

const verdict = (...entries: JournalEntry[]): Promise<string> => verdictOf(post(entries));
const entriesWith = async (key: string): Promise<number> =>
  (
    await on.rows.one<{ n: number }>(
      'select count(*)::int as n from journal_entries where merchant_id = $1 and key = $2',
      [merchantId, key],
    )
  ).n;
const balances = (merchant: string, asOf?: string): Promise<readonly BalanceRow[]> =>
  asMerchant(on.api, merchant, (trx) => listBalances(trx, merchant, { asOf }));
const short = (rows: readonly BalanceRow[]): string[] =>
  rows.map((b) =>
    [
      b.account,
      b.provider || '-',
      b.currency,
      `${b.pending_debits}/${b.pending_credits}`,
      `${b.posted_debits}/${b.posted_credits}`,
    ].join(' '),
  );

describe('at commit', () => {
  const euros = { ...revenue, currency: 'EUR' };
  const strange = { ...receivable, account: '9999' as '1100' };
  test.each<[string, string, readonly Posting[]]>([
    ['balanced', 'accepted', [debit(receivable, 100n), credit(revenue, 100n)]],
    [
      'balanced in three lines',
      'accepted',
      [debit(receivable, 100n), credit(revenue, 60n), credit(revenue, 40n)],
    ],
    ['one unit short', 'journal_entry_balanced', [debit(receivable, 100n), credit(revenue, 99n)]],
    ['all on one side', 'journal_entry_balanced', [debit(receivable, 1n), debit(revenue, 1n)]],
    ['of one line', 'journal_entry_balanced', [debit(receivable, 100n)]],
    ['of no line', 'journal_entry_balanced', []],
    [
      'balanced across currencies',
      'journal_entry_balanced',
      [debit(receivable, 1n), credit(euros, 1n)],
    ],
    ['of nothing', 'journal_entry_malformed_amount', [debit(receivable, 0n), credit(revenue, 0n)]],
    [
      'below nothing',
      'journal_entry_malformed_amount',
      [debit(receivable, -1n), credit(revenue, -1n)],
    ],
    [
      'outside the chart',
      'journal_entry_unknown_account',
      [debit(strange, 1n), credit(revenue, 1n)],
    ],
  ])('an entry that is %s: %s', async (_, expected, postings) => {
    const entry = anEntry({ postings });
    expect(await verdict(entry)).toBe(expected);
    expect(await entriesWith(entry.key)).toBe(expected === 'accepted' ? 1 : 0);
  });

  test('one bad entry undoes its batch', async () => {
    const [good, bad] = [anEntry(), anEntry({ postings: [debit(receivable, 1n)] })];
    expect(await verdict(good, bad)).toBe('journal_entry_balanced');
    expect(await entriesWith(good.key)).toBe(0);
  });

  test('sums beyond 64 bits are still compared exactly', async () => {
    const most = 9_223_372_036_854_775_807n;
    const lines = (last: bigint): Posting[] => [
      ...[most, most].map((amount) => debit(receivable, amount)),
      ...[most, last].map((amount) => credit(revenue, amount)),
    ];
    expect(await verdict(anEntry({ postings: lines(most) }))).toBe('accepted');
    expect(await verdict(anEntry({ postings: lines(most - 1n) }))).toBe('journal_entry_balanced');
  });
});

describe('a key', () => {
  test('posted again with the same body is the same entry', async () => {
    const merchant = await on.newMerchant();
    const entry = anEntry();
    await post([entry], merchant);
    await post([entry, entry], merchant);
    expect(short(await balances(merchant))).toEqual(soldFor100);
  });

  test.each<[string, Partial<JournalEntry>]>([
    ['amount', { postings: [debit(receivable, 101n), credit(revenue, 101n)] }],
    ['event', { event: 'other' }],
    ['state', { state: 'pending' }],
    [
      'account',
      { postings: [debit(receivable, 100n), credit({ ...revenue, account: '2100' }, 100n)] },
    ],
  ])('posted again with another %s is refused', async (_, change) => {
    const entry = anEntry();
    await post([entry]);
    expect(await verdict({ ...entry, ...change })).toBe('journal_entries_key');
  });

  test('posted 20 times at once is one entry', async () => {
    const merchant = await on.newMerchant();
    const entry = anEntry();
    await Promise.all(Array.from({ length: 20 }, () => post([entry], merchant)));
    expect(short(await balances(merchant))).toEqual(soldFor100);
  });

  test('is its merchant’s own', async () => {
    const entry = anEntry();
    await post([entry]);
    await post([{ ...entry, event: 'other' }], await on.newMerchant());
  });
});

describe('a release', () => {
  const held = (): JournalEntry => anEntry({ state: 'pending' });
  const release = ({ key }: JournalEntry, amount: bigint): JournalEntry =>
    anEntry({
      state: 'pending',
      resolvesKey: key,
      postings: [debit(revenue, amount), credit(receivable, amount)],
    });

  test('takes the pending balance back to zero, in parts', async () => {
    const merchant = await on.newMerchant();
    const entry = held();
    await post([entry, release(entry, 40n)], merchant);
    expect(short(await balances(merchant))).toEqual([
      '1100 alder USD 60/0 0/0',
      '4000 - USD 0/60 0/0',
    ]);
    await post([release(entry, 60n)], merchant);
    expect(short(await balances(merchant))).toEqual([
      '1100 alder USD 0/0 0/0',
      '4000 - USD 0/0 0/0',
    ]);
  });

  test('of more than is held is refused, although others hold enough', async () => {
    const [entry, other] = [held(), held()];
    await post([entry, other, release(entry, 60n)]);
    expect(await verdict(release(entry, 41n))).toBe('journal_entry_released');
    expect(await verdict(release(entry, 40n))).toBe('accepted');
    expect(await verdict(release(entry, 1n))).toBe('journal_entry_released');
  });

  test('of what does not exist is refused', async () => {
    expect(await verdict(release(anEntry(), 1n))).toBe('journal_entry_pending_not_found');
  });

  test('of another merchant’s entry is refused', async () => {
    const entry = held();
    await post([entry], await on.newMerchant());
    expect(await verdict(release(entry, 1n))).toBe('journal_entry_pending_not_found');
  });

  test('is pending itself', async () => {
    const entry = held();
    await post([entry]);
    const posted = { ...release(entry, 1n), state: 'posted' as const };
    expect(await verdict(posted)).toBe('journal_entry_malformed_resolves_key');
  });

  test('16 at once never give back more than is held', async () => {
    const merchant = await on.newMerchant();
    // Another authorization, so that the account's balance alone does not refuse it.
    const [entry, other] = [
      held(),
      anEntry({
        state: 'pending',
        postings: [debit(receivable, 10_000n), credit(revenue, 10_000n)],
      }),
    ];
    await post([entry, other], merchant);
    const verdicts = await Promise.all(
      Array.from({ length: 16 }, () => verdictOf(post([release(entry, 60n)], merchant))),
    );
    expect(countOf(verdicts)).toEqual({ accepted: 1, journal_entry_released: 15 });
  });
});

describe('a race of 20 writers on the same accounts', () => {
  test('deadlocks nobody, and every balance is the sum of its postings', async () => {
    const merchant = await on.newMerchant();
    const accounts = ['1100', '2100', '2900', '4000'].flatMap((account) =>
      ['USD', 'JPY', 'KWD'].map((currency) => ({ account, provider: '', currency }) as Account),
    );
    const write = async (writer: number): Promise<void> => {
      for (let round = 0; round < 5; round += 1) {
        // Every writer in another order.
        const from = accounts[(writer * 7 + round * 5) % accounts.length] ?? receivable;
        const others = accounts.filter((a) => a.currency === from.currency && a !== from);
        const to = others[(writer + round) % others.length] ?? revenue;
        await post(
          [
            anEntry({ postings: [debit(from, 10n), credit(to, 10n)] }),
            anEntry({ state: 'pending', postings: [debit(to, 3n), credit(from, 3n)] }),
          ],
          merchant,
        );
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, i) => write(i)));
    const stored = short(await balances(merchant));
    expect(stored).toEqual(short(await balances(merchant, 'infinity')));
    const total = await on.rows.one<{ n: string }>(
      'select sum(posted_debits)::text as n from account_balances where merchant_id = $1',
      [merchant],
    );
    expect(total.n).toBe('1000');
  });

  test('whole payments too: what the books say is what was captured and refunded', async () => {
    const merchant = await on.newMerchant({ fundModel: 'facilitator' });
    const one = async (): Promise<PaymentState> => {
      const payment = await on.tried({ merchantId: merchant });
      const part = { amount: 6_000n, final: true };
      const captured = await on.operate(payment, part, approved({ amountMinor: 6_000n }));
      const back = { kind: 'refund' as const, amount: 1_000n };
      return on.operate(captured, back, approved({ amountMinor: 1_000n }));
    };
    await Promise.all(Array.from({ length: 10 }, one));
    expect(short(await balances(merchant))).toEqual([
      '1100 alder USD 0/0 60000/10000',
      '2100 - USD 0/0 10000/60000',
      '2140 alder USD 0/0 0/0',
    ]);
  });
});

test('balances as of an earlier moment leave out what was recorded after it', async () => {
  const merchant = await on.newMerchant();
  await post([anEntry()], merchant);
  const { at } = await on.rows.one<{ at: string }>('select tender_now()::text as at');
  await post([anEntry({ state: 'pending' })], merchant);
  expect(short(await balances(merchant, at))).toEqual(soldFor100);
  expect(short(await balances(merchant))).toEqual([
    '1100 alder USD 100/0 100/0',
    '4000 - USD 0/100 0/100',
  ]);
  expect(await balances(merchant, '2001-01-01')).toEqual([]);
});
