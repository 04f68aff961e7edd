/** Lists over HTTP: who puts what on them, for how long, once, and what is told of people. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRisk } from '../backend/risk.ts';
import type { StaffMember } from '../staff-tokens.ts';
import { factCatalogue } from '../../domain/risk/facts.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, type ApiResponse, type TestApi } from '../../test/support/api.ts';
import { countOf, openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts'; // prettier-ignore

const staff: Record<string, StaffMember> = {
  admin: { subject: 'ada', scopes: ['risk:read', 'risk:write', 'risk:lists'] },
  support: { subject: 'sue', scopes: ['risk:read', 'risk:lists'] },
  viewer: { subject: 'vic', scopes: ['risk:read'] },
};

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  const risk = createRisk({ workerDb: on.worker, facts: factCatalogue([]) });
  const ports = fakePorts({ principals: { merchantExists: async () => true }, risk });
  api = await startApi(ports, { staff: { verify: async (token) => staff[token] ?? null } });
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const as = (who: string, of = merchantId): Record<string, string> => ({
  ...{ authorization: `Bearer ${who}`, 'tender-merchant': of, 'x-reason': 'seen' },
});
const add = (body: object, { who = 'support', list = 'block', key = newId('key') } = {}): Promise<ApiResponse> =>
  api.post(`/v1/risk/lists/${list}/entries`, body, { ...as(who), 'idempotency-key': key }); // prettier-ignore
const remove = (id: unknown, who = 'support', of = merchantId): Promise<ApiResponse> =>
  api.call(`/v1/risk/lists/block/entries/${String(id)}`, { method: 'DELETE', headers: as(who, of), key: null }); // prettier-ignore
const list = async (query = '', of = merchantId): Promise<readonly Record<string, unknown>[]> =>
  (await api.call(`/v1/risk/lists/block/entries${query}`, { headers: as('viewer', of), key: null })).body['data'] as Record<string, unknown>[]; // prettier-ignore
const seen = ({ status, body }: ApiResponse): string => `${status} ${String(body['code'])}`;

test('an entry is made once under its key, says who and why, and nothing of the person', async () => {
  const key = newId('key');
  const body = { entity: 'email', value: 'Ada@Example.com', expires_at: '2099-01-01T00:00:00Z' };
  const made = await add(body, { key });
  expect([made.status, made.body]).toMatchObject([201, { object: 'risk_list_entry', scope: 'merchant', list: 'block', entity: 'email', added_by: 'staff:sue', reason: 'seen', expires_at: '2099-01-01T00:00:00.000Z', removed_at: null }]); // prettier-ignore
  expect(made.text.toLowerCase()).not.toContain('ada@example');
  const again = await add(body, { key });
  expect([again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([201, 'true', made.body]); // prettier-ignore
  // Under another key, and written otherwise: the same.
  const other = await add({ entity: 'email', value: 'ada@example.com' });
  expect([seen(other), other.body['entry']]).toEqual(['409 already_listed', made.body]);
  expect(seen(await add({ entity: 'bin', value: '411111' }, { key }))).toBe('422 idempotency_key_reused'); // prettier-ignore
  const stored = await on.rows.all(`select e::text as row from risk_list_entries e union all select k::text from idempotency_keys k`); // prettier-ignore
  expect(JSON.stringify(stored).toLowerCase()).not.toContain('ada@example');
});

test('of six at once one is made', async () => {
  const six = await Promise.all([1, 2, 3, 4, 5, 6].map(() => add({ entity: 'ip', value: '203.0.113.9' }))); // prettier-ignore
  expect(countOf(six.map(({ status }) => String(status)))).toEqual({ 201: 1, 409: 5 });
});

test('the card of a payment is listed by the payment, of this merchant alone', async () => {
  const payment = await on.captured({ merchantId });
  const made = await add({ entity: 'card', payment_id: payment.id });
  expect(made.status).toBe(201);
  const byToken = await add({ entity: 'card', value: 'tok_visa' });
  expect((byToken.body['entry'] as { id: string }).id).toBe(made.body['id']);
  for (const [entity, id] of [
    ['device', payment.id],
    ['card', (await on.captured()).id],
    ['card', newId('pay')],
  ]) {
    // prettier-ignore
    const refused = await add({ entity, payment_id: id });
    expect([refused.status, refused.body['errors']]).toMatchObject([400, [{ pointer: '/payment_id' }]]); // prettier-ignore
  }
});

test('it is taken off once, by its own merchant, and stays on record', async () => {
  const { body } = await add({ entity: 'country', value: 'fr' });
  expect(body['value']).toBe('FR');
  expect(seen(await remove(body['id'], 'support', await on.newMerchant()))).toBe('404 not_found');
  const removed = await remove(body['id']);
  expect([removed.status, removed.body]).toMatchObject([200, { removed_by: 'staff:sue', removal_reason: 'seen' }]); // prettier-ignore
  expect((await remove(body['id'], 'admin')).body).toEqual(removed.body);
  expect((await list('?entity=country')).length).toBe(0);
  expect((await list('?entity=country&ended=true')).length).toBe(1);
  expect(seen(await remove(newId('rle')))).toBe('404 not_found');
});

test('lists of the installation are for those who write its rules', async () => {
  const body = { scope: 'global', entity: 'bin', value: '41111122' };
  expect(seen(await add(body))).toBe('403 forbidden');
  const { body: made } = await add(body, { who: 'admin' });
  expect((await list('?scope=global', await on.newMerchant())).map(({ id }) => id)).toEqual([made['id']]); // prettier-ignore
  expect((await list('?entity=bin')).length).toBe(0);
  expect(seen(await remove(made['id']))).toBe('404 not_found');
  expect((await remove(made['id'], 'admin')).status).toBe(200);
});

test.each<[string, object]>([
  ['/value', { entity: 'bin', value: '4111' }],
  ['/value', { entity: 'ip', value: '300.1.1.1' }],
  ['/value', { entity: 'email', value: 'ada' }],
  ['/value', { entity: 'country', value: 'FRA' }],
  ['/value', { entity: 'card' }],
  ['/value', { entity: 'card', value: 'x', payment_id: newId('pay') }],
  ['/entity', { entity: 'shoe', value: 'x' }],
  ['/scope', { scope: 'global', entity: 'customer', value: 'cus_1' }],
  ['/expires_at', { entity: 'card', value: 'x', expires_at: 'soon' }],
])('names what is wrong: %s of %j', async (pointer, body) => {
  const answer = await add(body, { who: 'admin' });
  expect([answer.status, answer.body['errors']]).toMatchObject([400, [{ pointer }]]);
});

test('whoever only reads writes nothing, and nobody without a reason', async () => {
  expect(seen(await add({ entity: 'bin', value: '411111' }, { who: 'viewer' }))).toBe('403 forbidden'); // prettier-ignore
  expect(seen(await remove(newId('rle'), 'viewer'))).toBe('403 forbidden');
  const { authorization = '', 'tender-merchant': merchant = '' } = as('support');
  const mute = { authorization, 'tender-merchant': merchant, 'idempotency-key': newId('key') };
  expect(seen(await api.post('/v1/risk/lists/block/entries', { entity: 'bin', value: '411111' }, mute))).toBe('400 invalid_request'); // prettier-ignore
  expect((await add({ entity: 'bin', value: '411111' }, { list: 'friends' })).status).toBe(400);
});
