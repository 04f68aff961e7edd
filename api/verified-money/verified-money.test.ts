/** Verified money over HTTP, and what of it and of the rest `GET /metrics` shows. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setClockOffset } from '../../db/access.ts';
import { unknown } from '../../test/support/payments.ts';
import type { ApiResponse } from '../../test/support/api.ts';
import { insertBreak, startBreaksApi, type BreaksApi } from '../../test/support/breaks.ts';

let it: BreaksApi;
let today: string;
beforeAll(async () => {
  it = await startBreaksApi();
  const { on, merchantId } = it;
  const listed = await on.captured({ merchantId, amount: 20_000n });
  await on.captured({ merchantId, amount: 10_000n });
  await on.captured({ merchantId: await on.newMerchant(), amount: 5_000n });
  await on.tried({ merchantId, amount: 70n }, unknown());
  const subjectId = listed.operations[0]?.id ?? '';
  await on.rows.all(
    `insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier) values ('rec_1', 1, $1, $2, $3, 1)`,
    [subjectId, listed.id, merchantId],
  );
  await insertBreak(on.rows, { kind: 'fee', subjectId, paymentId: listed.id, ageDays: 2 });
  const row = await on.rows.one<{ day: string }>(
    `select (created_at at time zone 'UTC')::date::text as day from operations where id = $1`,
    [subjectId],
  );
  today = row.day;
});
afterAll(() => it.close());

function get(query: string, who = 'vic', headers = {}): Promise<ApiResponse> {
  const path = `/v1/verified_money?${query}`;
  return it.api.call(path, { headers: { ...it.as(who), ...headers } });
}
const expected = {
  ...{ provider: 'alder', currency: 'USD', total: '30000', matched: '20000' },
  ...{ explained: '0', open: '0', waiting: '10000', share: '0.6666' },
};

test('by day, provider and currency: of this merchant, as JSON and as a table', async () => {
  const { status, body } = await get(`from=${today}&to=${today}`);
  expect([status, body]).toEqual([200, { data: [{ day: today, ...expected }] }]);
  expect((await get(`from=${today}&to=${today}&provider=birch`)).body).toEqual({ data: [] });
  expect((await get(`from=${today}&to=${today}&currency=EUR`)).body).toEqual({ data: [] });
  const csv = await get(`from=${today}&to=${today}`, 'vic', { accept: 'text/csv' });
  expect(csv.text).toBe(
    `day,provider,currency,total,matched,explained,open,waiting,share\r\n${today},alder,USD,30000,20000,0,0,10000,0.6666\r\n`,
  );
});

test.each([
  ['to=2026-11-25', '/from'],
  ['from=2026-11-25&to=2026-11-24', '/to'],
  ['from=2026-11-25&to=2026-12-26', '/to'],
  ['from=2026-02-30&to=2026-03-01', '/from'],
  ['from=2026-11-25&to=2026-11-25&currency=usd', '/currency'],
  ['from=2026-11-25&to=2026-11-25&status=open', ''],
])('%s is bad input', async (query, pointer) => {
  const { status, body } = await get(query);
  expect([status, JSON.stringify(body['errors']).includes(pointer)]).toEqual([400, true]);
});

test('for staff who read breaks, and nobody else', async () => {
  expect((await get(`from=${today}&to=${today}`, 'sue')).body).toMatchObject({ code: 'forbidden' });
  const byKey = await it.api.call(`/v1/verified_money?from=${today}&to=${today}`);
  expect(byKey.body).toMatchObject({ code: 'forbidden' });
});

test('metrics: of all merchants, and of the last day that waits for no file', async () => {
  const read = async (): Promise<readonly string[]> =>
    (await it.api.call('/metrics', { headers: {} })).text.split('\n');
  await setClockOffset(it.on.api, 3 * 86_400 - (Math.floor(Date.now() / 1_000) % 86_400) + 60);
  const lines = await read();
  // 20,000 of 35,000.
  expect(lines).toContain('tender_verified_share{provider="alder",currency="USD"} 0.5714');
  expect(lines).toContain('tender_open_breaks{kind="fee"} 1');
  expect(lines).toContain('tender_open_breaks{kind="bank"} 0');
  expect(lines).toContain('tender_in_doubt{provider="alder",currency="USD"} 1');
  expect(lines).toContain('tender_in_doubt_minor_units{provider="alder",currency="USD"} 70');
  expect(lines).toContain('tender_ledger_alarms 0');
  const age = lines.find((line) => line.startsWith('tender_open_breaks_oldest_seconds '));
  expect(Number(age?.split(' ')[1])).toBeGreaterThanOrEqual(2 * 86_400);
  // Asked again at once nothing is read again.
  await insertBreak(it.on.rows, { kind: 'bank' });
  expect(await read()).toEqual(lines);
});
