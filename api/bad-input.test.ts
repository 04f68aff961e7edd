/**
 * Whatever is wrong with a request, the answer is a problem that names the field, and no port is
 * called: the fake ports reject every call, which would be a 500.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakePorts, liveKey, startApi, type TestApi } from '../test/support/api.ts';

const card = '4111111111111111';
const valid = {
  amount: 2599,
  currency: 'EUR',
  capture_method: 'automatic',
  payment_method: { type: 'card', token: 'tok_visa' },
};
const paymentId = 'pay_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f';

let api: TestApi;
beforeAll(async () => {
  api = await startApi(fakePorts());
});
afterAll(() => api.close());

/** Everything a problem must have, whatever it is about. */
function expectProblem(
  response: Awaited<ReturnType<TestApi['call']>>,
  status: number,
  code: string,
): void {
  expect(response.body).toMatchObject({ status, code });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(response.headers.get('tender-version')).toBe('2026-11-22');
  expect(response.body).toMatchObject({
    type: `urn:tender:problem:${code}`,
    title: expect.stringMatching(/\S/),
    detail: expect.stringMatching(/\S/),
    request_id: response.headers.get('request-id'),
  });
}

describe('a field that is wrong is named', () => {
  test.each<[string, object, string]>([
    ['unknown', { ...valid, colour: 'red' }, '/colour'],
    ['unknown inside', { ...valid, customer: { age: 3 } }, '/customer/age'],
    ['of the wrong type', { ...valid, amount: '2599' }, '/amount'],
    ['negative', { ...valid, amount: -1 }, '/amount'],
    ['zero', { ...valid, amount: 0 }, '/amount'],
    ['fractional', { ...valid, amount: 0.5 }, '/amount'],
    ['null', { ...valid, amount: null }, '/amount'],
    ['missing', { ...valid, amount: undefined }, '/amount'],
    ['an unknown currency', { ...valid, currency: 'XXX' }, '/currency'],
    ['a lower-case currency', { ...valid, currency: 'eur' }, '/currency'],
    ['an unknown method', { ...valid, capture_method: 'later' }, '/capture_method'],
    ['a missing token', { ...valid, payment_method: { type: 'card' } }, '/payment_method/token'],
    [
      'two kinds of token',
      { ...valid, payment_method: { type: 'card', token: 'a', tokens: { alder: 'b' } } },
      '/payment_method/tokens',
    ],
    [
      'a stray wallet',
      { ...valid, payment_method: { type: 'card', token: 'a', wallet: 'apple_pay' } },
      '/payment_method/wallet',
    ],
    ['a very long text', { ...valid, merchant_reference: 'x'.repeat(256) }, '/merchant_reference'],
    ['an empty text', { ...valid, merchant_reference: '' }, '/merchant_reference'],
    ['NUL', { ...valid, merchant_reference: 'a\0b' }, '/merchant_reference'],
    ['a lone surrogate', { ...valid, metadata: { note: 'a\ud800' } }, '/metadata/note'],
    ['metadata that is no text', { ...valid, metadata: { n: 1 } }, '/metadata/n'],
    [
      'too much metadata',
      {
        ...valid,
        metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v'])),
      },
      '/metadata',
    ],
    ['a script as address', { ...valid, return_url: 'javascript:alert(1)' }, '/return_url'],
    ['no e-mail address', { ...valid, customer: { email: 'nobody' } }, '/customer/email'],
    ['another kind of id', { ...valid, customer: { id: paymentId } }, '/customer/id'],
    ['too patient', { ...valid, submit_within_seconds: 1e6 }, '/submit_within_seconds'],
  ])('%s', async (_what, body, pointer) => {
    const response = await api.post('/v1/payments', body);
    expectProblem(response, 400, 'invalid_request');
    expect(response.body['errors']).toContainEqual({ pointer, detail: expect.any(String) });
  });

  test.each([
    ['{"amount":9007199254740993}', '/amount'],
    ['{"amount":1e400}', '/amount'],
    ['{"amount":10.0}', '/amount'],
    ['{"amount":1,"amount":2}', ''],
    ['{"metadata":{"__proto__":"x"}}', '/metadata'],
    ['{"regulated":[[[[[[[[[[[]]]]]]]]]]]}', '/regulated/0/0/0/0/0/0/0/0/0'],
  ])('in the raw text %s', async (body, pointer) => {
    const response = await api.post('/v1/payments', body);
    expectProblem(response, 400, 'invalid_request');
    expect(response.body['errors']).toEqual([{ pointer, detail: expect.any(String) }]);
  });

  test.each([
    ['/v1/payments?limit=0', '/query/limit'],
    ['/v1/payments?limit=101', '/query/limit'],
    ['/v1/payments?limit=ten', '/query/limit'],
    ['/v1/payments?limit=1&limit=2', '/query/limit'],
    ['/v1/payments?after=x', '/query/after'],
    ['/v1/payments?status=lost', '/query/status'],
    ['/v1/payments?created_after=yesterday', '/query/created_after'],
    ['/v1/payments?merchant_reference=a%00b', '/query/merchant_reference'],
    ['/v1/payments?colour=red', '/query/colour'],
    [`/v1/payments/${paymentId}/timeline?after=-1`, '/query/after'],
    ['/v1/ledger/accounts/1100/balance', '/query/currency'],
    ['/v1/ledger/trial_balance?as_of=now', '/query/as_of'],
    ['/v1/events?type=everything', '/query/type'],
  ])('in the query of %s', async (path, pointer) => {
    const response = await api.call(path);
    expectProblem(response, 400, 'invalid_request');
    expect(response.body['errors']).toContainEqual({ pointer, detail: expect.any(String) });
  });

  test('and values are never repeated', async () => {
    const response = await api.post('/v1/payments', { ...valid, currency: 'SECRET-VALUE' });
    expect(response.text).not.toContain('SECRET-VALUE');
  });
});

describe('a body that cannot be read', () => {
  test.each(['{"amount":', '{amount:1}', 'null x', '\u00ef\u00bb'])('%p', async (body) => {
    expectProblem(await api.post('/v1/payments', body), 400, 'malformed_json');
  });

  test('is not UTF-8', async () => {
    const body = Buffer.from([0x22, 0xff, 0xfe, 0x22]);
    expectProblem(await api.post('/v1/payments', body), 400, 'malformed_json');
  });

  test.each(['[]', '"text"', '1', 'null', 'true'])('is no object: %s', async (body) => {
    expectProblem(await api.post('/v1/payments', body), 400, 'invalid_request');
  });

  test.each([
    'text/plain',
    'application/xml',
    'application/jsonx',
    'application/json; charset=latin1',
  ])('is %s', async (type) => {
    const response = await api.post('/v1/payments', JSON.stringify(valid), {
      'content-type': type,
    });
    expectProblem(response, 415, 'unsupported_media_type');
  });

  test('is compressed', async () => {
    const response = await api.post('/v1/payments', JSON.stringify(valid), {
      'content-encoding': 'gzip',
    });
    expectProblem(response, 415, 'unsupported_media_type');
  });

  test.each([64 * 1024 + 1, 1024 * 1024])('has %d bytes', async (length) => {
    expectProblem(await api.post('/v1/payments', ' '.repeat(length)), 413, 'body_too_large');
  });
});

describe('who may not', () => {
  test.each([
    [null, 'unauthenticated'],
    ['tk_test_0123456789abcdefghijXXXXXXXXXX', 'unauthenticated'],
    ['tk_test_short', 'unauthenticated'],
    ['not-a-key', 'unauthenticated'],
    [liveKey, 'wrong_mode'],
  ])('key %p: %s', async (key, code) => {
    const response = await api.call('/v1/payments', { key });
    expectProblem(response, 401, code);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('a key without the scope', async () => {
    const readOnly = await startApi(
      fakePorts({
        principals: {
          byApiKey: async () => ({
            merchantId: 'mer_demo',
            mode: 'test',
            scopes: ['payments:read'],
            actor: { kind: 'api_key', id: 'key_2' },
          }),
        },
      }),
    );
    expectProblem(await readOnly.post('/v1/payments', valid), 403, 'forbidden');
    expectProblem(await readOnly.call('/v1/ledger/trial_balance'), 403, 'forbidden');
    await readOnly.close();
  });
});

describe('the Idempotency-Key', () => {
  test.each([
    ['/v1/payments', valid],
    [`/v1/payments/${paymentId}/attempts`, { payment_method: valid.payment_method }],
    [`/v1/payments/${paymentId}/captures`, {}],
    [`/v1/payments/${paymentId}/cancel`, {}],
    [`/v1/payments/${paymentId}/refunds`, { reason: 'asked for' }],
  ])('is required by POST %s', async (path, body) => {
    const response = await api.call(path, { method: 'POST', body });
    expectProblem(response, 400, 'idempotency_key_missing');
  });

  test.each(['with space', 'x'.repeat(256)])('may not be %p', async (key) => {
    const response = await api.post('/v1/payments', valid, { 'idempotency-key': key });
    expectProblem(response, 400, 'idempotency_key_invalid');
  });
});

describe('a card number is refused, and echoed nowhere', () => {
  test.each<[string, object, string]>([
    [
      'a token',
      { ...valid, payment_method: { type: 'card', token: card } },
      '/payment_method/token',
    ],
    ['an unknown field', { ...valid, card: { number: '4111 1111 1111 1111' } }, '/card/number'],
    ['a number', { ...valid, amount: 4111111111111111 }, '/amount'],
    ['a text', { ...valid, metadata: { note: `please charge ${card}!` } }, '/metadata/note'],
    ['a name', { ...valid, metadata: { [card]: 'x' } }, '/metadata'],
    ['a list', { ...valid, regulated: { items: ['x', card] } }, '/regulated/items/1'],
  ])('in %s', async (_where, body, pointer) => {
    const response = await api.post('/v1/payments', body);
    expectProblem(response, 422, 'card_data_refused');
    expect(response.body['errors']).toEqual([{ pointer, detail: 'holds a card number' }]);
    expect(response.text.replaceAll(/\D/g, '')).not.toContain(card);
  });

  test('in the Idempotency-Key', async () => {
    const response = await api.post('/v1/payments', valid, { 'idempotency-key': card });
    expectProblem(response, 422, 'card_data_refused');
  });

  test.each([
    `/v1/payments?merchant_reference=${card}`,
    `/v1/payments?${card}=1`,
    `/v1/payments/${card}`,
    '/v1/payments?merchant_reference=4111+1111%201111-1111',
  ])('in the address %s', async (path) => {
    const response = await api.call(path);
    expectProblem(response, 422, 'card_data_refused');
    expect(response.text).not.toContain('4111111');
  });

  test('also where another fault comes first', async () => {
    for (const body of [`{"${card}":{"a":1,"a":2}}`, `{"x":"${card}`, `{"${card}":"\\u0000"}`]) {
      const response = await api.post('/v1/payments', body);
      expect(response.status).toBe(400);
      expect(response.text).not.toContain(card);
    }
  });

  test('and logged nowhere', () => {
    expect(api.logged.length).toBeGreaterThan(10);
    expect(api.logged.join('\n')).not.toMatch(/4111[ +-]?1111/);
  });
});

describe('addresses', () => {
  test.each([
    '/',
    '/v1',
    '/v2/payments',
    '/v1/payments/pay_1',
    '/v1/payments/..%2f..%2fetc',
    '/v1/payments/op_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f',
    '/v1/refunds/nothing',
  ])('%s is not there', async (path) => {
    expectProblem(await api.call(path), 404, 'not_found');
  });

  test('a bad percent-encoding is malformed', async () => {
    expectProblem(await api.call('/v1/payments/%zz'), 400, 'malformed_request');
  });

  test('another method is 405 and says which are allowed', async () => {
    const response = await api.call('/v1/payments', { method: 'DELETE' });
    expectProblem(response, 405, 'method_not_allowed');
    expect(response.headers.get('allow')).toBe('GET, POST');
  });

  test('another version is refused by name', async () => {
    const response = await api.call('/v1/payments', {
      headers: { 'tender-version': '2020-01-01' },
    });
    expectProblem(response, 400, 'unsupported_version');
  });
});
