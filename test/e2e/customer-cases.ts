/** Customers, the methods they leave with us, and payments made with those while they are away. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { booksOf } from '../support/books.ts';
import { byCard, paymentOf, type Reply } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';

export function describeCustomers(stack: () => TestStack): void {
  const post = (path: string, body: object = {}): Promise<Reply> => stack().api.post(path, body);
  const aCustomer = async (): Promise<string> =>
    String((await post('/v1/customers', { email: 'ada@example.com' })).body['id']);
  const saved = async (customer_id: string, token: string): Promise<string> =>
    String((await post('/v1/payment_methods', { customer_id, type: 'card', token })).body['id']);
  const payWith = (id: string, changes: object = {}): Promise<Reply> =>
    post('/v1/payments', byCard('tok_visa', { payment_method: { type: 'card', id }, ...changes }));

  describe('a saved payment method', () => {
    test.concurrent('pays while the shopper is away, and never shows its token', async () => {
      const customer = await aCustomer();
      const id = await saved(customer, 'tok_mastercard');
      const shown = await stack().api.get(`/v1/payment_methods/${id}`);
      expect(shown.body).toMatchObject({ customer_id: customer, status: 'active', type: 'card' });
      expect(JSON.stringify(shown.body)).not.toContain('tok_');
      const reply = await payWith(id, { off_session: true });
      expect(reply.status).toBe(201);
      expect(reply.body).toMatchObject({
        status: 'captured',
        customer_id: customer,
        payment_method: { id, brand: 'mastercard' },
      });
    });

    test.concurrent('whose issuer wants the shopper is declined without a page', async () => {
      const id = await saved(await aCustomer(), 'tok_3ds');
      const reply = await payWith(id, { off_session: true });
      expect(reply.status).toBe(402);
      expect(reply.body).toMatchObject({ decline: { code: 'authentication_required' } });
      expect(paymentOf(reply).next_action).toBeNull();
      expect((await payWith(id)).body).toMatchObject({ status: 'requires_action' });
    });

    test.concurrent('of another customer, detached or made up is not taken', async () => {
      const [mine, other] = [await aCustomer(), await aCustomer()];
      const id = await saved(mine, 'tok_visa');
      const key = 'unused_until_right';
      const options = { idempotencyKey: `${key}_${mine}` };
      const refused = await stack().api.post(
        '/v1/payments',
        byCard('', { payment_method: { type: 'card', id }, customer: { id: other } }),
        options,
      );
      expect([refused.status, refused.body['errors']]).toEqual([
        400,
        [{ pointer: '/payment_method/id', detail: expect.any(String) }],
      ]);
      expect((await post(`/v1/payment_methods/${id}/detach`)).body['status']).toBe('detached');
      expect((await payWith(id)).status).toBe(400);
      const listed = await stack().api.get(`/v1/customers/${mine}/payment_methods`);
      expect(listed.body['data']).toEqual([]);
      const unused = await stack().api.post('/v1/payments', byCard('tok_visa'), options);
      expect(unused.status).toBe(201);
    });

    test.concurrent('can be the next try of a declined payment', async () => {
      const id = await saved(await aCustomer(), 'tok_visa');
      const declined = await post('/v1/payments', byCard('tok_declined_insufficient_funds'));
      const attempts = `/v1/payments/${paymentOf(declined).id}/attempts`;
      const gone = `pm_${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`;
      expect((await post(attempts, { payment_method: { type: 'card', id: gone } })).status).toBe(
        400,
      );
      const reply = await post(attempts, { payment_method: { type: 'card', id } });
      expect(reply.body).toMatchObject({ status: 'captured', payment_method: { id } });
    });
  });

  describe('save', () => {
    test.concurrent('keeps the method once the provider took it', async () => {
      const customer = await aCustomer();
      const save = { save: true, customer: { id: customer }, capture_method: 'manual' };
      const reply = await post('/v1/payments', byCard('tok_visa', save));
      const { id } = paymentOf(reply).payment_method;
      expect(id).toMatch(/^pm_/);
      const declined = byCard('tok_declined_do_not_honor', save);
      expect(paymentOf(await post('/v1/payments', declined)).payment_method.id).toBeNull();
      const listed = await stack().api.get(`/v1/customers/${customer}/payment_methods`);
      expect(listed.body['data']).toMatchObject([
        { id, brand: 'visa', last4: '4242', payment_id: paymentOf(reply).id },
      ]);
    });

    test.concurrent('of nothing sets a card up: asked of the issuer, no money moves', async () => {
      const body = { amount: 0, save: true, customer: { email: 'grace@example.com' } };
      const reply = await post('/v1/payments', byCard('tok_visa', body));
      expect(reply.status).toBe(201);
      const { id, payment_method: method } = paymentOf(reply);
      expect(reply.body).toMatchObject({ status: 'captured', amount_authorized: 0 });
      expect(await booksOf(stack(), id)).toEqual([]);
      const entries = await stack().api.get(`/v1/ledger/journal_entries?payment_id=${id}`);
      expect(entries.body['data']).toEqual([]);
      const paid = await payWith(String(method.id), { off_session: true });
      expect(paid.body).toMatchObject({ status: 'captured' });
      const challenged = await post('/v1/payments', byCard('tok_3ds', body));
      expect(challenged.body).toMatchObject({ status: 'requires_action' });
      const declined = await post('/v1/payments', byCard('tok_declined_do_not_honor', body));
      expect(declined.status).toBe(402);
      const lost = await post('/v1/payments', byCard('tok_lost_reply', body));
      const settled = await stack().api.until(
        paymentOf(lost).id,
        ({ status }) => status === 'captured',
      );
      expect(settled.payment_method.id).toMatch(/^pm_/);
    });
  });

  describe('making a customer', () => {
    test.concurrent('twice under one key is one, and another body is refused', async () => {
      const options = { idempotencyKey: randomUUID() };
      const make = (name: string) => stack().api.post('/v1/customers', { name }, options);
      const made = await Promise.all([make('Ada'), make('Ada'), make('Ada')]);
      expect(new Set(made.map(({ body }) => body['id'])).size).toBe(1);
      const replays = made.map(({ headers: got }) => got.get('idempotent-replayed'));
      expect(replays.filter((value) => value === 'true')).toHaveLength(2);
      expect((await make('Grace')).body['code']).toBe('idempotency_key_reused');
    });
  });
}
