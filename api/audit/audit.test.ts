/** The record of acts over HTTP: what people did, each once, by page and by filter; and how the books stand. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decideReview } from '../../db/reviews.ts';
import { addListEntry, removeListEntry } from '../../db/risk-lists.ts';
import { newId } from '../../runtime/ids.ts';
import type { ApiResponse } from '../../test/support/api.ts';
import { insertBreak, startBreaksApi, type BreaksApi } from '../../test/support/breaks.ts';
import { park } from '../../test/support/risk.ts';

let it: BreaksApi;
let breakId: string;
let keyId: string;
const get = (query: string, who = 'fin'): Promise<ApiResponse> =>
  it.api.call(`/v1/audit${query}`, { headers: it.as(who) });
const post = (path: string, body: object, who: string): Promise<ApiResponse> =>
  it.api.call(path, {
    method: 'POST',
    headers: { ...it.as(who), 'idempotency-key': newId('key'), 'x-reason': 'seen' },
    body: JSON.stringify(body),
  });
interface Act {
  readonly id: string;
  readonly kind: string;
  readonly actor: string;
  readonly reason: string;
  readonly about: { readonly id: string };
}
const acts = ({ body }: ApiResponse): readonly Act[] => body['data'] as readonly Act[];
const kinds = (answer: ApiResponse): readonly string[] => acts(answer).map(({ kind }) => kind);

beforeAll(async () => {
  it = await startBreaksApi();
  const { on, merchantId } = it;
  const payment = await on.captured({ merchantId });
  keyId = newId('key');
  await on.rows.all(
    `insert into api_keys (id, merchant_id, name, mode, secret_hash, last4, scopes) values ($1, $2, 'shop', 'test', sha256($1::text::bytea), 'abcd', '{}')`,
    [keyId, merchantId],
  );
  const of = { merchantId, paymentId: payment.id, subjectId: payment.operations[0]?.id ?? '' };
  const money = { amount: -300, currency: 'USD' };
  breakId = (await insertBreak(on.rows, { kind: 'missing_external', ...of, ...money })) ?? '';
  await post(`/v1/breaks/${breakId}/resolve`, { action: 'to_suspense' }, 'fin');
  const asked = await post(`/v1/breaks/${breakId}/resolve`, { action: 'write_off' }, 'fin');
  await post(`/v1/approvals/${String(asked.body['id'])}/approve`, {}, 'fay');
  const foreign = await on.newMerchant();
  const other = { kind: 'fee', merchantId: foreign, ...money } as const;
  const otherId = (await insertBreak(on.rows, other)) ?? '';
  await on.rows.all(`select end_break(b, 'x', '{}') from breaks b where id = $1`, [otherId]);
  await on.rows.all('update api_keys set revoked_at = clock_timestamp() where id = $1', [keyId]);
});
afterAll(() => it.close());

test('every act once, newest first, with who, why and about what; none of another merchant', async () => {
  const all = await get('');
  expect(kinds(all)).toEqual([
    ...['api_key.revoked', 'break.resolved', 'approval.approved', 'approval.asked'],
    ...['api_key.created', 'routing_rules.changed'],
  ]);
  const [, resolved, approved, asked] = acts(all);
  expect(resolved).toMatchObject({ actor: 'staff:fin', reason: 'seen', about: { type: 'break', id: breakId } }); // prettier-ignore
  expect(approved).toMatchObject({ actor: 'staff:fay', about: { type: 'approval' }, detail: { kind: 'break' } }); // prettier-ignore
  expect(asked).toMatchObject({ actor: 'staff:fin', merchant_id: it.merchantId });
  expect(all.text).not.toContain('secret');
});

test('page by page it is the same list', async () => {
  const whole = acts(await get('')).map(({ id }) => id);
  const seen: string[] = [];
  let query = '?limit=1';
  for (let pages = 0; pages < 20; pages += 1) {
    const page = await get(query);
    seen.push(...acts(page).map(({ id }) => id));
    const next = page.body['next'];
    if (typeof next !== 'string') break;
    query = `?limit=1&after=${encodeURIComponent(next)}`;
  }
  expect(seen).toEqual(whole);
});

test.each([
  ['?actor=staff:fay', ['approval.approved']],
  ['?kind=api_key.created', ['api_key.created']],
  ['?kind=period.closed', []],
  ['?to=2020-01-01T00:00:00Z', []],
])('by %s', async (query, found) => {
  expect(kinds(await get(query))).toEqual(found);
});

test('by what it is about', async () => {
  expect(kinds(await get(`?object_id=${breakId}`))).toEqual(['break.resolved', 'approval.approved', 'approval.asked']); // prettier-ignore
  expect(kinds(await get(`?object_id=${keyId}`))).toEqual(['api_key.revoked', 'api_key.created']);
});

test('what is done about risk is there too', async () => {
  const { on, merchantId } = it;
  const payment = await on.tried({ merchantId });
  const { id } = await park(on, payment);
  const by = { actor: 'staff:sue', reason: 'called' };
  await on.worker.transaction().execute((trx) => decideReview(trx, id, 'approve', by));
  const entry = { list: 'block', entity: 'country', value: 'XX', reason: 'seen', added_by: 'tender' } as const; // prettier-ignore
  const of = { merchant_id: merchantId, expires_at: null };
  const listed = await on.worker.transaction().execute((trx) => addListEntry(trx, { ...of, ...entry })); // prettier-ignore
  await removeListEntry(on.worker, merchantId, 'block', listed.entry.id, by);
  expect(kinds(await get(`?object_id=${payment.id}`))).toEqual(['review.approved']);
  expect(acts(await get(`?object_id=${listed.entry.id}`))).toMatchObject([
    { kind: 'risk_list.removed', actor: 'staff:sue', reason: 'called' },
    { kind: 'risk_list.added', actor: 'tender', reason: 'seen' },
  ]);
  expect(kinds(await get('?kind=risk_list.added'))).toEqual(['risk_list.added']);
});

test('for finance and admin, and nobody else; a wrong cursor is bad input', async () => {
  expect((await get('', 'vic')).body).toMatchObject({ code: 'forbidden' });
  expect((await it.api.call('/v1/audit')).body).toMatchObject({ code: 'forbidden' });
  expect((await get('?after=x')).status).toBe(400);
  expect((await get('?kind=x')).status).toBe(400);
});

test('verify says how the books stand', async () => {
  const { status, body } = await get('/verify');
  expect([status, body]).toMatchObject([200, { object: 'audit_standing', ok: true, alarms: [] }]);
  await it.on.rows.all(`select raise_ledger_alarm('test', 'something is wrong')`);
  expect((await get('/verify')).body).toMatchObject({ ok: false, alarms: [{ what: 'something is wrong' }] }); // prettier-ignore
});
