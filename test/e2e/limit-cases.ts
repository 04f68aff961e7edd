/** Nothing we ask for exceeds its ceiling, however many ask at once (promise P4). */
import { describe, expect, test } from '@jest/globals';
import { byCard, paymentOf, type Reply } from '../support/http.ts';
import { booksOf } from '../support/books.ts';
import type { TestStack } from '../support/stack.ts';

const outcomes = (replies: readonly Reply[]): string[] =>
  replies.map(({ status, body }) => `${status} ${String(body['code'] ?? body['status'])}`).sort();

export function describeLimits(stack: () => TestStack): void {
  const create = async (changes: object): Promise<string> => {
    const body = byCard('tok_visa', { amount: 100, ...changes });
    return paymentOf(await stack().api.post('/v1/payments', body)).id;
  };
  const sixteen = (path: string, body: object): Promise<Reply[]> =>
    Promise.all(Array.from({ length: 16 }, () => stack().api.post(path, body)));

  describe('of 16 at once', () => {
    test.concurrent('one refund of 60 of captured 100 succeeds', async () => {
      const id = await create({});
      const replies = await sixteen(`/v1/payments/${id}/refunds`, { amount: 60, reason: 'x' });
      expect(outcomes(replies)).toEqual([
        '201 succeeded',
        ...Array.from({ length: 15 }, () => '409 refund_exceeds_captured'),
      ]);
      expect(await booksOf(stack(), id)).toEqual(['authorize', 'capture', 'refund']);
    });

    test.concurrent('one capture of 60 of authorized 100 succeeds', async () => {
      const id = await create({ capture_method: 'manual' });
      const replies = await sixteen(`/v1/payments/${id}/captures`, { amount: 60 });
      expect(outcomes(replies)).toEqual([
        '201 succeeded',
        ...Array.from({ length: 15 }, () => '409 capture_exceeds_authorization'),
      ]);
      expect(await booksOf(stack(), id)).toEqual(['authorize', 'capture']);
    });

    test.concurrent('ten refunds of 10 succeed', async () => {
      const id = await create({});
      const replies = await sixteen(`/v1/payments/${id}/refunds`, { amount: 10, reason: 'x' });
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(10);
      const payment = paymentOf(await stack().api.get(`/v1/payments/${id}`));
      expect(payment.amount_refunded).toBe(100);
    });

    test.concurrent('captures and cancels divide what is authorized between them', async () => {
      const id = await create({ capture_method: 'manual' });
      const replies = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          n % 2 === 0
            ? stack().api.post(`/v1/payments/${id}/captures`, { amount: 30 })
            : stack().api.post(`/v1/payments/${id}/cancel`),
        ),
      );
      expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
      const payment = await stack().api.until(
        id,
        (p) => p.status === 'captured' || p.status === 'canceled',
      );
      const captures = replies.filter(({ status, body }) => status === 201 && body['kind']);
      expect(payment.amount_captured).toBe(captures.length * 30);
      expect(payment.amount_capturable).toBe(0);
    });
  });

  test.concurrent('one unique reference has one payment, of however many at once', async () => {
    const { apiKey: key } = stack().merchants[2];
    const body = byCard('tok_visa', { merchant_reference: 'only once' });
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => stack().api.post('/v1/payments', body, { key })),
    );
    expect(outcomes(replies)).toEqual([
      '201 captured',
      ...Array.from({ length: 7 }, () => '409 duplicate_reference'),
    ]);
  });
}
