/** Void by reference: before, during and after the request it fences. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anAuthorization, newReference, startTestSandbox } from './testing/client.ts';
import type { CallResult, TestSandbox } from './testing/client.ts';

let sandbox: TestSandbox;

beforeAll(async () => {
  sandbox = await startTestSandbox();
});

afterAll(async () => {
  await sandbox.close();
});

const path = '/alder/authorizations';

function fence(reference: unknown): Promise<CallResult> {
  return sandbox.call('POST', '/alder/fences', { reference });
}

async function lookUp(reference: unknown): Promise<CallResult['body']> {
  return (await sandbox.call('GET', `/alder/lookups/authorize/${String(reference)}`)).body;
}

test('a request that is being worked on when the fence comes is refused, and books nothing', async () => {
  const body = anAuthorization({ token: 'tok_slow' });
  const slow = sandbox.call('POST', path, body, newReference());
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await fence(body['reference'])).status).toBe(200);
  expect((await slow).body['error']).toMatchObject({ code: 'reference_voided' });
  expect(await sandbox.booked(String(body['reference']))).toEqual([]);
});

test('raced against its request, either the fence voids it or the request is refused', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 60; round += 1) {
    const body = anAuthorization();
    const request = (): Promise<CallResult> => sandbox.call('POST', path, body, newReference());
    const calls =
      round % 2 === 0
        ? [request(), request(), fence(body['reference']), request()]
        : [fence(body['reference']), request(), request()];
    const answers = await Promise.all(calls);
    const authorized = answers.filter(({ body: { status } }) => status === 'authorized').length;
    expect(answers.filter(({ body: { status } }) => status === 'fenced').length).toBe(1);
    const booked = await sandbox.booked(String(body['reference']));
    expect(booked.filter((operation) => operation === 'authorize').length).toBe(authorized);
    expect(booked.filter((operation) => operation === 'void').length).toBe(authorized);
    seen.add(booked.join());
  }
  expect(seen).toContain('');
});

test('a sale is refused a fence, and stays', async () => {
  const body = anAuthorization({ capture: true });
  await sandbox.call('POST', path, body, newReference());
  const answer = await fence(body['reference']);
  expect(answer.status).toBe(409);
  expect(answer.body['error']).toMatchObject({ code: 'already_captured' });
  expect(await lookUp(body['reference'])).toMatchObject({ status: 'captured', captured: true });
  expect(await sandbox.booked(String(body['reference']))).toEqual(['authorize', 'capture']);
});

test('a fenced challenge can no longer be approved', async () => {
  const body = anAuthorization({ token: 'tok_3ds' });
  const { body: challenged } = await sandbox.call('POST', path, body, newReference());
  await fence(body['reference']);
  await sandbox.call('POST', `/challenges/${String(challenged['id'])}/approve`);
  expect(await sandbox.booked(String(body['reference']))).toEqual([]);
  expect(await lookUp(body['reference'])).toMatchObject({ status: 'voided' });
});

test('a fenced late success does not come', async () => {
  const body = anAuthorization({ token: 'tok_late_success' });
  await sandbox.call('POST', path, body, newReference());
  expect((await fence(body['reference'])).status).toBe(200);
  await sandbox.advance(10);
  expect(await lookUp(body['reference'])).toMatchObject({ status: 'declined' });
  expect(await sandbox.booked(String(body['reference']))).toEqual([]);
});

test('a fence on what has expired voids nothing twice', async () => {
  const body = anAuthorization();
  await sandbox.call('POST', path, body, newReference());
  await sandbox.advance(8 * 86_400);
  expect((await fence(body['reference'])).status).toBe(200);
  expect(await sandbox.booked(String(body['reference']))).toEqual(['authorize']);
});

test('birch has no fences', async () => {
  expect((await sandbox.call('POST', '/birch/fences', { reference: 'x' })).status).toBe(404);
});
