/** 3-D Secure: nothing moves before the shopper said yes, and a yes counts once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anAuthorization, eventually, newReference, startTestSandbox } from './testing/client.ts';
import type { CallResult, TestSandbox } from './testing/client.ts';
import { startReceiver } from './testing/receiver.ts';
import type { Receiver } from './testing/receiver.ts';

const returnUrl = 'http://127.0.0.1:9/return/abc?x=1';
let receiver: Receiver;
let sandbox: TestSandbox;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({
    webhookUrl: receiver.url,
    webhookSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  });
});

afterAll(async () => {
  await sandbox.close();
  await receiver.close();
});

interface Challenge {
  readonly reference: string;
  readonly path: string;
}

async function challenge(changes = {}): Promise<Challenge> {
  const order = anAuthorization({ token: 'tok_3ds', return_url: returnUrl, ...changes });
  const { body } = await sandbox.call('POST', '/alder/authorizations', order, newReference());
  expect(body['status']).toBe('requires_action');
  const redirectUrl = String(body['redirect_url']);
  expect(redirectUrl.startsWith(sandbox.url)).toBe(true);
  return { reference: String(order['reference']), path: redirectUrl.slice(sandbox.url.length) };
}

async function statusOf(reference: string): Promise<unknown> {
  return (await sandbox.call('GET', `/alder/lookups/authorize/${reference}`)).body['status'];
}

function typesOf(reference: string): unknown[] {
  return receiver.received
    .filter(({ body }) => body['reference'] === reference)
    .map(({ body }) => body['type']);
}

test('the page asks, approval books and sends the shopper back', async () => {
  const { reference, path } = await challenge({ capture: true });
  const page = await sandbox.call('GET', path);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.body['text']).toContain(`action="${path}/approve"`);
  expect(await sandbox.booked(reference)).toEqual([]);
  const done = await sandbox.call('POST', `${path}/approve`);
  expect([done.status, done.headers.get('location')]).toEqual([303, returnUrl]);
  expect(await sandbox.booked(reference)).toEqual(['authorize', 'capture']);
  expect(await statusOf(reference)).toBe('captured');
  const types = await eventually(
    () => typesOf(reference),
    (seen) => seen.length > 0,
  );
  expect(types).toEqual(['authorization.succeeded']);
});

test('the page comes before the no of the issuer, which is told to whoever passes it', async () => {
  const asked = { token: 'tok_declined_do_not_honor', three_d_secure: 'required' };
  const { reference, path } = await challenge(asked);
  const before = await sandbox.call('GET', `/alder/lookups/authorize/${reference}`);
  expect(before.body).not.toHaveProperty('decline_code');
  await sandbox.call('POST', `${path}/approve`);
  const after = await sandbox.call('GET', `/alder/lookups/authorize/${reference}`);
  expect(after.body).toMatchObject({ status: 'declined', decline_code: 'do_not_honor' });
  expect(await sandbox.booked(reference)).toEqual([]);
});

test('rejection declines', async () => {
  const { reference, path } = await challenge();
  expect((await sandbox.call('POST', `${path}/reject`)).headers.get('location')).toBe(returnUrl);
  expect(await statusOf(reference)).toBe('declined');
  expect(await sandbox.booked(reference)).toEqual([]);
  const types = await eventually(
    () => typesOf(reference),
    (seen) => seen.length > 0,
  );
  expect(types).toEqual(['authorization.failed']);
});

test('many presses are one', async () => {
  const { reference, path } = await challenge();
  const press = (verdict: string): Promise<CallResult> =>
    sandbox.call('POST', `${path}/${verdict}`);
  await Promise.all([press('approve'), press('approve'), press('approve')]);
  expect((await press('reject')).status).toBe(303);
  expect((await sandbox.call('GET', path)).status).toBe(303);
  expect(await sandbox.booked(reference)).toEqual(['authorize']);
  expect(await statusOf(reference)).toBe('authorized');
});

test('a shopper who comes back after an hour is too late', async () => {
  const { reference, path } = await challenge();
  await sandbox.advance(3_601);
  await sandbox.call('POST', `${path}/approve`);
  expect(await sandbox.booked(reference)).toEqual([]);
  expect(await statusOf(reference)).toBe('expired');
});

test('voiding an open challenge moves no money and closes it', async () => {
  const { reference, path } = await challenge();
  const id = path.split('/').at(-1) ?? '';
  const order = { reference: newReference(), amount: 1_000, currency: 'EUR' };
  const voided = await sandbox.call(
    'POST',
    `/alder/authorizations/${id}/voids`,
    order,
    newReference(),
  );
  expect(voided.status).toBe(200);
  await sandbox.call('POST', `${path}/approve`);
  expect(await sandbox.booked(reference)).toEqual([]);
  expect(await sandbox.booked(order.reference)).toEqual([]);
});

test('without a place to return to, the page says so itself', async () => {
  const { path } = await challenge({ return_url: undefined });
  const done = await sandbox.call('POST', `${path}/approve`);
  expect([done.status, done.body['text']]).toEqual([200, expect.stringContaining('Done')]);
});

test('what is no challenge is not found', async () => {
  expect((await sandbox.call('GET', '/challenges/none')).status).toBe(404);
  expect((await sandbox.call('POST', '/challenges/none/approve')).status).toBe(404);
});
