/** What a file does to the books: by the rules of the domain, once, and only what nothing of ours explains in suspense. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { proofs, runProof } from '../../db/ledger-proofs.ts';
import { postSettlement } from '../../db/settlement-posting.ts';
import type { FundModel } from '../../domain/accounts.ts';
import type { JournalEntry } from '../../domain/journal-entry.ts';
import { providerFeeEntry } from '../../domain/posting-rules/fee.ts';
import { currencyConvertedEntry, currencyRealizedEntry } from '../../domain/posting-rules/fx.ts';
import {
  providerPayoutAnnouncedEntry,
  providerReserveHeldEntry,
} from '../../domain/posting-rules/settlement.ts';
import { pending } from '../../test/support/payments.ts';
import {
  openSettlementWorld,
  type LineRow,
  type SettlementWorld,
} from '../../test/support/settlement-world.ts';

let on: SettlementWorld;
beforeEach(async () => {
  on = await openSettlementWorld();
});
afterEach(async () => {
  const broken = await Promise.all(proofs.map((proof) => runProof(on.worker, proof)));
  await on.close();
  expect(broken.filter(({ state }) => state !== 'holds')).toEqual([]);
});

const payout = (amount: number, currency = 'USD', batch = 'batch-1'): Partial<LineRow> => ({
  ...{ kind: amount > 0 ? 'payout' : 'collection', provider_reference: `po_${batch}_${currency}` },
  ...{ gross: amount, currency, batch },
});

interface Written {
  readonly key: string;
  readonly event: string;
  readonly postings: readonly object[];
}

/** Entries of the settlement alone, as they are in the books. */
function entriesOf(merchantId: string): Promise<readonly Written[]> {
  return on.rows.all(
    `select e.key, e.event, jsonb_agg(jsonb_build_object('account', p.account, 'provider', p.provider, 'side', p.side,
       'amount', p.amount::text, 'currency', p.currency) order by p.currency, p.account, p.side) as postings
     from journal_entries e join postings p on p.entry_id = e.id
     where e.merchant_id = $1 and e.key in (select entry_key from settlement_postings) group by e.id order by e.key`,
    [merchantId],
  );
}

function asWritten({ event, postings }: JournalEntry): Pick<Written, 'event' | 'postings'> {
  const place = (p: JournalEntry['postings'][number]): string =>
    `${p.currency} ${p.account} ${p.side}`;
  const sorted = postings.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  return { event, postings: sorted.map((p) => ({ ...p, amount: String(p.amount) })) };
}

describe.each<[FundModel, string, bigint]>([
  ['own', 'EUR', 10_000n],
  ['own', 'JPY', 1_200n],
  ['own', 'KWD', 12_345n],
  ['facilitator', 'EUR', 10_000n],
  ['facilitator', 'JPY', 1_200n],
  ['facilitator', 'KWD', 12_345n],
])('of %s in %s', (fundModel, currency, amount) => {
  test('fees and payouts are the entries of the domain, and nothing is left at the provider', async () => {
    const merchantId = await on.newMerchant({ fundModel });
    const sale = await on.sale({ merchantId, amount, currency });
    const net = Number(amount) - 77;
    const file = await on.file([on.lineOf(sale, { fee: 77 }), payout(net, currency)]);
    expect(await on.night(file)).toEqual({ entries: 2, settled: 1 });
    const books = { fundModel, currency };
    const announced = { id: 'batch-1', provider: 'alder', amount: BigInt(net) };
    const fee = providerFeeEntry(books, { provider: 'alder', batchId: 'batch-1', amount: 77n });
    const found = await entriesOf(merchantId);
    expect(found).toEqual([
      {
        key: `alder/batch-1/${currency}/announced`,
        ...asWritten(providerPayoutAnnouncedEntry(books, announced)),
      },
      { key: fee.key, ...asWritten(fee) },
    ]);
    expect((await on.books())[`1100 alder ${currency}`]).toBeUndefined();
    // Twice is once, by two at once as well.
    expect(await Promise.all([1, 2].map(() => postSettlement(on.worker, file)))).toEqual([0, 0]);
    expect(await entriesOf(merchantId)).toEqual(found);
  });

  test('a conversion drains its clearing account in both currencies', async () => {
    const merchantId = await on.newMerchant({ fundModel });
    const sales = [
      await on.sale({ merchantId, amount, currency }),
      await on.sale({ merchantId, amount, currency }),
    ];
    const charged = Number(amount);
    const lines = sales.map((sale) =>
      on.lineOf(sale, {
        currency: 'USD',
        gross: 5_000,
        fee: 100,
        charged,
        charged_currency: currency,
      }),
    );
    const file = await on.file([...lines, payout(9_800)]);
    await on.night(file);
    const conversion = {
      ...{ id: 'batch-1', provider: 'alder', charged: 2n * amount, settled: 10_000n },
      settlementCurrency: 'USD',
    };
    const books = { fundModel, currency };
    const found = await entriesOf(merchantId);
    expect(found).toHaveLength(4);
    expect(found).toContainEqual({
      key: `alder/batch-1/${currency}/USD/converted`,
      ...asWritten(currencyConvertedEntry(books, conversion)),
    });
    expect(found).toContainEqual({
      key: `alder/batch-1/${currency}/USD/realized`,
      ...asWritten(currencyRealizedEntry(books, conversion)),
    });
    const left = await on.books();
    expect(Object.keys(left).filter((place) => /^(1100|1190) /.test(place))).toEqual([]);
    expect(left[`7100 ${currency}`]).toBe(2 * charged);
    expect(left['7100 USD']).toBe(-10_000);
  });
});

test('each merchant has its share of a payout, also one that owes', async () => {
  const [one, other] = [await on.newMerchant(), await on.newMerchant()];
  const sales = [
    await on.sale({ merchantId: one }),
    await on.sale({ merchantId: other, amount: 3_000n }),
  ];
  const lines = sales.map((sale) => on.lineOf(sale, { fee: 4_000 }));
  const file = await on.file([...lines, payout(5_000)]);
  await on.night(file);
  const share = await on.rows.all(
    `select merchant_id, sum(posted_debits - posted_credits)::int as net from account_balances
     where account = '1200' group by 1 order by 2`,
  );
  expect(share).toEqual([{ merchant_id: other, net: -1_000 }, { merchant_id: one, net: 6_000 }]); // prettier-ignore
  expect(await on.books()).toMatchObject({ '1200 alder USD': 5_000, '5100 alder USD': 8_000 });
});

test('what a batch does not add up to is shown by the operator and plugged by nobody', async () => {
  const sale = await on.sale();
  const file = await on.file([on.lineOf(sale), payout(9_900)]);
  await on.night(file);
  expect(await on.books()).toMatchObject({ '1200 alder USD': 9_900, '1100 alder USD': 100 });
  expect((await entriesOf('mer_operator')).map(({ key }) => key)).toEqual([
    'alder/batch-1/USD/announced',
  ]);
});

test('fees and reserves that are lines of their own are the operator’s', async () => {
  const sale = await on.sale();
  const ofAccount = {
    reference: null,
    provider_reference: null,
    currency: 'USD',
    batch: 'batch-1',
  };
  const file = await on.file([
    on.lineOf(sale),
    { ...ofAccount, kind: 'fee', gross: -250 },
    { ...ofAccount, kind: 'reserve_hold', gross: -2_000 },
    payout(7_750),
  ]);
  await on.night(file);
  const reserve = { id: 'batch-1', provider: 'alder', amount: 2_000n };
  const held = providerReserveHeldEntry({ fundModel: 'own', currency: 'USD' }, reserve);
  expect(await entriesOf('mer_operator')).toContainEqual({
    key: 'alder/batch-1/USD/reserve',
    ...asWritten(held),
  });
  expect(await on.books()).toMatchObject({
    '1150 alder USD': 2_000,
    '5100 alder USD': 250,
    '1200 alder USD': 7_750,
  });
  expect((await on.books())['1100 alder USD']).toBeUndefined();
});

test('a line of nothing we know stands in suspense until it is matched, and then comes out of it', async () => {
  const sale = await on.sale({ outcome: pending() });
  const file = await on.file([on.lineOf(sale, { fee: 30 }), payout(9_970)]);
  expect(await on.night(file)).toEqual({ entries: 3, settled: 0 });
  expect(await on.books()).toEqual({
    '1200 alder USD': 9_970,
    '2900 alder USD': -10_000,
    '5100 alder USD': 30,
  });
  await on.told(sale, on.yes(sale));
  await on.match(file, true);
  expect(await on.nextNight()).toEqual({ entries: 1, settled: 1 });
  expect(await on.books()).toEqual({
    '1200 alder USD': 9_970,
    '4000 USD': -10_000,
    '5100 alder USD': 30,
  });
  expect(await on.nextNight()).toEqual({ entries: 0, settled: 0 });
});

test('what was taken for nothing we know stands on the other side', async () => {
  const line = {
    kind: 'refund',
    reference: 'x',
    provider_reference: 'y',
    gross: -700,
    currency: 'USD',
    batch: 'b',
  };
  const file = await on.file([line, payout(-700, 'USD', 'b')]);
  await on.night(file);
  expect(await on.books()).toEqual({ '1900 alder USD': 700, '1200 alder USD': -700 });
});

test('of a short line the difference stands in suspense until the rest is there', async () => {
  const sale = await on.sale();
  const first = await on.file([on.lineOf(sale, { gross: 6_000 }), payout(6_000)]);
  await on.night(first);
  expect(await on.books()).toEqual({
    '1200 alder USD': 6_000,
    '1900 alder USD': 4_000,
    '4000 USD': -10_000,
  });
  const rest = { gross: 4_000, batch: 'batch-2' };
  const second = await on.file([on.lineOf(sale, rest), payout(4_000, 'USD', 'batch-2')]);
  await on.night(second);
  expect(await on.nextNight()).toEqual({ entries: 1, settled: 1 });
  expect(await on.books()).toEqual({ '1200 alder USD': 10_000, '4000 USD': -10_000 });
});

test('nothing of a file is posted before it is matched', async () => {
  const sale = await on.sale();
  const file = await on.file([on.lineOf(sale), payout(10_000)]);
  expect(await postSettlement(on.worker, file)).toBe(0);
  expect(await on.rows.all('select from settlement_postings')).toEqual([]);
});

test('more lines in suspense than one batch of entries holds', async () => {
  const lines = Array.from({ length: 1_203 }, (_, n) => ({
    ...{ kind: 'capture', reference: `att_${String(n)}`, provider_reference: `x${String(n)}` },
    ...{ gross: 1 + n, currency: 'USD', batch: 'b' },
  }));
  const file = await on.file(lines);
  expect((await on.night(file)).entries).toBe(1_203);
  expect(await on.books()).toEqual({ '1100 alder USD': 724_206, '2900 alder USD': -724_206 });
});
