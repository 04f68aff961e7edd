/** Disputes over HTTP: read by their merchant and by nobody else, and carried by their events. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commitDispute } from '../../db/disputes.ts';
import { recordDispute } from '../../domain/dispute.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, type ApiResponse, type TestApi } from '../../test/support/api.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts';
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
    ...{ merchantId: seenBy, mode: 'test', scopes: ['payments:read', 'events:read'] },
    actor: { kind: 'api_key', id: 'key_1' },
  });
  const disputes = createDisputes(on.api);
  api = await startApi(
    fakePorts({ principals: { byApiKey }, disputes, events: createEvents(on.api) }),
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
