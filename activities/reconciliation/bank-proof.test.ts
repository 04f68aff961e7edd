/** The proof of 1010: broken when money is missing, and by nothing else, above all not by what is half done. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { detectionRule } from '../../domain/detection.ts';
import { listDetections, recordDetections } from '../../db/detections.ts';
import { checkExternalBalances } from '../../db/ledger-proofs.ts';
import { matchPlainBankLines, postBank } from '../../db/bank.ts';
import { openBankWorld, type BankWorld } from '../../test/support/bank-world.ts';
import { aContract } from '../../test/support/payments.ts';
import { matchAnnounced } from './bank.ts';

let on: BankWorld;
beforeAll(async () => {
  on = await openBankWorld();
});
afterAll(() => on.close());

const { signal } = new AbortController();
const proof = async (): Promise<string | null> =>
  (await checkExternalBalances(on.worker))[0]?.what ?? null;
const compared = async (currency: string): Promise<number> => {
  const rows = await on.rows.all('select from bank_says() where currency = $1', [currency]);
  return rows.length;
};
const open = async (currency: string): Promise<readonly string[]> =>
  (await on.bankBreaks())
    .filter((found) => found.status === 'open' && found.currency === currency)
    .map(({ kind, amount, step }) => `${kind} ${String(amount)} ${step}`);

/** What was owed to a customer, paid from our bank: in the books by that. */
async function paidByHand(currency: string, amount: number): Promise<string> {
  const sale = await on.sale({ currency, amount: BigInt(amount) });
  const of = { provider: '', amount: String(amount), currency };
  const postings = [
    { ...of, account: '2150', side: 'debit' },
    { ...of, account: '1010', side: 'credit' },
  ];
  await on.rows.all(
    `select post_facts(jsonb_build_array(jsonb_build_object('merchant_id', $1::text, 'payment_id', $2::text, 'key', $3::text || '/owed_paid',
       'event', 'owed_refund_paid', 'state', 'posted', 'postings', $4::jsonb)))`,
    [sale.payment.merchantId, sale.payment.id, sale.captureId, JSON.stringify(postings)],
  );
  return sale.captureId;
}

test('what a provider listed is on no statement by that, and is matched when it is', async () => {
  await on.take(await on.statement([{ gross: 500 }], { currency: 'CZK' }));
  const id = await paidByHand('CZK', 70);
  const file = await on.file([{ kind: 'refund', gross: -70, currency: 'CZK' }]);
  await on.rows.all(
    `insert into settlement_matches (reconciliation_id, line, subject_id, merchant_id, tier)
     select $1, 1, o.id, o.merchant_id, 1 from operations o where o.id = $2`,
    [file, id],
  );
  expect([await compared('CZK'), await proof()]).toEqual([1, null]);
  const statement = await on.statement([{ gross: -70, reference: id }], { currency: 'CZK' });
  expect(await on.take(statement)).toEqual({ matched: 1, opened: 0 });
  expect([await compared('CZK'), await proof()]).toEqual([1, null]);
  expect(await on.balances('CZK', '1010', '1900')).toEqual({ '1010': 430 });
});

test('a match whose entry is in the next commit breaks nothing, also if that never comes', async () => {
  const id = 'op_told_too_early';
  const line = { gross: -30, reference: id };
  const statement = await on.statement([line], { currency: 'HUF' });
  await on.take(statement);
  expect(await open('HUF')).toEqual(['orphan -30 suspense']);
  const real = await paidByHand('HUF', 30);
  await on.rows.all(
    `insert into settlement_matches (reconciliation_id, line, subject_id, merchant_id, tier) values ($1, 1, $2, 'mer_operator', 2)`,
    [statement, real],
  );
  expect([await compared('HUF'), await proof()]).toEqual([0, null]);
  await matchAnnounced({ db: on.worker, signal });
  expect([await open('HUF'), await compared('HUF'), await proof()]).toEqual([[], 1, null]);
});

test('of more breaks than one commit ends, those that are left break nothing meanwhile', async () => {
  const lines = Array.from({ length: 2_510 }, () => ({ gross: 1, reference: 'many-17' }));
  const statement = await on.statement(lines, { currency: 'NOK' });
  await on.take(statement);
  const { id } = await on.announce([1], { currency: 'NOK' });
  await on.rows.all(
    `insert into payout_names (currency, name, payout_id) select currency, 'many-17', id from announced_payouts where reconciliation_id = $1`,
    [id],
  );
  expect(await matchPlainBankLines(on.worker, statement, 1, 3_000)).toBe(2_510);
  expect((await postBank(on.worker, null, 0)).isDone).toBe(false);
  expect([await compared('NOK'), await proof()]).toEqual([0, null]);
  expect((await postBank(on.worker, null, 0)).isDone).toBe(true);
  expect([await open('NOK'), await compared('NOK'), await proof()]).toEqual([
    ['bank 2509 suspense'],
    1,
    null,
  ]);
});

test('a transfer that was told of after its line is booked when it is matched, once', async () => {
  const line = { gross: 70, provider_reference: 'credit-9' };
  const statement = await on.statement([line], { currency: 'GBP' });
  await on.take(statement);
  expect(await open('GBP')).toEqual(['orphan 70 suspense']);
  const sale = await on.sale({ currency: 'GBP', amount: 70n });
  await on.rows.all(
    `insert into operations (id, payment_id, merchant_id, attempt_id, number, kind, cause, status, amount, currency, late, basis,
       requested_by, provider_reference)
     select 'op_' || uuidv7(), payment_id, merchant_id, attempt_id, 90, 'receipt', 'transfer', 'succeeded', 70, 'GBP', true, '{}', 'x', 'credit-9'
     from operations where id = $1`,
    [sale.captureId],
  );
  for (const matched of [1, 0]) {
    expect(await matchAnnounced({ db: on.worker, signal })).toEqual({ matched, opened: 0 });
    expect(await on.balances('GBP', '1010', '1100', '2900')).toEqual({
      ...{ '1010': 70, '1100': 0, '2900': 0 },
    });
    expect([await open('GBP'), await compared('GBP'), await proof()]).toEqual([[], 1, null]);
  }
});

test('days that people say do not come leave what is between in suspense, until they come', async () => {
  await on.take(await on.statement([{ gross: 5 }], { currency: 'DKK', day: 3 }));
  await on.take(await on.statement([{ gross: 7 }], { currency: 'DKK', opening: 11, day: 5 }));
  expect(await open('DKK')).toContain('file 6 wait');
  await on.rows.all(
    `update breaks set status = 'resolved', resolved_at = now(), resolution = '{"by": "staff:x", "action": "explain"}'
     where kind = 'file' and currency = 'DKK'`,
  );
  await matchAnnounced({ db: on.worker, signal });
  expect(await open('DKK')).toContain('bank 6 suspense');
  expect([await on.balances('DKK', '1010'), await compared('DKK'), await proof()]).toEqual([
    { '1010': 18 },
    1,
    null,
  ]);
  await on.take(await on.statement([{ gross: 6 }], { currency: 'DKK', opening: 5, day: 4 }));
  expect(await open('DKK')).not.toContain('bank 6 suspense');
  expect([await on.balances('DKK', '1010'), await compared('DKK'), await proof()]).toEqual([
    { '1010': 18 },
    1,
    null,
  ]);
});

test('what the bank keeps silent about is found after ten days, and a statement that stands still after one', async () => {
  const found = async (): Promise<readonly string[]> => {
    await recordDetections(on.worker, [detectionRule(aContract())]);
    return (await listDetections(on.worker, 100))
      .filter(({ kind, subject }) => kind === 'bank' && !/CZK|HUF/.test(subject))
      .map(({ subject }) => subject)
      .sort();
  };
  await on.announce([40], { currency: 'PLN' });
  const id = await paidByHand('SEK', 20);
  const stuck = await on.statement([], { currency: 'CHF' });
  expect(await found()).toEqual([]);
  await on.pass(25);
  expect(await found()).toEqual([stuck]);
  await on.pass(25 + 24 * 9);
  expect(await found()).toEqual(['awaited/SEK', 'in_transit/PLN', stuck]);
  await on.take(stuck);
  await on.take(await on.statement([{ gross: -20, reference: id }], { currency: 'SEK' }));
  expect(await found()).toEqual(['in_transit/PLN']);
});
