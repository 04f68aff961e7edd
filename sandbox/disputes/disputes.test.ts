/** Disputes of the sandbox: what may be opened, how they move, and that the adapter reads what is told. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProviders } from '../../providers/registry.ts';
import { anAuthorization, eventually, startTestSandbox } from '../testing/client.ts';
import type { CallResult, TestSandbox } from '../testing/client.ts';
import { startReceiver } from '../testing/receiver.ts';
import type { Receiver } from '../testing/receiver.ts';

const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
let receiver: Receiver;
let sandbox: TestSandbox;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ webhookUrl: `${receiver.url}/webhooks`, webhookSecret });
});
afterAll(async () => {
  await sandbox.close();
  await receiver.close();
});

async function sale(provider = 'alder'): Promise<Readonly<Record<string, unknown>>> {
  const order = anAuthorization({ capture: true, amount: 1_000 });
  const path = `/${provider}/authorizations`;
  const { body } = await sandbox.call('POST', path, order, String(order['reference']));
  return body;
}

const open = (body: object, provider = 'alder'): Promise<CallResult> =>
  sandbox.call('POST', `/${provider}/disputes`, body);
const move = (id: unknown, action: string, provider = 'alder'): Promise<CallResult> =>
  sandbox.call('POST', `/${provider}/disputes/${String(id)}/${action}`);

test('what was captured may be disputed, by either name, and not more of it', async () => {
  const { id, reference } = await sale();
  const first = await open({ authorization_id: id, amount: 700, reason: 'not_received' });
  expect([first.status, first.body]).toMatchObject([
    201,
    { reference, amount: 700, fee: 1_500, status: 'needs_response', reason: 'not_received' },
  ]);
  const codes = async (body: object): Promise<unknown> => {
    const answer = await open(body);
    return [answer.status, (answer.body['error'] as { code?: string } | undefined)?.code];
  };
  expect(await codes({ reference, amount: 301 })).toEqual([400, 'exceeds_captured']);
  expect(await codes({ reference: 'att_nobody' })).toEqual([404, 'no_such_dispute']);
  expect(await codes({ reference, authorization_id: id })).toEqual([400, 'invalid_request']);
  expect((await open({ reference })).body).toMatchObject({ amount: 300 });
  const { body } = await sandbox.call('GET', '/alder/disputes');
  expect(body['data']).toHaveLength(2);
  // The movements that drills compare are what they were.
  expect(await sandbox.booked(String(reference))).toEqual(['authorize', 'capture']);
});

test('it is decided once; answering it is the same when it is done again', async () => {
  const { id } = await sale();
  const { body: dispute } = await open({ authorization_id: id });
  for (const _ of [1, 2]) {
    expect(await move(dispute['id'], 'evidence')).toMatchObject({
      status: 200,
      body: { status: 'under_review' },
    });
  }
  for (const _ of [1, 2]) {
    expect(await move(dispute['id'], 'lose')).toMatchObject({ body: { status: 'lost' } });
  }
  expect((await move(dispute['id'], 'win')).status).toBe(409);
  expect((await move(dispute['id'], 'accept')).status).toBe(409);
  expect((await move('alder_dispute_x', 'win')).status).toBe(404);
});

test('what was decided may be taken up again: another round, with another last day and answers of its own', async () => {
  const { id, reference } = await sale();
  const { body: dispute } = await open({ authorization_id: id });
  const evidence = { reference: 'dsa_1', evidence: {} };
  const answer = (own: object): Promise<CallResult> =>
    sandbox.call('POST', `/alder/disputes/${String(dispute['id'])}/evidence`, own);
  expect(await answer(evidence)).toMatchObject({ status: 200 });
  expect((await move(dispute['id'], 'reopen')).status).toBe(409);
  await move(dispute['id'], 'win');
  expect(await answer({ ...evidence, reference: 'dsa_2' })).toMatchObject({ status: 409 });
  expect((await move(dispute['id'], 'reopen')).body).toMatchObject({
    status: 'needs_response',
    round: 2,
  });
  expect(await answer({ ...evidence, reference: 'dsa_2' })).toMatchObject({
    body: { status: 'under_review' },
  });
  const told = await eventually(
    () =>
      receiver.received.filter(
        ({ body }) => body['reference'] === reference && body['type'] === 'dispute.reopened',
      ),
    (seen) => seen.length > 0,
  );
  const alder = createProviders({ sandboxUrl: sandbox.url, webhookSecret }).get('alder');
  const read = told.map(({ raw, headers }) =>
    alder?.readWebhook(raw, headers as Record<string, string>),
  );
  expect(read).toMatchObject([{ dispute: { what: 'opened', round: 2 } }]);
});

test('each fact is told once, signed, with all there is to know of it', async () => {
  const { id, reference } = await sale('cedar');
  const { body: dispute } = await open({ authorization_id: id }, 'cedar');
  await move(dispute['id'], 'evidence', 'cedar');
  await move(dispute['id'], 'win', 'cedar');
  const mine = await eventually(
    () => receiver.received.filter(({ body }) => body['reference'] === reference),
    (seen) => seen.length >= 2,
  );
  const cedar = createProviders({ sandboxUrl: sandbox.url, webhookSecret }).get('cedar');
  const read = mine.map(({ raw, headers }) =>
    cedar?.readWebhook(raw, headers as Record<string, string>),
  );
  const news = {
    ...{ providerReference: dispute['id'], amountMinor: 1_000n, feeMinor: 1_500n },
    ...{ currency: 'EUR', reason: 'fraudulent', dueBy: dispute['due_by'] },
  };
  expect(read).toMatchObject([
    { reference, dispute: { what: 'opened', feeReturned: false, ...news } },
    { reference, dispute: { what: 'won', feeReturned: true, ...news } },
  ]);
});
