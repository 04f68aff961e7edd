/** Reviews over HTTP: the queue in order, decided once with person and reason, and the payment set in motion. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createReviews } from '../backend/reviews.ts';
import type { StaffMember } from '../staff-tokens.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, type ApiResponse, type TestApi } from '../../test/support/api.ts';
import { countOf, openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts'; // prettier-ignore
import { park } from '../../test/support/risk.ts';
import type { ReviewAsked } from '../../db/reviews.ts';

const staff: Record<string, StaffMember> = {
  support: { subject: 'sue', scopes: ['reviews:read', 'reviews:decide'] },
  other: { subject: 'oli', scopes: ['reviews:read', 'reviews:decide'] },
  viewer: { subject: 'vic', scopes: ['reviews:read'] },
};

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
const nudged: string[] = [];
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  const nudge = async (id: string): Promise<void> => {
    nudged.push(id);
    throw new Error('Temporal is away'); // Only an accelerator.
  };
  const reviews = createReviews({ db: on.api, workerDb: on.worker, nudge });
  const ports = fakePorts({ principals: { merchantExists: async () => true }, reviews });
  api = await startApi(ports, { staff: { verify: async (token) => staff[token] ?? null } });
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const as = (who: string, of = merchantId): Record<string, string> => ({
  ...{ authorization: `Bearer ${who}`, 'tender-merchant': of, 'x-reason': 'called the shopper' },
});
const get = (path = '', who = 'viewer', of = merchantId): Promise<ApiResponse> =>
  api.call(`/v1/reviews${path}`, { headers: as(who, of), key: null });
const say = (id: string, verdict: 'approve' | 'decline', { who = 'support', key = newId('key'), of = merchantId } = {}): Promise<ApiResponse> =>
  api.post(`/v1/reviews/${id}/${verdict}`, {}, { ...as(who, of), 'idempotency-key': key }); // prettier-ignore
const seen = ({ status, body }: ApiResponse): string =>
  `${status} ${String(body['code'] ?? body['status'])}`;
const parked = async (
  values: Partial<ReviewAsked> = {},
): Promise<{ id: string; paymentId: string }> => {
  // prettier-ignore
  const payment = await on.tried({ merchantId });
  const { id } = await park(on, payment, values);
  return { id, paymentId: payment.id };
};

test('the queue has the greatest risk first, with reasons, page by page', async () => {
  const of = await on.newMerchant();
  const ids: string[] = [];
  for (const score of [0.4, null, 0.8]) {
    ids.push((await park(on, await on.tried({ merchantId: of }), { score, reasons: [{ kind: 'rule', id: 'fr' }] })).id); // prettier-ignore
  }
  const { body } = await get('?status=open&limit=2', 'viewer', of);
  const items = body['data'] as Record<string, unknown>[];
  expect(items.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
  expect(items[1]).toMatchObject({ object: 'review', score: 0.8, reasons: [{ kind: 'rule', id: 'fr' }], status: 'open', amount: 10_000, on_deadline: 'decline', decided_by: null }); // prettier-ignore
  const rest = await get(`?status=open&limit=2&after=${String(body['next'])}`, 'viewer', of);
  expect([rest.body['has_more'], (rest.body['data'] as { id: string }[]).map(({ id }) => id)]).toEqual([false, [ids[0]]]); // prettier-ignore
  expect((await get('?opened_before=2020-01-01T00:00:00Z', 'viewer', of)).body['data']).toEqual([]);
  expect((await get(`/${ids[0] ?? ''}`, 'viewer', of)).status).toBe(200);
  expect((await get(`/${ids[0] ?? ''}`)).status).toBe(404);
});

describe('a decision', () => {
  test.each([
    ['approve', 'approved', 'decline'],
    ['decline', 'declined', 'approve'],
  ] as const)('%s is said once, with person and reason', async (verdict, status, other) => {
    const { id, paymentId } = await parked();
    const key = newId('key');
    const decided = await say(id, verdict, { key });
    expect([decided.status, decided.body]).toMatchObject([200, { status, decided_by: 'staff:sue', decision_reason: 'called the shopper' }]); // prettier-ignore
    expect(nudged).toContain(paymentId);
    const repeat = await say(id, verdict, { key });
    expect([repeat.headers.get('idempotent-replayed'), repeat.body]).toEqual([
      'true',
      decided.body,
    ]);
    // Another key, another person: it is so already.
    expect((await say(id, verdict, { who: 'other' })).body).toEqual(decided.body);
    const against = await say(id, other, { who: 'other' });
    expect([seen(against), against.body['review']]).toEqual(['409 review_decided', decided.body]);
    expect(seen(await say(id, other, { key }))).toBe('422 idempotency_key_reused');
  });

  test('of six at once one decides, and all that said the same are told so', async () => {
    const { id } = await parked();
    const six = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) => say(id, n % 2 === 0 ? 'approve' : 'decline')),
    );
    const counts = countOf(six.map(({ status }) => String(status)));
    expect(counts).toEqual({ 200: 3, 409: 3 });
  });

  test('comes too late after the deadline', async () => {
    const { id } = await parked({ withinMs: 60_000, onDeadline: 'approve' });
    await on.rows.all('update clock set offset_seconds = offset_seconds + 61');
    expect(seen(await say(id, 'approve'))).toBe('409 review_lapsed');
    expect((await get(`/${id}`)).body).toMatchObject({ status: 'open', decided_by: null });
  });

  test('is of staff with the scope and a reason, on reviews of their merchant', async () => {
    const { id } = await parked();
    expect(seen(await say(id, 'approve', { who: 'viewer' }))).toBe('403 forbidden');
    expect(seen(await say(id, 'approve', { of: await on.newMerchant() }))).toBe('404 not_found');
    expect(seen(await say(newId('rev'), 'approve'))).toBe('404 not_found');
    const { authorization = '', 'tender-merchant': merchant = '' } = as('support');
    const mute = { authorization, 'tender-merchant': merchant, 'idempotency-key': newId('key') };
    expect(seen(await api.post(`/v1/reviews/${id}/approve`, {}, mute))).toBe('400 invalid_request');
    expect((await api.call('/v1/reviews')).status).toBe(403);
    expect((await get(`/${id}`)).body).toMatchObject({ status: 'open' });
  });
});
