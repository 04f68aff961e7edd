/** Reviews: opened and decided once, in time or by their deadline, and the payment awake until its run has acted. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import { countOf, openPaymentDatabase, verdictOf as refusalOf, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { park } from '../test/support/risk.ts';
import { approved } from '../test/support/payments.ts';
import { closeReview, decideReview, findReview, lapseReview, listReviews, reviewOf, verdictOf, type ReviewDecided, type ReviewVerdict } from './reviews.ts'; // prettier-ignore

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const authorized = (merchantId?: string): Promise<PaymentState> =>
  on.tried(merchantId === undefined ? {} : { merchantId }, approved({ amountMinor: 10_000n }));
const by = { actor: 'staff:sue', reason: 'seen' };
const say = (id: string, verdict: ReviewVerdict, actor = 'staff:sue'): Promise<ReviewDecided> =>
  on.worker.transaction().execute((trx) => decideReview(trx, id, verdict, { ...by, actor }));
const lapse = (id: string): Promise<ReviewDecided> =>
  on.worker.transaction().execute((trx) => lapseReview(trx, id));
const later = (seconds: number): Promise<unknown> =>
  on.rows.all('update clock set offset_seconds = offset_seconds + $1', [seconds]);
/** Whether the payment wants attention by itself within so many seconds. */
const wakes = async ({ id }: PaymentState, seconds: number): Promise<unknown> =>
  (await on.rows.one<{ wakes: boolean }>(`select wake_at <= tender_now() + $2 * interval '1 second' as wakes from payments where id = $1`, [id, seconds])).wakes; // prettier-ignore
const told = async ({ id }: PaymentState): Promise<unknown> =>
  (await on.rows.all<{ told: string }>(`select actor || ' ' || kind as told from timeline where payment_id = $1 and kind like 'review.%' order by sequence`, [id])).map((row) => row.told); // prettier-ignore

describe('opened', () => {
  test('it is the payment’s, with a deadline at which the payment wakes', async () => {
    const payment = await authorized();
    const review = await park(on, payment, { withinMs: 60_000 });
    expect(review).toMatchObject({ status: 'open', merchant_id: payment.merchantId, amount: 10_000, currency: 'USD', on_deadline: 'decline' }); // prettier-ignore
    expect(verdictOf(review)).toBeNull();
    expect([await wakes(payment, 30), await wakes(payment, 61)]).toEqual([false, true]);
    expect(await told(payment)).toEqual(['tender review.opened']);
    expect((await reviewOf(on.worker, payment.id))?.id).toBe(review.id);
  });

  test('again, or by four at once, it is the same review', async () => {
    const payment = await authorized();
    const four = await Promise.all([1, 2, 3, 4].map(() => park(on, payment)));
    expect(new Set(four.map(({ id }) => id)).size).toBe(1);
    expect(await told(payment)).toHaveLength(1);
    await say(four[0]?.id ?? '', 'approve');
    expect(await park(on, payment)).toMatchObject({ id: four[0]?.id, status: 'approved' });
  });

  test('a payment in review stays awake whatever else is committed', async () => {
    const payment = await authorized();
    await park(on, payment, { withinMs: 60_000 });
    await on.commit(await on.state(payment.id), { timeline: [] });
    expect(await wakes(payment, 61)).toBe(true);
  });
});

describe('decided', () => {
  test.each<[ReviewVerdict, string]>([
    ['approve', 'approved'],
    ['decline', 'declined'],
  ])('%s: it is said once, and the payment wakes', async (verdict, status) => {
    const payment = await authorized();
    const { id } = await park(on, payment);
    const { decided, review } = await say(id, verdict);
    expect([decided, review.status, review.decided_by]).toEqual([true, status, 'staff:sue']);
    expect(verdictOf(review)).toBe(verdict);
    expect(await wakes(payment, 3)).toBe(true);
    expect(await told(payment)).toEqual(['tender review.opened', `staff:sue review.${status}`]);
    // Whoever decided on what was read before does so again.
    expect((await on.state(payment.id)).version).toBeGreaterThan(payment.version);
  });

  test('of eight at once one decides', async () => {
    const payment = await authorized();
    const { id } = await park(on, payment);
    const eight = await Promise.all(
      Array.from({ length: 8 }, (_, n) => say(id, n % 2 === 0 ? 'approve' : 'decline', `staff:${n}`)),
    ); // prettier-ignore
    expect(countOf(eight.map(({ decided }) => String(decided)))).toEqual({ true: 1, false: 7 });
    expect(new Set(eight.map(({ review }) => review.decided_by)).size).toBe(1);
    expect(await told(payment)).toHaveLength(2);
  });

  test('the payment stays awake until its run has acted, also past other commits', async () => {
    const payment = await authorized();
    const { id } = await park(on, payment);
    const close = (): Promise<void> =>
      on.worker.transaction().execute((trx) => closeReview(trx, payment.id));
    await close();
    await on.commit(await on.state(payment.id), { timeline: [] });
    // Nothing is decided yet.
    expect(await wakes(payment, 3_601)).toBe(true);
    await say(id, 'approve');
    await on.commit(await on.state(payment.id), { timeline: [] });
    expect(await wakes(payment, 3)).toBe(true);
    await close();
    await on.commit(await on.state(payment.id), { timeline: [] });
    expect(await wakes(payment, 3_600)).toBe(false);
  });
});

describe('over', () => {
  test.each<[ReviewVerdict]>([['approve'], ['decline']])(
    'what the merchant wants then holds: %s',
    async (onDeadline) => {
      const payment = await authorized();
      const { id } = await park(on, payment, { withinMs: 60_000, onDeadline });
      expect((await lapse(id)).decided).toBe(false);
      await later(61);
      expect(await say(id, 'approve')).toMatchObject({
        decided: false,
        review: { status: 'open' },
      });
      const { decided, review } = await lapse(id);
      expect([decided, review.status, verdictOf(review)]).toEqual([true, 'lapsed', onDeadline]);
      expect(await told(payment)).toEqual(['tender review.opened', 'tender review.lapsed']);
      expect((await lapse(id)).decided).toBe(false);
    },
  );

  test('a payment that ends otherwise takes its review with it', async () => {
    const payment = await authorized();
    const { id } = await park(on, payment);
    const basis = { kind: 'request', detail: 'test' } as const;
    await on.commit(await on.state(payment.id), { payment: { status: 'canceled', statusBasis: basis }, timeline: [] }); // prettier-ignore
    expect(await reviewOf(on.worker, payment.id)).toMatchObject({ status: 'lapsed', decided_by: 'tender', decision_reason: 'the payment is canceled' }); // prettier-ignore
    expect((await say(id, 'approve')).decided).toBe(false);
  });
});

test('the queue has the greatest risk first, then the oldest, page by page, of one merchant', async () => {
  const merchantId = await on.newMerchant();
  const scores = [0.5, 0.9, null, 0.5, 0.2];
  const ids: string[] = [];
  for (const score of scores)
    ids.push((await park(on, await authorized(merchantId), { score })).id);
  const order = [2, 1, 0, 3, 4].map((index) => ids[index]);
  const page = async (after?: string): Promise<readonly string[]> =>
    (await listReviews(on.api, merchantId, { status: 'open' }, { limit: 2, after })).map(({ id }) => id); // prettier-ignore
  // One more than asked for tells of more.
  expect(await page()).toEqual(order.slice(0, 3));
  expect(await page(order[1])).toEqual(order.slice(2));
  expect(await page(order[3])).toEqual(order.slice(4));
  await say(ids[1] ?? '', 'decline');
  expect(await page()).toEqual([order[0], order[2], order[3]]);
  const all = { limit: 9 };
  expect((await listReviews(on.api, merchantId, { status: 'declined' }, all)).map(({ id }) => id)).toEqual([ids[1]]); // prettier-ignore
  expect(await listReviews(on.api, merchantId, { openedBefore: '2020-01-01T00:00:00Z' }, all)).toEqual([]); // prettier-ignore
  expect(await listReviews(on.api, await on.newMerchant(), {}, all)).toEqual([]);
  expect(await findReview(on.api, await on.newMerchant(), ids[0] ?? '')).toBeNull();
  expect((await findReview(on.api, merchantId, ids[0] ?? ''))?.id).toBe(ids[0]);
});

test('nobody decides around the function, late or twice', async () => {
  const payment = await authorized();
  const { id } = await park(on, payment, { withinMs: 60_000 });
  const write = (status: string): string =>
    `update reviews set status = '${status}', decided_by = 'x', decided_at = tender_now(), decision_reason = 'x' where id = '${id}'`;
  await later(61);
  expect(await refusalOf(on.rows.all(write('approved')))).toBe('review_lapsed');
  await lapse(id);
  expect(await refusalOf(on.rows.all(write('approved')))).toBe('TD002');
  expect(await refusalOf(on.rows.all(`update reviews set amount = 1`))).toBe('TD002');
  expect(await refusalOf(sql`update reviews set status = 'approved'`.execute(on.api))).toBe(
    '42501',
  );
  expect(await refusalOf(sql`delete from reviews`.execute(on.worker))).toBe('42501');
});
