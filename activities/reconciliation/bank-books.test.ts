/** What bank statements do to the books: whose, by which entries, once, whoever dies in between. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { postSettlement } from '../../db/settlement-posting.ts';
import { bankCreditEntry } from '../../domain/posting-rules/settlement.ts';
import {
  outgoingIdentifiedEntry,
  receiptIdentifiedEntry,
  unidentifiedOutgoingEntry,
  unidentifiedReceiptEntry,
} from '../../domain/posting-rules/bank-suspense.ts';
import type { JournalEntry } from '../../domain/journal-entry.ts';
import { openBankWorld, type BankWorld } from '../../test/support/bank-world.ts';
import { matchAnnounced } from './bank.ts';

let on: BankWorld;
beforeAll(async () => {
  on = await openBankWorld();
});
afterAll(() => on.close());

const { signal } = new AbortController();

/** `debit 1010 500`, sorted. */
function shown(entries: readonly JournalEntry[]): readonly string[] {
  return entries
    .flatMap(({ key, event, postings }) =>
      postings.map((p) =>
        [key, event, p.side, p.account, p.provider, p.amount, p.currency].map(String).join(' '),
      ),
    )
    .sort();
}
const posted = async (keys: readonly string[]): Promise<readonly string[]> => {
  const rows = await on.rows.all<{ said: string }>(
    `select concat_ws(' ', e.key, e.event, p.side, p.account, p.provider, p.amount, p.currency) as said
     from journal_entries e join postings p on p.entry_id = e.id where e.key = any($1) and p.provider <> ''
     union all
     select concat(e.key, ' ', e.event, ' ', p.side, ' ', p.account, '  ', p.amount, ' ', p.currency)
     from journal_entries e join postings p on p.entry_id = e.id where e.key = any($1) and p.provider = ''`,
    [keys],
  );
  return rows.map(({ said }) => said).sort();
};

test.each(['EUR', 'JPY', 'KWD'] as const)(
  'entries in %s are those of the rules',
  async (currency) => {
    const books = { fundModel: 'own', currency } as const;
    const { names } = await on.announce([700, -40, 300], { currency });
    const id = await on.statement(
      [
        ...[
          { gross: 700, reference: names[0] ?? '' },
          { gross: -40, reference: names[1] ?? '' },
        ],
        ...[{ gross: 310, reference: names[2] ?? '' }, { gross: 8 }, { gross: -3 }],
      ],
      { currency },
    );
    await on.take(id);
    const key = `${id}/alder/${currency}`;
    const of = (amount: bigint): JournalEntry =>
      bankCreditEntry(books, { id: 'x', provider: 'alder', amount }, amount, key);
    const [came, went] = [of(1_000n), of(-40n)];
    const whole = { ...came, postings: [...came.postings, ...went.postings] };
    expect(await posted([`bank/${key}`])).toEqual(shown([whole]));

    const found = (await on.bankBreaks()).filter((b) => b.currency === currency);
    const breakOf = (amount: number): { id: string; provider: string; amount: bigint } => {
      const one = found.find((b) => b.amount === amount);
      if (one === undefined) throw new Error(`no break of ${String(amount)}`);
      return { id: one.id, provider: one.provider, amount: BigInt(Math.abs(amount)) };
    };
    const suspense = [
      ...[
        unidentifiedReceiptEntry(books, breakOf(10)),
        unidentifiedReceiptEntry(books, breakOf(8)),
      ],
      unidentifiedOutgoingEntry(books, breakOf(-3)),
    ];
    expect(await posted(suspense.map((entry) => entry.key))).toEqual(shown(suspense));

    // Sent back, and announced after all: out of suspense by their mirrors.
    const late = await on.announce([8, -3], { currency, daysAgo: 20 });
    await on.rows.all(
      `insert into payout_names (currency, name, payout_id) select currency, 'x', id from announced_payouts where reconciliation_id = $1`,
      [late.id],
    );
    await on.take(await on.statement([{ gross: -10, reference: names[2] ?? '' }], { currency }));
    const out = (amount: number): Parameters<typeof receiptIdentifiedEntry>[1] => {
      const { id: breakId, provider, amount: size } = breakOf(amount);
      const held = { suspenseKey: `${breakId}/suspense`, heldFor: provider, provider };
      return { ...held, as: '1010', amount: size };
    };
    const mirror = receiptIdentifiedEntry(books, out(10));
    expect(await posted([mirror.key])).toEqual(shown([mirror]));
    const outgoing = outgoingIdentifiedEntry(books, out(-3));
    expect(outgoing.postings.map((p) => [p.side, p.account])).toEqual([
      ['debit', '1010'],
      ['credit', '1900'],
    ]);
  },
);

const inTransit = async (currency: string): Promise<Record<string, number>> => {
  const rows = await on.rows.all<{ merchant_id: string; amount: number }>(
    `select merchant_id, sum(posted_debits - posted_credits)::int as amount from account_balances
     where account = '1200' and currency = $1 group by 1 having sum(posted_debits - posted_credits) <> 0`,
    [currency],
  );
  return Object.fromEntries(rows.map((row) => [row.merchant_id, row.amount]));
};

test('a batch of several merchants leaves transit by their shares, once all of its payouts are here', async () => {
  const [a, b] = [await on.newMerchant(), await on.newMerchant()];
  const { names } = await on.announce([600, 300], { currency: 'USD', of: [a, b] });
  expect(await inTransit('USD')).toEqual({ [a]: 450, [b]: 450 });
  await on.take(
    await on.statement([{ gross: 600, reference: names[0] ?? '' }], { currency: 'USD' }),
  );
  expect(await inTransit('USD')).toEqual({ [a]: 450, [b]: 450, mer_operator: -600 });
  await on.take(
    await on.statement([{ gross: 300, reference: names[1] ?? '' }], { currency: 'USD' }),
  );
  expect(await inTransit('USD')).toEqual({});
  expect(await on.balances('USD', '1010')).toEqual({ '1010': 900 });
});

test('shares that change behind the payout are followed', async () => {
  const a = await on.newMerchant();
  const sale = await on.sale({ merchantId: a, currency: 'SGD', amount: 500n });
  const stray = on.lineOf(sale, { reference: null, provider_reference: 'unheard', batch: 'turns' });
  const payout = {
    kind: 'payout',
    gross: 500,
    currency: 'SGD',
    batch: 'turns',
    provider_reference: 'turns-out',
  };
  const file = await on.file([{ ...stray, currency: 'SGD' }, payout]);
  await on.rows.all(`update reconciliations set status = 'matched' where id = $1`, [file]);
  await postSettlement(on.worker, file);
  await on.take(await on.statement([{ gross: 500, reference: 'turns-out' }], { currency: 'SGD' }));
  expect(await inTransit('SGD')).toEqual({});
  await on.rows.all(
    `insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier) values ($1, 1, $2, $3, $4, 2)`,
    [file, sale.captureId, sale.payment.id, a],
  );
  await postSettlement(on.worker, file);
  expect(await inTransit('SGD')).toEqual({ [a]: 500, mer_operator: -500 });
  await matchAnnounced({ db: on.worker, signal });
  expect(await inTransit('SGD')).toEqual({});
  expect(await on.balances('SGD', '1010')).toEqual({ '1010': 500 });
});

test('a transfer that was told of under the bank’s own id leaves the receivable, and is booked once', async () => {
  const merchantId = await on.newMerchant();
  const sale = await on.sale({ merchantId, currency: 'EUR', amount: 70n });
  const [receipt] = await on.rows.all<{ id: string }>(
    `insert into operations (id, payment_id, merchant_id, attempt_id, number, kind, cause, status, amount, currency, late, basis,
       requested_by, provider_reference)
     select 'op_' || uuidv7(), payment_id, merchant_id, attempt_id, 90, 'receipt', 'transfer', 'succeeded', 70, 'EUR', true, '{}', 'x', 'credit-1'
     from operations where id = $1 returning id`,
    [sale.captureId],
  );
  const line = { gross: 70, provider_reference: 'credit-1' };
  const id = await on.statement([line, { ...line, gross: 71 }], {
    currency: 'EUR',
    account: 'ACC2',
  });
  await on.take(id);
  expect(await on.matches(id)).toEqual([{ line: 1, subject_id: receipt?.id, tier: 1 }]);
  const key = `bank/${id}/alder/EUR/received`;
  expect(await posted([key])).toEqual([
    `${key} bank_credit credit 1100 alder 70 EUR`,
    `${key} bank_credit debit 1010  70 EUR`,
  ]);
});

test('what we paid by hand is in the books already: the bank’s line of it books nothing', async () => {
  const sale = await on.sale({ currency: 'CZK', amount: 70n });
  await on.rows.all(
    `select post_facts(jsonb_build_array(jsonb_build_object('merchant_id', $1::text, 'payment_id', $2::text, 'key', $3::text || '/owed_paid',
       'event', 'owed_refund_paid', 'state', 'posted', 'postings', $4::jsonb)))`,
    [
      ...[sale.payment.merchantId, sale.payment.id, sale.captureId],
      JSON.stringify([
        { account: '2150', provider: '', side: 'debit', amount: '70', currency: 'CZK' },
        { account: '1010', provider: '', side: 'credit', amount: '70', currency: 'CZK' },
      ]),
    ],
  );
  const before = await on.balances('CZK', '1010', '1900');
  const line = { gross: -70, reference: sale.captureId };
  const id = await on.statement([line], { currency: 'CZK' });
  expect(await on.take(id)).toEqual({ matched: 1, opened: 0 });
  expect(await on.balances('CZK', '1010', '1900')).toEqual(before);
  // A second time it is nobody's.
  expect(await on.take(await on.statement([line], { currency: 'CZK' }))).toEqual({
    matched: 0,
    opened: 1,
  });
});
