/** What is refused writes nothing and starts nothing, all the way down to the database. */
import { describe, expect, test } from '@jest/globals';
import { aPaymentBody, type Reply } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';

type Ask = (stack: TestStack, key: string) => Promise<Reply>;

const create =
  (changes: object, headers: Readonly<Record<string, string>> = {}): Ask =>
  ({ api }, key) =>
    api.post('/v1/payments', aPaymentBody({ ...changes }), { key, headers });

const raw =
  (body: string): Ask =>
  ({ api }, key) =>
    api.post('/v1/payments', body, { key });

const nowhere = 'pay_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f';
const command =
  (path: string, body: object): Ask =>
  ({ api }, key) =>
    api.post(`/v1/payments/${nowhere}/${path}`, body, { key });

const table: readonly (readonly [string, number, string, Ask])[] = [
  ['no body', 400, 'invalid_request', ({ api }, key) => api.post('/v1/payments', undefined, { key })],
  ['half a body', 400, 'malformed_json', raw('{"amount": 1')],
  ['a list', 400, 'invalid_request', raw('[]')],
  ['an amount of zero', 400, 'invalid_request', create({ amount: 0 })],
  ['a negative amount', 400, 'invalid_request', create({ amount: -5 })],
  ['a fraction of a cent', 400, 'invalid_request', create({ amount: 10.5 })],
  ['an amount as text', 400, 'invalid_request', create({ amount: '100' })],
  ['an amount past 2^53', 400, 'invalid_request', raw('{"amount":9007199254740993}')],
  ['an unknown currency', 400, 'invalid_request', create({ currency: 'XAU' })],
  ['a currency in lower case', 400, 'invalid_request', create({ currency: 'usd' })],
  ['an unknown field', 400, 'invalid_request', create({ colour: 'red' })],
  ['no token', 400, 'invalid_request', create({ payment_method: { type: 'card' } })],
  ['a customer nobody knows', 400, 'invalid_request', create({ customer: { id: nowhere.replace('pay', 'cus') } })],
  ['a card number', 422, 'card_data_refused', create({ metadata: { n: '4242 4242 4242 4242' } })],
  ['no credentials', 401, 'unauthenticated', ({ api }) => api.post('/v1/payments', aPaymentBody(), { key: null })],
  ['a wrong key', 401, 'unauthenticated', ({ api }) => api.post('/v1/payments', aPaymentBody(), { key: `tk_test_${'z'.repeat(40)}` })],
  ['a live key', 401, 'wrong_mode', ({ api }) => api.post('/v1/payments', aPaymentBody(), { key: `tk_live_${'z'.repeat(40)}` })],
  ['another content type', 415, 'unsupported_media_type', create({}, { 'content-type': 'text/plain' })],
  ['a body of 65 KiB', 413, 'body_too_large', create({ metadata: { n: 'x'.repeat(65 * 1024) } })],
  ['no key', 400, 'idempotency_key_missing', ({ api }, key) => api.post('/v1/payments', aPaymentBody(), { key, idempotencyKey: null })],
  ['a capture of nothing', 400, 'invalid_request', command('captures', { amount: 0 })],
  ['a refund without reason', 400, 'invalid_request', command('refunds', { amount: 1 })],
  ['a capture of nobody', 404, 'not_found', command('captures', {})],
  ['a cancel of nobody', 404, 'not_found', command('cancel', {})],
  ['an id that is none', 404, 'not_found', ({ api }, key) => api.post('/v1/payments/1/cancel', {}, { key })],
]; // prettier-ignore

const tables = [
  'idempotency_keys', 'customers', 'payments', 'attempts', 'operations', 'journal_entries', 'postings',
  'timeline', 'outbox',
]; // prettier-ignore

export function describeBadInput(stack: () => TestStack): void {
  const written = async (): Promise<number> => {
    const counts = tables.map((name) => `(select count(*) from ${name} where merchant_id = $1)`);
    const { id } = stack().merchants[3];
    const row = await stack().rows.one<{ rows: number }>(
      `select (${counts.join(' + ')})::int as rows`,
      [id],
    );
    return row.rows;
  };

  describe('a request that is refused writes nothing', () => {
    test.each(table)('%s is %d %s', async (_what, status, code, ask) => {
      const reply = await ask(stack(), stack().merchants[3].apiKey);
      expect([reply.status, reply.body['code']]).toEqual([status, code]);
      expect(reply.headers.get('content-type')).toContain('application/problem+json');
      // A payment without a row has no id, so nothing can have been started either.
      expect(await written()).toBe(0);
    });

    test("another merchant's customer is nobody", async () => {
      const [first] = stack().merchants;
      const { id } = await stack().rows.one<{ id: string }>(
        'insert into customers (merchant_id, email) values ($1, $2) returning id',
        [first.id, 'ann@example.com'],
      );
      const reply = await create({ customer: { id } })(stack(), stack().merchants[3].apiKey);
      expect([reply.status, reply.body['code']]).toEqual([400, 'invalid_request']);
      expect(await written()).toBe(0);
    });
  });
}
