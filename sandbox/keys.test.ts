/** Idempotency keys: what each contract promises about repeats, seen in the books. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contracts } from './contracts.ts';
import { anAuthorization, newReference, startTestSandbox } from './testing/client.ts';
import type { TestSandbox } from './testing/client.ts';

let sandbox: TestSandbox;

beforeAll(async () => {
  sandbox = await startTestSandbox();
});

afterAll(async () => {
  await sandbox.close();
});

describe.each(contracts.map((contract) => [contract.name, contract] as const))(
  '%s',
  (name, contract) => {
    const path = `/${name}/authorizations`;

    test('fifty calls at once under one key are booked exactly once', async () => {
      const body = anAuthorization();
      const key = newReference();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => sandbox.call('POST', path, body, key)),
      );
      const approved = answers.filter(({ status }) => status === 200);
      const inUse = answers.filter(({ status }) => status === 409);
      expect(approved.length + inUse.length).toBe(50);
      expect(new Set(approved.map((answer) => answer.body['id'])).size).toBe(1);
      expect(await sandbox.booked(String(body['reference']))).toEqual(['authorize']);
    });

    test('a repeat is told as one', async () => {
      const body = anAuthorization();
      const key = newReference();
      const first = await sandbox.call('POST', path, body, key);
      const second = await sandbox.call('POST', path, body, key);
      expect(first.headers.get('idempotent-replayed')).toBeNull();
      expect(second.headers.get('idempotent-replayed')).toBe('true');
      expect(second.body).toEqual(first.body);
    });

    test('the order of fields does not make it another request, their values do', async () => {
      const body = anAuthorization();
      const key = newReference();
      await sandbox.call('POST', path, body, key);
      const turned = Object.fromEntries(Object.entries(body).reverse());
      expect((await sandbox.call('POST', path, turned, key)).status).toBe(200);
      const other = await sandbox.call('POST', path, { ...body, amount: 1_001 }, key);
      expect(other.status).toBe(409);
      expect(other.body['error']).toMatchObject({ code: 'key_conflict' });
    });

    test('a decline is remembered exactly where the contract says so', async () => {
      const body = anAuthorization({ token: 'tok_declined_do_not_honor' });
      const key = newReference();
      const first = await sandbox.call('POST', path, body, key);
      const second = await sandbox.call('POST', path, body, key);
      expect([first.status, second.status]).toEqual([402, 402]);
      const isSame = first.body['id'] === second.body['id'];
      expect(isSame).toBe(contract.errorsCached);
    });

    test('an error is remembered exactly where the contract says so', async () => {
      await sandbox.setFaults([{ provider: name, fault: 'error_500', rate: 1 }]);
      const body = anAuthorization();
      const key = newReference();
      const failed = await sandbox.call('POST', path, body, key);
      await sandbox.setFaults([]);
      const again = await sandbox.call('POST', path, body, key);
      expect([failed.status, again.status]).toEqual([500, contract.errorsCached ? 500 : 200]);
      const booked = contract.errorsCached ? [] : ['authorize'];
      expect(await sandbox.booked(String(body['reference']))).toEqual(booked);
    });

    test('a key lives exactly as long as promised', async () => {
      const body = anAuthorization();
      const key = newReference();
      await sandbox.call('POST', path, body, key);
      await sandbox.advance(contract.keyLifeMs / 1_000 - 5);
      expect((await sandbox.call('POST', path, body, key)).headers.has('idempotent-replayed')).toBe(
        true,
      );
      await sandbox.advance(6);
      expect((await sandbox.call('POST', path, body, key)).headers.has('idempotent-replayed')).toBe(
        false,
      );
      expect(await sandbox.booked(String(body['reference']))).toEqual(['authorize', 'authorize']);
    });
  },
);

test('one key at two providers is two keys', async () => {
  const body = anAuthorization();
  const key = newReference();
  await sandbox.call('POST', '/alder/authorizations', body, key);
  await sandbox.call('POST', '/birch/authorizations', body, key);
  expect((await sandbox.booked(String(body['reference']))).length).toBe(2);
});

test('while the first is being worked on, its key is in use', async () => {
  const body = anAuthorization({ token: 'tok_slow' });
  const key = newReference();
  const first = sandbox.call('POST', '/alder/authorizations', body, key);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const second = await sandbox.call('POST', '/alder/authorizations', body, key);
  expect(second.status).toBe(409);
  expect(second.body['error']).toMatchObject({ code: 'key_in_use' });
  expect((await first).status).toBe(200);
  const third = await sandbox.call('POST', '/alder/authorizations', body, key);
  expect(third.headers.get('idempotent-replayed')).toBe('true');
  expect(await sandbox.booked(String(body['reference']))).toEqual(['authorize']);
});

test.each([
  ['no key', anAuthorization(), undefined],
  ['an unknown field', anAuthorization({ cvc: '123' }), 'k1'],
  ['a negative amount', anAuthorization({ amount: -1 }), 'k2'],
  ['a fraction', anAuthorization({ amount: 1.5 }), 'k3'],
  ['an unknown currency', anAuthorization({ currency: 'XXX' }), 'k4'],
  ['a script to return to', anAuthorization({ return_url: 'javascript:x' }), 'k5'],
  ['no JSON', 'hello', 'k6'],
])('%s is refused and leaves no trace', async (_, body, key) => {
  const before = await sandbox.books();
  expect((await sandbox.call('POST', '/alder/authorizations', body, key)).status).toBe(400);
  expect(await sandbox.books()).toEqual(before);
});

test('a sale is refused where the contract has none', async () => {
  const body = anAuthorization({ capture: true });
  const answer = await sandbox.call('POST', '/birch/authorizations', body, newReference());
  expect(answer.body['error']).toMatchObject({ code: 'sale_not_supported' });
});

test('an operation reaches no authorization of another provider', async () => {
  const { body } = await sandbox.call(
    'POST',
    '/alder/authorizations',
    anAuthorization(),
    newReference(),
  );
  const capture = { reference: newReference(), amount: 1_000, currency: 'EUR' };
  const path = `/cedar/authorizations/${String(body['id'])}/captures`;
  const answer = await sandbox.call('POST', path, capture, newReference());
  expect(answer.body['error']).toMatchObject({ code: 'authorization_not_found' });
  expect(await sandbox.booked(capture.reference)).toEqual([]);
});
