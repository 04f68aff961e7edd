/** Balance, payouts and statements over HTTP: of one merchant, and to the minor unit what the books say. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { advanceHorizon } from '../../db/ledger-closes.ts';
import { newId } from '../../runtime/ids.ts';
import {
  fakePorts,
  startApi,
  testPrincipal,
  type ApiResponse,
  type TestApi,
} from '../../test/support/api.ts';
import { openPayoutWorld, type PayoutWorld } from '../../test/support/payouts.ts';
import { waitFor } from '../../test/support/wait.ts';
import { createEvents } from '../backend/events.ts';
import { createPayouts } from '../backend/payouts.ts';
import type { Scope } from '../ports.ts';

let on: PayoutWorld;
let api: TestApi;
let who: { merchantId: string; scopes: readonly Scope[] };
beforeAll(async () => {
  on = await openPayoutWorld();
  who = { merchantId: on.merchant, scopes: ['payouts:read', 'payouts:write', 'events:read'] };
  const ports = fakePorts({
    principals: { byApiKey: async () => ({ ...testPrincipal, ...who }) },
    payouts: createPayouts(on.api, on.worker),
    events: createEvents(on.api, on.worker),
  });
  api = await startApi(ports);
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const ask = (body: object, key = newId('key')): Promise<ApiResponse> =>
  api.post('/v1/payouts', body, { 'idempotency-key': key });
const read = (path: string): Promise<ApiResponse> => api.call(path);
const seen = ({ status, body }: ApiResponse): string =>
  `${status} ${String(body['code'] ?? body['status'])}`;

async function settled(): Promise<void> {
  const { now } = await on.rows.one<{ now: Date }>('select tender_now() as now');
  await waitFor(async () => expect((await advanceHorizon(on.worker)) >= now).toBe(true));
}

test('a payout is asked for once per key, read, and listed; a no is kept too', async () => {
  expect(seen(await ask({ currency: 'USD' }))).toBe('409 payout_destination_missing');
  await on.payTo('ba_payout');
  const none = newId('key');
  expect(seen(await ask({ currency: 'USD' }, none))).toBe('409 payout_below_minimum');
  await on.earn(5_000n);
  expect(seen(await ask({ currency: 'USD' }, none))).toBe('409 payout_below_minimum');
  const key = newId('key');
  const [first, again] = await Promise.all([
    ask({ currency: 'USD', amount: 3_000 }, key),
    ask({ currency: 'USD', amount: 3_000 }, key),
  ]);
  expect([seen(first), seen(again)]).toEqual(['202 requested', '202 requested']);
  expect(first.body['id']).toBe(again.body['id']);
  expect(first.body['destination']).toEqual({ provider: 'bank', last4: '3000', holder: 'Ada' });
  expect(seen(await ask({ currency: 'USD', amount: 3_001 }, key))).toBe(
    '422 idempotency_key_reused',
  );
  expect(seen(await ask({ currency: 'USD', amount: 2_001 }))).toBe('409 payout_exceeds_available');
  const id = String(first.body['id']);
  expect(first.headers.get('location')).toBe(`/v1/payouts/${id}`);
  await on.resolveAll();
  await on.hours(25);
  await on.resolveAll();
  expect(seen(await ask({ currency: 'USD', amount: 3_000 }, key))).toBe('201 paid');
  expect((await read(`/v1/payouts/${id}`)).body).toMatchObject({ status: 'paid', amount: 3_000 });
  expect((await read('/v1/payouts?status=paid')).body['data']).toMatchObject([{ id }]);
  expect((await read('/v1/payouts?status=failed')).body['data']).toEqual([]);
  expect((await read('/v1/events?type=payout.paid')).body['data']).toMatchObject([
    {
      sequence: 1,
      merchant_id: on.merchant,
      data: { object: { id, object: 'payout', status: 'paid', amount: 3_000 } },
    },
  ]);
  expect((await read('/v1/balance')).body).toEqual({
    ...{ object: 'balance', merchant_id: on.merchant },
    data: [
      {
        ...{ currency: 'USD', pending: '0', available: '2000', reserved: '0', in_payout: '0' },
        ...{ negative: '0', held: '0', payable: '2000' },
      },
    ],
  });
});

test('nobody sees or pays another merchant, nor without the scope', async () => {
  const [mine] = (await read('/v1/payouts')).body['data'] as { id: string }[];
  const { merchantId, scopes } = who;
  try {
    who.merchantId = await on.newMerchant({ fundModel: 'facilitator' });
    expect((await read(`/v1/payouts/${mine?.id ?? ''}`)).status).toBe(404);
    expect((await read('/v1/payouts')).body['data']).toEqual([]);
    expect((await read('/v1/balance')).body['data']).toEqual([]);
    const from = '2020-01-01T00:00:00Z';
    await settled();
    expect((await read(`/v1/statements?currency=USD&from=${from}`)).body['data']).toEqual([]);
    who.merchantId = await on.newMerchant();
    expect(seen(await ask({ currency: 'USD' }))).toBe('409 payout_not_offered');
    who.scopes = ['payouts:read'];
    expect((await ask({ currency: 'USD' })).status).toBe(403);
    who.scopes = ['payments:read'];
    expect((await read('/v1/balance')).status).toBe(403);
  } finally {
    who.merchantId = merchantId;
    who.scopes = scopes;
  }
});

const columns = ['pending', 'available', 'reserved', 'in_payout', 'negative', 'total'] as const;
type Figures = Record<(typeof columns)[number], string>;

test('a statement adds up, page by page and as a table, and is what the balances say', async () => {
  const sale = await on.earn(1_234n);
  await on.settle({ delay_days: 0, reserve_basis_points: 500, reserve_days: 3 });
  await on.refund(sale, 34n);
  await on.run();
  await on.refund(sale, 200n);
  await on.run();
  await settled();
  const middle = (await on.rows.one<{ at: Date }>('select tender_now() as at')).at.toISOString();
  await on.earn(777n);
  await on.hours(80);
  await on.run();
  await on.release();
  await settled();
  const opening = {
    pending: 0n,
    available: 0n,
    reserved: 0n,
    in_payout: 0n,
    negative: 0n,
    total: 0n,
  };
  const sums: Record<string, bigint> = { ...opening };
  let types: string[] = [];
  let closing: Figures | undefined;
  for (const [from, to] of [
    ['2020-01-01T00:00:00Z', middle],
    [middle, undefined],
  ] as const) {
    const span = `currency=USD&from=${from}${to === undefined ? '' : `&to=${to}`}`;
    let after = '';
    for (;;) {
      const { body } = await read(`/v1/statements?${span}&limit=2${after}`);
      const page = body as {
        opening: Figures;
        closing: Figures;
        data: (Figures & { type: string; gross: string; fee: string })[];
        next: string | null;
      };
      if (after === '')
        for (const c of columns) expect([c, page.opening[c]]).toEqual([c, String(sums[c])]);
      for (const m of page.data) {
        for (const c of columns) sums[c] = (sums[c] ?? 0n) + BigInt(m[c]);
        expect(BigInt(m.gross) - BigInt(m.fee)).toBe(BigInt(m.total));
        types = [...types, m.type];
      }
      closing = page.closing;
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    for (const c of columns) expect([c, closing[c]]).toEqual([c, String(sums[c])]);
  }
  const now = await on.money();
  expect(closing).toMatchObject({
    available: String(now['available'] ?? 0),
    reserved: String(now['reserved'] ?? 0),
  });
  expect(new Set(types)).toEqual(
    new Set([
      ...['capture', 'funds_available', 'merchant_payout_sent', 'merchant_payout_confirmed'],
      ...['refund', 'reserve_held', 'funds_taken_back', 'reserve_released'],
    ]),
  );
  const path = '/v1/statements?currency=USD&from=2020-01-01T00:00:00Z';
  const { text } = await api.call(path, { headers: { accept: 'text/csv' } });
  const rows = text
    .trim()
    .split('\r\n')
    .map((line) => line.split(','));
  const at = (name: string): number => rows[0]?.indexOf(name) ?? -1;
  expect(rows.length).toBe(types.length + 3);
  for (const c of columns) {
    const cells = rows.slice(1).map((row) => BigInt(row[at(c)] ?? ''));
    const end = cells.pop();
    expect([c, cells.reduce((a, b) => a + b, 0n)]).toEqual([c, end]);
  }
  const ahead = new Date(Date.now() + 9e9).toISOString();
  expect((await read(`${path}&to=${ahead}`)).body['errors']).toMatchObject([
    { pointer: '/query/to' },
  ]);
});
