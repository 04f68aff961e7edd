/** The shape outsiders read, and that it adds up after every kind of operation. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anAuthorization, newReference, startTestSandbox } from './testing/client.ts';
import type { TestSandbox } from './testing/client.ts';

let sandbox: TestSandbox;

beforeAll(async () => {
  sandbox = await startTestSandbox();
});

afterAll(async () => {
  await sandbox.close();
});

test('every movement is there once, in order, with reference, key and provider reference', async () => {
  const order = anAuthorization({ amount: 900 });
  const { body: held } = await sandbox.call('POST', '/alder/authorizations', order, 'key-a');
  const path = `/alder/authorizations/${String(held['id'])}`;
  const operations = [
    ['captures', 'op-c1', 300],
    ['captures', 'op-c2', 200],
    ['voids', 'op-v', 400],
    ['refunds', 'op-r', 450],
  ] as const;
  for (const [collection, reference, amount] of operations) {
    const body = { reference, amount, currency: 'EUR' };
    const { status } = await sandbox.call(
      'POST',
      `${path}/${collection}`,
      body,
      `key-${reference}`,
    );
    expect(status).toBe(200);
  }
  const [first, ...rest] = await sandbox.books('alder');
  expect(first).toEqual({
    provider: 'alder',
    reference: order['reference'],
    operation: 'authorize',
    amount: 900,
    currency: 'EUR',
    fee: 0,
    at: first?.at,
    provider_reference: held['id'],
    key: 'key-a',
  });
  expect(
    rest.map(({ operation, reference, amount, key }) => [operation, reference, amount, key]),
  ).toEqual([
    ['capture', 'op-c1', 300, 'key-op-c1'],
    ['capture', 'op-c2', 200, 'key-op-c2'],
    ['void', 'op-v', 400, 'key-op-v'],
    ['refund', 'op-r', 450, 'key-op-r'],
  ]);
  // 1.4 % and 0.25 of each capture.
  expect(rest.map(({ fee }) => fee)).toEqual([29, 28, 0, 0]);
});

test('a sale shows as authorize and capture, both with the reference of the attempt', async () => {
  const order = anAuthorization({ capture: true });
  const { body } = await sandbox.call('POST', '/cedar/authorizations', order, newReference());
  const sale = (await sandbox.books('cedar')).map(
    ({ operation, reference, provider_reference }) => ({
      operation,
      reference,
      provider_reference,
    }),
  );
  const both = { reference: order['reference'], provider_reference: body['id'] };
  expect(sale).toEqual([
    { operation: 'authorize', ...both },
    { operation: 'capture', ...both },
  ]);
});

test('without a provider all are listed, and one without movements has an empty book', async () => {
  const all = await sandbox.books();
  expect(new Set(all.map(({ provider }) => provider))).toEqual(new Set(['alder', 'cedar']));
  expect(await sandbox.books('birch')).toEqual([]);
});

test('it is alive, and serves nothing else', async () => {
  expect((await sandbox.call('GET', '/livez')).status).toBe(200);
  for (const path of ['/', '/elm/authorizations', '/alder', '/alder/authorizations/x', '/%zz']) {
    expect((await sandbox.call('POST', path, {})).status).toBeGreaterThanOrEqual(400);
  }
});

test('a body beyond 64 KiB is refused', async () => {
  const answer = await sandbox.call('POST', '/tokens', { number: 'x'.repeat(70_000) });
  expect(answer.status).toBe(413);
});
