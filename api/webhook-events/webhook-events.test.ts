/** What nothing has come of, as staff see it: whose it is, in pages, and nothing that names a person. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sweepInbox } from '../../db/inbox.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import { startApprovalsApi, type ApprovalsApi } from '../../test/support/approvals-api.ts';
import { approved } from '../../test/support/payments.ts';
import { encodeClaim } from '../../db/inbox.ts';

let it: ApprovalsApi;
let own: PaymentState;
beforeAll(async () => {
  it = await startApprovalsApi();
  own = await it.on.tried({ merchantId: it.merchantId });
  await tell('alder', 'evt_1', 'att_of_nobody', approved({ amountMinor: 70n }));
  await tell('birch', 'evt_2', 'jane@example.com');
  await tell('birch', 'evt_3', '4111 1111 1111 1111');
  await tell('birch', 'evt_4', '4111111111111111');
  await it.on.rows.all('update clock set offset_seconds = offset_seconds + 3601');
  await sweepInbox(it.on.worker, { unmatchedMs: 3_600_000, againMs: 600_000 });
  await tell('alder', 'evt_5', 'att_not_yet_there');
  await tell('alder', 'evt_6', own.attempts[0]?.id ?? '', approved({ amountMinor: 1n }));
});
afterAll(() => it.close());

async function tell(provider: string, id: string, reference: string, outcome = approved()) {
  await it.on.rows.all(
    `select receive_webhook($1, $2, 'authorization.succeeded', $3, 'secret bytes', 0, $4::jsonb)`,
    [provider, id, reference, encodeClaim({ kind: 'authorize', outcome })],
  );
}
interface Item {
  readonly id: string;
  readonly event_id: string;
  readonly reference: string | null;
}
async function list(query = '', who = 'viewer') {
  const answer = await it.api.call(`/v1/webhook_events${query}`, { headers: it.as(who), key: null }); // prettier-ignore
  return { ...answer, data: (answer.body['data'] ?? []) as readonly Item[] };
}
const namesOf = (data: readonly Item[]): readonly string[] => data.map((item) => item.event_id);

test('unmatched ones, newest first, with what they claim and never their bytes', async () => {
  const { status, body, data } = await list();
  expect([status, namesOf(data)]).toEqual([200, ['evt_4', 'evt_3', 'evt_2', 'evt_1']]);
  expect(data.at(-1)).toEqual({
    ...{ id: expect.stringMatching(/^whe_/), object: 'webhook_event', provider: 'alder' },
    ...{ event_id: 'evt_1', type: 'authorization.succeeded', reference: 'att_of_nobody' },
    ...{ state: 'unmatched', payment_id: null, told_at: null, received_at: expect.any(String) },
    says: { kind: 'authorize', outcome: 'approved', amount: '70', currency: 'USD' },
  });
  expect(JSON.stringify(body)).not.toContain('secret bytes');
});

test('a reference that may name a person or a card is withheld', async () => {
  const { data, body } = await list();
  expect(data.slice(0, 3).map(({ reference }) => reference)).toEqual([null, null, null]);
  expect(JSON.stringify(body)).not.toMatch(/jane|4111/);
});

test('by state and provider, in pages', async () => {
  expect(namesOf((await list('?state=waiting')).data)).toEqual(['evt_5']);
  expect(namesOf((await list('?state=mismatch')).data)).toEqual(['evt_6']);
  expect(namesOf((await list('?state=unmatched&provider=alder')).data)).toEqual(['evt_1']);
  const first = await list('?provider=birch&limit=2');
  expect([namesOf(first.data), first.body['has_more']]).toEqual([['evt_4', 'evt_3'], true]);
  const second = await list(`?provider=birch&limit=2&after=${String(first.body['next'])}`);
  expect([namesOf(second.data), second.body['has_more']]).toEqual([['evt_2'], false]);
});

test('of another merchant’s payment only for who names that merchant', async () => {
  const other = await it.on.newMerchant();
  const headers = { ...it.as('viewer'), 'tender-merchant': other };
  const answer = await it.api.call('/v1/webhook_events?state=mismatch', { headers, key: null });
  expect([answer.status, answer.body['data']]).toEqual([200, []]);
});

test('not for a merchant’s key, nor of what was handled', async () => {
  expect((await it.api.call('/v1/webhook_events')).status).toBe(403);
  expect((await list('?state=confirmed')).status).toBe(400);
});
