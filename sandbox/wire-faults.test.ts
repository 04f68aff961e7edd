/** Each fault of the plan, as a client sees it and as the books know it. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { anAuthorization, newReference, startTestSandbox } from './testing/client.ts';
import type { CallResult, TestSandbox } from './testing/client.ts';

let sandbox: TestSandbox;

beforeAll(async () => {
  sandbox = await startTestSandbox();
});

afterEach(async () => {
  await sandbox.setFaults([]);
});

afterAll(async () => {
  await sandbox.close();
});

interface Suffered {
  readonly answer: CallResult | 'dropped';
  readonly booked: readonly string[];
}

async function suffer(fault: string, changes = {}): Promise<Suffered> {
  await sandbox.setFaults([{ provider: 'alder', operation: 'authorize', fault, rate: 1 }]);
  const body = anAuthorization(changes);
  const answer = await sandbox
    .call('POST', '/alder/authorizations', body, newReference())
    .catch(() => 'dropped' as const);
  return { answer, booked: await sandbox.booked(String(body['reference'])) };
}

test('lost_reply books, then drops', async () => {
  expect(await suffer('lost_reply')).toEqual({ answer: 'dropped', booked: ['authorize'] });
});

test('refused processes nothing and says so', async () => {
  const { answer, booked } = await suffer('refused');
  expect(answer).toMatchObject({ status: 503 });
  expect(answer !== 'dropped' && answer.headers.get('sandbox-disposition')).toBe('refused');
  expect(booked).toEqual([]);
});

test('rate_limited processes nothing and says when to come back', async () => {
  const { answer, booked } = await suffer('rate_limited');
  expect(answer).toMatchObject({ status: 429 });
  expect(answer !== 'dropped' && answer.headers.get('retry-after')).toBe('1');
  expect(booked).toEqual([]);
});

test('error_500 books nothing', async () => {
  expect(await suffer('error_500')).toMatchObject({ answer: { status: 500 }, booked: [] });
});

test('slow answers after four seconds', async () => {
  const startedAt = Date.now();
  expect(await suffer('slow')).toMatchObject({ answer: { status: 200 }, booked: ['authorize'] });
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(3_990);
});

test('garbage books, then answers 200 with what is no JSON', async () => {
  const { answer, booked } = await suffer('garbage');
  expect(answer).toMatchObject({ status: 200 });
  expect(answer !== 'dropped' && answer.headers.get('content-type')).toBe('text/html');
  expect(booked).toEqual(['authorize']);
});

test('wrong_amount books the right one and tells another', async () => {
  const { answer, booked } = await suffer('wrong_amount');
  expect(answer).toMatchObject({ status: 200, body: { amount: 1_001 } });
  expect(booked).toEqual(['authorize']);
  expect((await sandbox.books('alder')).at(-1)?.amount).toBe(1_000);
});

test('a decline stays one under late_success, since nothing was possible', async () => {
  const { answer } = await suffer('late_success', { token: 'tok_declined_insufficient_funds' });
  expect(answer).toMatchObject({ body: { error: { code: 'insufficient_funds' } } });
});

test('a lookup that lags behind knows nothing of what is booked, and no other call lags', async () => {
  const body = anAuthorization();
  await sandbox.call('POST', '/alder/authorizations', body, newReference());
  const lookUp = (): Promise<CallResult> =>
    sandbox.call('GET', `/alder/lookups/authorize/${String(body['reference'])}`);
  await sandbox.setFaults([{ operation: 'lookup', fault: 'not_found', rate: 1 }]);
  expect(await lookUp()).toMatchObject({ status: 404 });
  await sandbox.setFaults([]);
  expect(await lookUp()).toMatchObject({ status: 200 });
  await expect(
    sandbox.setFaults([{ operation: 'capture', fault: 'not_found', rate: 1 }]),
  ).rejects.toThrow();
});

test('a lookup suffers only when it is named', async () => {
  const lookUp = (): Promise<CallResult> => sandbox.call('GET', '/alder/lookups/authorize/none');
  await sandbox.setFaults([{ fault: 'error_500', rate: 1 }]);
  expect((await lookUp()).status).toBe(404);
  await sandbox.setFaults([{ operation: 'lookup', fault: 'error_500', rate: 1 }]);
  expect((await lookUp()).status).toBe(500);
});

test('a reply lost in transit is stored: without the fault, the same key gets it', async () => {
  await sandbox.setFaults([{ fault: 'lost_reply', rate: 1 }]);
  const body = anAuthorization();
  const key = newReference();
  const call = (): Promise<CallResult> => sandbox.call('POST', '/cedar/authorizations', body, key);
  await expect(call()).rejects.toThrow();
  await expect(call()).rejects.toThrow();
  await sandbox.setFaults([]);
  expect((await call()).headers.get('idempotent-replayed')).toBe('true');
  expect(await sandbox.booked(String(body['reference']))).toEqual(['authorize']);
});

test.each([
  ['an unknown fault', { plan: [{ fault: 'meteor', rate: 1 }] }],
  ['an unknown provider', { plan: [{ provider: 'elm', fault: 'slow', rate: 1 }] }],
  ['a rate above one', { plan: [{ fault: 'slow', rate: 1.1 }] }],
  ['no plan', { seed: 1 }],
])('%s is refused', async (_, body) => {
  expect((await sandbox.call('PUT', '/faults', body)).status).toBe(400);
});

test('the refused token is refused at alder alone, so that there is somewhere to go', async () => {
  const statuses: number[] = [];
  for (const provider of ['alder', 'birch', 'cedar']) {
    const body = anAuthorization({ token: 'tok_refused_connection' });
    const path = `/${provider}/authorizations`;
    statuses.push((await sandbox.call('POST', path, body, newReference())).status);
  }
  expect(statuses).toEqual([503, 200, 200]);
});
