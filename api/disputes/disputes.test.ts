/** Disputes over HTTP: read by their merchant and by nobody else, and carried by their events. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commitDispute } from '../../db/disputes.ts';
import { pino } from 'pino';
import { recordDispute } from '../../domain/dispute.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, type ApiResponse, type TestApi } from '../../test/support/api.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts';
import { aContract } from '../../test/support/payments.ts';
import { createCommands } from '../commands/commands.ts';
import { createFreshPayments } from '../commands/fresh-payments.ts';
import { createWaiter } from '../commands/waiter.ts';
import { createDisputes } from '../backend/disputes.ts';
import { createEvents } from '../backend/events.ts';
import type { Principal } from '../ports.ts';

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
let seenBy: string;
let paymentId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  const payment = await on.captured();
  ({ merchantId, id: paymentId } = payment);
  let now = payment;
  for (const providerReference of ['dp_a', 'dp_b']) {
    const news = {
      ...({ what: 'opened', providerReference, amountMinor: 700n, feeMinor: 1_500n } as const),
      ...{ feeReturned: false, currency: 'USD', reason: 'fraudulent' },
      dueBy: '2027-02-01T00:00:00.000Z',
    };
    const attemptId = payment.attempts[0]?.id ?? '';
    const told = { eventId: newId('evt'), provider: 'alder', attemptId, news };
    await commitDispute(on.worker, now, recordDispute(now, null, told, newId('dsp')));
    now = await on.state(payment.id);
  }
  const byApiKey = async (): Promise<Principal> => ({
    ...{
      merchantId: seenBy,
      mode: 'test',
      scopes: ['payments:read', 'events:read', 'refunds:write'],
    },
    actor: { kind: 'api_key', id: 'key_1' },
  });
  const log = pino({ level: 'silent' });
  const commands = createCommands({
    ...{ db: on.api, waiter: createWaiter(), fresh: createFreshPayments(), log },
    runs: () => undefined,
  });
  const contractOf = (name: string): ProviderContract =>
    aContract({ disputeAnswers: name !== 'bank' });
  const disputes = createDisputes({ db: on.api, commands, contractOf });
  api = await startApi(
    fakePorts({ principals: { byApiKey }, disputes, events: createEvents(on.api, on.worker) }),
  );
});
afterAll(async () => {
  await api.close();
  await on.close();
});

async function get(path: string, as = merchantId): Promise<ApiResponse> {
  seenBy = as;
  return api.call(path);
}

test('are listed newest first, by page, status and payment', async () => {
  const { status, body } = await get('/v1/disputes?limit=1');
  expect([status, body]).toMatchObject([200, { has_more: true, data: [{ object: 'dispute', provider_reference: 'dp_b' }] }]); // prettier-ignore
  const rest = await get(`/v1/disputes?after=${String(body['next'])}`);
  expect(rest.body).toMatchObject({ has_more: false, data: [{ provider_reference: 'dp_a' }] });
  const count = async (query: string): Promise<number> =>
    ((await get(`/v1/disputes?${query}`)).body['data'] as readonly unknown[]).length;
  expect(await count(`payment_id=${paymentId}&status=needs_response`)).toBe(2);
  expect(await count('status=won')).toBe(0);
  expect(await count(`payment_id=${newId('pay')}`)).toBe(0);
  expect((await get('/v1/disputes?status=closed')).status).toBe(400);
});

test('one is read by its merchant alone, and is what its event carries', async () => {
  const { body: events } = await get('/v1/events?type=dispute.opened');
  const [event] = events['data'] as readonly { data: { object: { id: string } } }[];
  const { id } = event?.data.object ?? { id: '' };
  const found = await get(`/v1/disputes/${id}`);
  expect([found.status, found.body]).toEqual([200, event?.data.object]);
  expect(found.body).toMatchObject({
    payment_id: paymentId,
    amount: 700,
    amount_excess: 0,
    fee: 1_500,
  });
  expect((await get(`/v1/disputes/${id}`, await on.newMerchant())).status).toBe(404);
  expect((await get('/v1/disputes/dsp_x')).status).toBe(404);
});

let keys = 0;
async function post(path: string, body: object, key?: string): Promise<ApiResponse> {
  keys += 1;
  seenBy = merchantId;
  return api.call(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': key ?? `k${String(keys)}`,
      prefer: 'wait=0',
    },
    body: JSON.stringify(body),
  });
}

test('an answer is a committed row, the same under its key, and one at a time', async () => {
  const { body } = await get('/v1/disputes');
  const [{ id }] = body['data'] as readonly [{ id: string }];
  const path = `/v1/disputes/${id}/evidence`;
  const said = { explanation: 'It was delivered.', document_urls: ['https://shop.example/1.pdf'] };
  const first = await post(path, said, 'same');
  expect([first.status, first.body]).toMatchObject([
    202,
    { object: 'dispute', id, status: 'needs_response', answers: [{ kind: 'evidence', status: 'pending' }] },
  ]); // prettier-ignore
  expect(first.headers.get('location')).toBe(`/v1/disputes/${id}`);
  expect((await post(path, said, 'same')).body['answers']).toEqual(first.body['answers']);
  expect((await post(path, { explanation: 'Another.' }, 'same')).status).toBe(422);
  const other = await post(`/v1/disputes/${id}/accept`, {});
  expect([other.status, other.body['code']]).toEqual([409, 'dispute_answer_pending']);
  const { stored } = await on.rows.one<{ stored: unknown }>(
    'select jsonb_agg(evidence) as stored from dispute_answers where dispute_id = $1',
    [id],
  );
  expect(stored).toEqual([
    { explanation: 'It was delivered.', documentUrls: ['https://shop.example/1.pdf'] },
  ]);
});

test.each([
  ['nothing said', {}, 400],
  ['an unknown field', { explanation: 'x', note: 'y' }, 400],
  ['too much', { explanation: 'x'.repeat(5_001) }, 400],
  ['a document without TLS', { document_urls: ['http://shop.example/1.pdf'] }, 400],
  ['a card number', { explanation: 'card 4242 4242 4242 4242' }, 422],
])('evidence with %s is refused, and nothing is kept', async (_, body, status) => {
  const { body: page } = await get('/v1/disputes');
  const [, { id }] = page['data'] as readonly [unknown, { id: string }];
  expect((await post(`/v1/disputes/${id}/evidence`, body)).status).toBe(status);
  expect(await on.rows.all('select from dispute_answers where dispute_id = $1', [id])).toEqual([]);
});

test('are filtered by the day they are due', async () => {
  const count = async (before: string): Promise<number> =>
    ((await get(`/v1/disputes?due_before=${before}`)).body['data'] as readonly unknown[]).length;
  expect(await count('2027-02-01T00:00:01Z')).toBe(2);
  expect(await count('2027-02-01T00:00:00Z')).toBe(0);
  expect((await get('/v1/disputes?due_before=tomorrow')).status).toBe(400);
});

test('of another merchant there is nothing to answer', async () => {
  expect((await post(`/v1/disputes/${newId('dsp')}/accept`, {})).status).toBe(404);
});
