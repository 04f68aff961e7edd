/** Risk through the whole service: rules and appetite by two people, a review by one, and what the shopper hears. */
import { describe, expect, test } from '@jest/globals';
import { booksOf } from '../support/books.ts';
import { byCard, paymentOf, type Reply } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

export function describeRisk(stack: () => TestStack): void {
  const staff = (key: string): { key: string; headers: Record<string, string> } => ({
    key,
    headers: { 'tender-merchant': stack().watched.id, 'x-reason': 'tried in a test' },
  });
  const pay = (amount: number): Promise<Reply> =>
    stack().api.post('/v1/payments', byCard('tok_visa', { amount }), {
      key: stack().watched.apiKey,
      wait: 20,
    });
  const put = async (path: string, body: object): Promise<void> => {
    const { api, staff: people } = stack();
    const as = staff(people.admin);
    const { headers: seen } = await api.get(path, as);
    const asked = await api.put(path, body, {
      ...as,
      headers: { ...as.headers, 'if-match': seen.get('etag') ?? '' },
    });
    expect([path, asked.status]).toEqual([path, 202]);
    const id = String(asked.body['id']);
    const approved = await api.post(`/v1/approvals/${id}/approve`, {}, staff(people.finance));
    expect([path, approved.status]).toEqual([path, 200]);
  };

  describe('the risk of a payment', () => {
    test('is what rules and appetite of its merchant make of it', async () => {
      const { api, watched, staff: people } = stack();
      const amount = (op: string, value: number): object => ({
        and: [
          { fact: 'currency', op: '=', value: 'USD' },
          { fact: 'amount', op, value },
        ],
      });
      const rule = (id: string, priority: number, when: object, action: string): object => ({
        ...{ id, priority, when, action, note: 'of a test' },
      });
      await put('/v1/risk/rules', {
        rules: [
          rule('large', 30, amount('>', 50_000), 'block'),
          rule('middling', 20, amount('>', 20_000), 'review'),
          rule('odd', 10, amount('=', 333), 'challenge'),
        ],
      });
      await waitFor(async () => expect((await pay(50_001)).status).toBe(402), 10_000);
      const blocked = await pay(60_000);
      expect(blocked.body).toMatchObject({ code: 'risk_blocked' });
      expect(blocked.text).not.toMatch(/large|of a test|score|fraud/i);
      const challenged = paymentOf(await pay(333));
      expect(challenged).toMatchObject({
        status: 'requires_action',
        next_action: { type: 'redirect' },
      });
      expect(await booksOf(stack(), challenged.id)).toEqual([]);
      expect(paymentOf(await pay(500)).status).toBe('captured');

      const held = paymentOf(await pay(30_000));
      expect(held).toMatchObject({
        status: 'requires_capture',
        amount_capturable: 0,
        review: { status: 'open' },
      });
      expect(await booksOf(stack(), held.id)).toEqual(['authorize']);
      const key = watched.apiKey;
      const early = await api.post(`/v1/payments/${held.id}/captures`, {}, { key });
      expect([early.status, early.body['code']]).toEqual([409, 'payment_in_review']);
      const queue = await api.get('/v1/reviews?status=open', staff(people.support));
      const [first] = queue.body['data'] as readonly { id: string; payment_id: string }[];
      expect(first?.payment_id).toBe(held.id);
      const path = `/v1/reviews/${first?.id ?? ''}/approve`;
      const said = await Promise.all(
        [1, 2, 3].map(() => api.post(path, {}, staff(people.support))),
      );
      expect(said.map(({ status }) => status)).toEqual([200, 200, 200]);
      await waitFor(async () => {
        const { body } = await api.get(`/v1/payments/${held.id}`, { key });
        expect(body).toMatchObject({ status: 'captured', review: null });
      }, 15_000);
      expect(await booksOf(stack(), held.id)).toEqual(['authorize', 'capture']);
    });
  });
}
