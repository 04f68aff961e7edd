/** Decisions about payments: each screening once, as one merchant sees it, for ever. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { insertDispute } from '../test/support/disputes.ts';
import { openPaymentDatabase, sqlAs, verdictOf, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { decide } from '../test/support/risk.ts';
import { findDecision, listPastDecisions } from './risk-decisions.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

test('who screens again, or at the same time, gets the first decision', async () => {
  const payment = await on.accept();
  const four = await Promise.all([0.1, 0.2, 0.3, 0.4].map((score) => decide(on, payment, { score }))); // prettier-ignore
  expect(new Set(four.map(({ score }) => score)).size).toBe(1);
  const rest = {
    facts: { country: 'FR' },
    lists: { lookedUp: [], matches: [] },
    model_version: 'm1',
  };
  expect(four[0]).toMatchObject({ outcome: 'review', merchant_id: payment.merchantId, ...rest });
  await decide(on, payment, { attempt_number: 2, outcome: 'allow' });
  expect((await findDecision(on.worker, payment.id))?.attempt_number).toBe(2);
  expect((await findDecision(on.worker, payment.id, 1))?.outcome).toBe('review');
  expect(await findDecision(on.worker, payment.id, 3)).toBeNull();
});

test('the newest of a merchant are what rules are tried on, with what became of them', async () => {
  const merchantId = await on.newMerchant();
  const [good, bad] = [await on.captured({ merchantId }), await on.captured({ merchantId })];
  await decide(on, good);
  await decide(on, bad, {
    score: null,
    score_action: null,
    mode: 'challenge',
    fail_reason: 'slow',
  });
  await insertDispute(on.rows, bad);
  const past = await listPastDecisions(on.worker, merchantId, 10);
  expect(past.map(({ disputed, scoreAction }) => [disputed, scoreAction])).toEqual([
    [true, null],
    [false, 'review'],
  ]);
  expect(past[0]).toMatchObject({ merchantId, facts: { country: 'FR' }, lists: { matches: [] } });
  expect(await listPastDecisions(on.worker, merchantId, 1)).toHaveLength(1);
  expect((await listPastDecisions(on.worker, null, 100)).length).toBeGreaterThan(2);
});

test.each([
  ['not scored, and nobody says why', { mode: 'block' as const }, 'risk_decisions_failed'],
  ['of another merchant', { merchant_id: 'mer_x' }, 'risk_decisions_of_merchant'],
  ['with a score that is none', { score: 1.5 }, 'risk_decisions_score'],
])('none is written %s', async (_, values, refused) => {
  const payment = await on.accept();
  expect(await verdictOf(decide(on, payment, values))).toBe(refused);
});

test('none is changed, and a merchant sees its own', async () => {
  const payment = await on.accept();
  await decide(on, payment);
  expect(await verdictOf(sql`update risk_decisions set outcome = 'allow'`.execute(on.worker))).toBe('42501'); // prettier-ignore
  expect(await verdictOf(on.rows.all('delete from risk_decisions'))).toBe('append_only');
  const seen = (merchant: string): Promise<readonly unknown[]> =>
    sqlAs(on, 'tender_api', merchant, sql`select payment_id from risk_decisions`);
  expect(await seen(payment.merchantId)).toEqual([{ payment_id: payment.id }]);
  expect(await seen(await on.newMerchant())).toEqual([]);
});
