/** Verified money: each movement is counted once, with what verifies it, and only those of the days asked for. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../runtime/ids.ts';
import { insertBreak } from '../test/support/breaks.ts';
import { insertDispute } from '../test/support/disputes.ts';
import { unknown } from '../test/support/payments.ts';
import { openSettlementWorld, type Sale, type SettlementWorld } from '../test/support/settlement-world.ts'; // prettier-ignore
import { findUnlisted } from './matching.ts';
import { verifiedMoney, type VerifiedRow } from './verified-money.ts';

let on: SettlementWorld;
beforeAll(async () => {
  on = await openSettlementWorld();
});
afterAll(() => on.close());

const hour = 3_600_000;
const waits = new Map([['alder', 48 * hour]]);

/** The days around now; two of them where a test runs past midnight. */
async function days(merchantId: string, currency?: string): Promise<readonly VerifiedRow[]> {
  const { from, to } = await on.rows.one<{ from: string; to: string }>(
    `select ((tender_now() at time zone 'UTC')::date - 3)::text as from, ((tender_now() at time zone 'UTC')::date + 1)::text as to`,
  );
  return verifiedMoney(on.worker, waits, { from, to, merchantId, currency });
}

type State = 'total' | 'matched' | 'explained' | 'open' | 'waiting';
const states: readonly State[] = ['total', 'matched', 'explained', 'open', 'waiting'];

async function sums(merchantId: string, currency?: string): Promise<Record<string, number>> {
  const rows = await days(merchantId, currency);
  const sumOf = (state: State): number => rows.reduce((sum, row) => sum + Number(row[state]), 0);
  const all = states.map((state) => [state, sumOf(state)] as const);
  return Object.fromEntries(all.filter(([, sum]) => sum !== 0));
}

const breakOf = async (
  sale: Sale,
  kind: 'missing_external' | 'fee' | 'amount',
): Promise<string> => {
  const { merchantId, id: paymentId } = sale.payment;
  const of = { merchantId, paymentId, subjectId: sale.captureId, currency: 'USD', amount: 1 };
  return (await insertBreak(on.rows, { kind, ...of })) ?? '';
};
const endByPeople = (id: string): Promise<unknown> =>
  on.rows.all(
    `update breaks set status = 'resolved', resolved_at = tender_now(),
      resolution = '{ "action": "explain", "reason": "seen", "by": "staff:fin", "approved_by": null, "entries": [] }'
     where id = $1`,
    [id],
  );

test('what a line is found for is matched, what no file could list yet waits, and then it is open', async () => {
  const merchantId = await on.newMerchant();
  const listed = await on.sale({ merchantId, amount: 700n });
  await on.sale({ merchantId, amount: 300n });
  expect(await sums(merchantId)).toEqual({ total: 1_000, waiting: 1_000 });
  await on.match(await on.file([on.lineOf(listed)]));
  expect(await sums(merchantId)).toEqual({ total: 1_000, matched: 700, waiting: 300 });
  await on.pass(47);
  expect(await sums(merchantId)).toEqual({ total: 1_000, matched: 700, waiting: 300 });
  // No break is needed for it: the file may be what is missing.
  await on.pass(2);
  expect(await sums(merchantId)).toEqual({ total: 1_000, matched: 700, open: 300 });
});

test('missing in every file it is open at once, and explained when people have ended the break', async () => {
  const merchantId = await on.newMerchant();
  const sale = await on.sale({ merchantId });
  const id = await breakOf(sale, 'missing_external');
  expect(await sums(merchantId)).toEqual({ total: 10_000, open: 10_000 });
  await endByPeople(id);
  expect(await sums(merchantId)).toEqual({ total: 10_000, explained: 10_000 });
});

test('listed with another amount it is open although it is matched; with another fee it is matched', async () => {
  const merchantId = await on.newMerchant();
  const short = await on.sale({ merchantId, amount: 500n });
  const dear = await on.sale({ merchantId, amount: 800n });
  await on.match(await on.file([on.lineOf(short, { gross: 499 }), on.lineOf(dear)]));
  await breakOf(dear, 'fee');
  expect(await sums(merchantId)).toEqual({ total: 1_300, matched: 800, open: 500 });
  const [found] = await on.rows.all<{ id: string }>(
    `select id from breaks where subject_id = $1 and kind = 'amount'`,
    [short.captureId],
  );
  await endByPeople(found?.id ?? '');
  expect(await sums(merchantId)).toEqual({ total: 1_300, matched: 800, explained: 500 });
});

test('refunds and disputes count as what they are, what is not done or another’s does not', async () => {
  const merchantId = await on.newMerchant();
  await on.sale({ merchantId, outcome: unknown() });
  expect(await sums(merchantId)).toEqual({});
  const sale = await on.sale({ merchantId, amount: 900n });
  const refund = { kind: 'refund', id: newId('ref'), amount: 400n } as const;
  const yes = on.yes(sale);
  await on.operate(sale.payment, refund, { ...yes, amountMinor: 400n } as typeof yes);
  expect(await sums(merchantId)).toEqual({ total: 1_300, waiting: 1_300 });
  await insertDispute(on.rows, await on.state(sale.payment.id));
  await on.sale({ merchantId, amount: 40n, currency: 'EUR' });
  expect(await sums(merchantId)).toEqual({ total: 1_341, waiting: 1_341 });
  expect(await sums(merchantId, 'EUR')).toEqual({ total: 40, waiting: 40 });
  expect(await sums(await on.newMerchant())).toEqual({});
});

test('of the days asked for, and of no others', async () => {
  const merchantId = await on.newMerchant();
  await on.sale({ merchantId });
  const [row] = await days(merchantId);
  const day = row?.day ?? '';
  const only = (from: string, to: string): Promise<readonly VerifiedRow[]> =>
    verifiedMoney(on.worker, waits, { from, to, merchantId });
  const beside = (n: number): string =>
    new Date(Date.parse(day) + n * 24 * hour).toISOString().slice(0, 10);
  expect(await only(day, day)).toEqual([row]);
  expect(await only(beside(-9), beside(-1))).toEqual([]);
  expect(await only(beside(1), beside(1))).toEqual([]);
  // The clock of the sandbox goes on: what was done before keeps its day.
  await on.pass(72);
  expect((await only(day, day)).map(({ total }) => total)).toEqual(['10000']);
});

test('once the break says so, every cent adds up, and again after it is found late', async () => {
  const merchantId = await on.newMerchant();
  const sale = await on.sale({ merchantId, amount: 250n });
  await on.pass(100);
  await on.file([], { span: [-400, 0] });
  await findUnlisted(on.worker, 'alder', 24 * hour);
  expect(await on.rows.all('select kind from breaks where subject_id = $1', [sale.captureId])).toEqual([{ kind: 'missing_external' }]); // prettier-ignore
  await on.match(await on.file([on.lineOf(sale)]));
  await on.endExplained();
  const { from, to } = await on.rows.one<{ from: string; to: string }>(
    `select ((tender_now() at time zone 'UTC')::date - 9)::text as from, (tender_now() at time zone 'UTC')::date::text as to`,
  );
  const rows = await verifiedMoney(on.worker, waits, { from, to, merchantId });
  expect(rows).toMatchObject([{ total: '250', matched: '250', explained: '0', open: '0', waiting: '0' }]); // prettier-ignore
});
