/** Events: signed so that the adapter takes them, kept until taken, and misbehaving on demand. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createProviders } from '../providers/registry.ts';
import {
  anAuthorization,
  eventually,
  newDataPath,
  newReference,
  startTestSandbox,
} from './testing/client.ts';
import type { CallResult, TestSandbox } from './testing/client.ts';
import { startReceiver } from './testing/receiver.ts';
import type { Received, Receiver } from './testing/receiver.ts';
import { pauseAfter } from './webhooks/delivery.ts';

const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const running: { close(): Promise<void> }[] = [];
let receiver: Receiver;
let dataPath: string;

async function start(): Promise<TestSandbox> {
  const webhookUrl = `${receiver.url}/webhooks`;
  const sandbox = await startTestSandbox({ dataPath, webhookUrl, webhookSecret });
  running.push(sandbox);
  return sandbox;
}

beforeEach(async () => {
  receiver = await startReceiver();
  dataPath = newDataPath();
  running.push(receiver);
});

afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.close();
});

async function authorize(sandbox: TestSandbox, changes = {}): Promise<CallResult['body']> {
  const body = anAuthorization(changes);
  await sandbox.call('POST', '/alder/authorizations', body, newReference());
  return body;
}

function waitFor(count: number): Promise<readonly Received[]> {
  return eventually(
    () => receiver.received,
    (seen) => seen.length >= count,
  );
}

/** Long enough for a delivery to have happened, where none should. */
function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300));
}

test('an ordinary result is told by its reply alone', async () => {
  const sandbox = await start();
  await authorize(sandbox);
  await aWhile();
  expect(receiver.received).toEqual([]);
});

test('a late success sends an event that its adapter, and only its adapter, takes', async () => {
  const sandbox = await start();
  const { reference } = await authorize(sandbox, { token: 'tok_late_success' });
  await sandbox.advance(5);
  const [event] = await waitFor(1);
  expect(event?.path).toBe('/webhooks/alder');
  expect(event?.body).toMatchObject({
    type: 'authorization.succeeded',
    provider: 'alder',
    reference,
    provider_reference: (await sandbox.books())[0]?.provider_reference,
  });
  const providers = createProviders({ sandboxUrl: sandbox.url, webhookSecret });
  const headers = event?.headers as Record<string, string>;
  const raw = event?.raw ?? Buffer.alloc(0);
  expect(providers.get('alder')?.readWebhook(raw, headers)).toMatchObject({
    eventId: event?.body['id'],
    type: 'authorization.succeeded',
    reference,
    toldAt: Date.parse(String(event?.body['created_at'])),
    claim: { kind: 'authorize', outcome: { kind: 'approved', evidence: { kind: 'webhook' } } },
  });
  expect(providers.get('birch')?.readWebhook(raw, headers)).toBeNull();
});

test('an event refused is sent again, the same, also after a restart', async () => {
  const sandbox = await start();
  receiver.answerWith(500);
  await authorize(sandbox, { token: 'tok_late_success' });
  await sandbox.advance(5);
  await waitFor(1);
  // Its failure must be recorded before the restart, or it would simply be due at once.
  await aWhile();
  await running.pop()?.close();
  receiver.answerWith(204);
  await start();
  const [first, second] = await waitFor(2);
  expect(second?.raw).toEqual(first?.raw);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  await aWhile();
  expect(receiver.received.length).toBe(2);
});

test('pauses double up to a minute', () => {
  expect([0, 1, 2, 5, 6, 7, 100].map(pauseAfter)).toEqual(
    [1, 2, 4, 32, 60, 60, 60].map((seconds) => seconds * 1_000),
  );
});

test('webhook_duplicate sends one event twice', async () => {
  const sandbox = await start();
  await sandbox.setFaults([{ fault: 'webhook_duplicate', rate: 1 }]);
  await authorize(sandbox);
  const [first, second] = await waitFor(2);
  expect(second?.body).toEqual(first?.body);
  expect(first?.body['type']).toBe('authorization.succeeded');
});

test('webhook_early arrives before the reply', async () => {
  const sandbox = await start();
  await sandbox.setFaults([{ fault: 'webhook_early', rate: 1 }]);
  const { reference } = await authorize(sandbox);
  expect(receiver.received.map(({ body }) => body['reference'])).toEqual([reference]);
});

test('webhook_late arrives half a minute after its cause', async () => {
  const sandbox = await start();
  await sandbox.setFaults([{ fault: 'webhook_late', rate: 1 }]);
  await authorize(sandbox);
  await sandbox.advance(25);
  await aWhile();
  expect(receiver.received).toEqual([]);
  await sandbox.advance(5);
  expect((await waitFor(1)).length).toBe(1);
});

test('webhook_reordered lets the next event overtake', async () => {
  const sandbox = await start();
  await sandbox.setFaults([{ fault: 'webhook_reordered', rate: 1 }]);
  const first = await authorize(sandbox);
  await sandbox.setFaults([{ fault: 'webhook_early', rate: 1 }]);
  const second = await authorize(sandbox);
  await sandbox.advance(3);
  const received = await waitFor(2);
  expect(received.map(({ body }) => body['reference'])).toEqual([
    second['reference'],
    first['reference'],
  ]);
});

test('a late failure is told', async () => {
  const sandbox = await start();
  await sandbox.setFaults([{ fault: 'late_failure', rate: 1 }]);
  const { reference } = await authorize(sandbox);
  await sandbox.advance(5);
  const [event] = await waitFor(1);
  expect(event?.body).toMatchObject({ type: 'authorization.failed', reference });
});
