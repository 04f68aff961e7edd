/** Answers that turn out wrong: told, booked and undone in the right order, whatever happens between. */
import { afterEach, expect, test } from '@jest/globals';
import {
  anAuthorization,
  eventually,
  newDataPath,
  newReference,
  startTestSandbox,
} from './testing/client.ts';
import type { CallResult, TestSandbox } from './testing/client.ts';

const running: TestSandbox[] = [];

async function start(dataPath = ':memory:'): Promise<TestSandbox> {
  const sandbox = await startTestSandbox({ dataPath });
  running.push(sandbox);
  return sandbox;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
});

async function statusOf(
  sandbox: TestSandbox,
  reference: unknown,
  kind = 'authorize',
): Promise<unknown> {
  const { body } = await sandbox.call('GET', `/alder/lookups/${kind}/${String(reference)}`);
  return body['status'];
}

async function authorize(sandbox: TestSandbox, changes = {}): Promise<CallResult['body']> {
  const body = anAuthorization(changes);
  return (await sandbox.call('POST', '/alder/authorizations', body, newReference())).body;
}

interface Operated {
  readonly reference: string;
  readonly status: number;
}

async function operate(
  sandbox: TestSandbox,
  authorization: CallResult['body'],
  collection: string,
  amount = 1_000,
): Promise<Operated> {
  const reference = newReference();
  const path = `/alder/authorizations/${String(authorization['id'])}/${collection}`;
  const body = { reference, amount, currency: 'EUR' };
  return { reference, status: (await sandbox.call('POST', path, body, newReference())).status };
}

test('tok_late_success says declined and is booked five seconds later by the real clock', async () => {
  const sandbox = await start();
  const body = anAuthorization({ token: 'tok_late_success', capture: true });
  const answer = await sandbox.call('POST', '/alder/authorizations', body, newReference());
  expect(answer.status).toBe(402);
  expect(answer.body['error']).toMatchObject({ type: 'decline', code: 'do_not_honor' });
  const reference = String(body['reference']);
  expect(await statusOf(sandbox, reference)).toBe('declined');
  expect(await sandbox.booked(reference)).toEqual([]);
  const booked = await eventually(
    () => sandbox.booked(reference),
    (operations) => operations.length > 0,
  );
  expect(booked).toEqual(['authorize', 'capture']);
  expect(await statusOf(sandbox, reference)).toBe('captured');
});

test('a late success survives a restart', async () => {
  const dataPath = newDataPath();
  const first = await start(dataPath);
  const body = await authorize(first, { token: 'tok_late_success' });
  await running.pop()?.close();
  const second = await start(dataPath);
  const reference = String(body['reference']);
  expect(await second.booked(reference)).toEqual([]);
  await second.advance(5);
  const booked = await eventually(
    () => second.booked(reference),
    (operations) => operations.length > 0,
  );
  expect(booked).toEqual(['authorize']);
});

test('a repeat of a late success under its key does not make a second one', async () => {
  const sandbox = await start();
  const body = anAuthorization({ token: 'tok_late_success' });
  const key = newReference();
  // Birch forgets declines, but not one whose booking is under way.
  for (const path of ['/birch/authorizations', '/birch/authorizations']) {
    expect((await sandbox.call('POST', path, body, key)).status).toBe(402);
  }
  await sandbox.advance(6);
  const booked = await eventually(
    () => sandbox.booked(String(body['reference'])),
    (operations) => operations.length > 0,
  );
  expect(booked).toEqual(['authorize']);
});

test('a late capture is booked only if it is still possible', async () => {
  const sandbox = await start();
  await sandbox.setFaults([{ operation: 'capture', fault: 'late_success', rate: 1 }]);
  const [voided, kept] = [await authorize(sandbox), await authorize(sandbox)];
  // The impossible one is due first, and must not be in the way of the other.
  const late = [
    await operate(sandbox, voided, 'captures'),
    await operate(sandbox, kept, 'captures'),
  ];
  expect(late.map(({ status }) => status)).toEqual([402, 402]);
  expect((await operate(sandbox, voided, 'voids')).status).toBe(200);
  await sandbox.advance(6);
  const [impossible, possible] = late.map(({ reference }) => reference);
  const booked = await eventually(
    () => sandbox.booked(String(possible)),
    (operations) => operations.length > 0,
    2_000,
  );
  expect(booked).toEqual(['capture']);
  expect(await sandbox.booked(String(impossible))).toEqual([]);
  expect(await statusOf(sandbox, impossible, 'capture')).toBe('declined');
});

test('a late failure was never booked, and is undone', async () => {
  const sandbox = await start();
  const authorization = await authorize(sandbox);
  await sandbox.setFaults([{ operation: 'capture', fault: 'late_failure', rate: 1 }]);
  const { reference, status } = await operate(sandbox, authorization, 'captures');
  expect(status).toBe(200);
  expect(await statusOf(sandbox, reference, 'capture')).toBe('succeeded');
  await sandbox.setFaults([]);
  await sandbox.advance(6);
  await eventually(
    () => statusOf(sandbox, reference, 'capture'),
    (seen) => seen === 'declined',
  );
  expect(await sandbox.booked(reference)).toEqual([]);
  const again = await operate(sandbox, authorization, 'captures');
  expect(again.status).toBe(200);
  expect(await sandbox.booked(again.reference)).toEqual(['capture']);
});

test('nothing builds on money that is about to fail: the bad news comes first', async () => {
  const sandbox = await start();
  await sandbox.setFaults([{ operation: 'authorize', fault: 'late_failure', rate: 1 }]);
  const sale = await authorize(sandbox, { capture: true });
  expect(sale['status']).toBe('captured');
  const refund = await operate(sandbox, sale, 'refunds');
  expect(refund.status).toBe(402);
  expect(await statusOf(sandbox, sale['reference'])).toBe('declined');
  expect(await sandbox.books()).toEqual([]);
});

test('a voided authorization whose void fails late can be captured after all', async () => {
  const sandbox = await start();
  const authorization = await authorize(sandbox);
  await sandbox.setFaults([{ operation: 'void', fault: 'late_failure', rate: 1 }]);
  expect((await operate(sandbox, authorization, 'voids')).status).toBe(200);
  expect(await statusOf(sandbox, authorization['reference'])).toBe('voided');
  expect((await operate(sandbox, authorization, 'captures')).status).toBe(200);
});
