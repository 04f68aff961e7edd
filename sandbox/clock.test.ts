/** POST /clock moves the sandbox and Tender together, for good. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { anAuthorization, newDataPath, newReference, startTestSandbox } from './testing/client.ts';
import type { TestSandbox } from './testing/client.ts';
import { startReceiver } from './testing/receiver.ts';
import type { Receiver } from './testing/receiver.ts';

const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const running: { close(): Promise<void> }[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  running.push(receiver);
});

afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.close();
});

async function start(dataPath = ':memory:'): Promise<TestSandbox> {
  const clockUrl = `${receiver.url}/clock`;
  const sandbox = await startTestSandbox({ dataPath, clockUrl, webhookSecret });
  running.push(sandbox);
  return sandbox;
}

function offsets(): unknown[] {
  return receiver.received.map(({ body }) => body['offset_seconds']);
}

test('the offset is absolute, kept, and shared under the secret', async () => {
  const dataPath = newDataPath();
  const sandbox = await start(dataPath);
  await sandbox.advance(3_600);
  await running.pop()?.close();
  const restarted = await start(dataPath);
  const { body } = await restarted.call('POST', '/clock', { advance_seconds: 60 });
  expect(body['offset_seconds']).toBe(3_660);
  expect(Date.parse(String(body['now'])) - Date.now()).toBeGreaterThan(3_655_000);
  expect(offsets()).toEqual([3_600, 3_660]);
  expect(receiver.received[0]?.headers.authorization).toBe(`Bearer ${webhookSecret}`);
});

test('moves at the same time do not overtake each other', async () => {
  const sandbox = await start();
  receiver.answerWith(204, 50);
  await Promise.all([1, 2, 3, 4].map((seconds) => sandbox.advance(seconds)));
  expect(offsets()).toEqual([...offsets()].sort((a, b) => Number(a) - Number(b)));
  expect(offsets().at(-1)).toBe(10);
  expect(receiver.peak()).toBe(1);
});

test('Tender gets some tries, and the caller learns if it did not take them', async () => {
  const sandbox = await start();
  receiver.answerWith(503);
  const { status, body } = await sandbox.call('POST', '/clock', { advance_seconds: 5 });
  expect([status, body['error']]).toEqual([
    502,
    expect.objectContaining({ code: 'clock_not_shared' }),
  ]);
  expect(offsets()).toEqual([5, 5, 5, 5, 5]);
  receiver.answerWith(204);
  await sandbox.advance(0);
  expect(offsets().at(-1)).toBe(5);
});

test('time shows in the books', async () => {
  const sandbox = await start();
  await sandbox.advance(86_400);
  await sandbox.call('POST', '/cedar/authorizations', anAuthorization(), newReference());
  const [movement] = await sandbox.books('cedar');
  expect(movement?.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(Date.parse(String(movement?.at)) - Date.now()).toBeGreaterThan(86_300_000);
});

test.each([-1, 0.5, '60', null, 1e12])('advancing by %p is refused', async (seconds) => {
  const sandbox = await start();
  const answer = await sandbox.call('POST', '/clock', { advance_seconds: seconds });
  expect(answer.status).toBe(400);
});
