/** A repeat is the same request (promise P5). */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { byCard, paymentOf, type Reply, type RequestOptions } from '../support/http.ts';
import { booksOf } from '../support/books.ts';
import type { TestStack } from '../support/stack.ts';

const replayed = ({ headers }: Reply): string | null => headers.get('idempotent-replayed');

export function describeIdempotency(stack: () => TestStack): void {
  const create = (options: RequestOptions, token = 'tok_visa', changes: object = {}) =>
    stack().api.post('/v1/payments', byCard(token, { ...changes }), options);

  describe('an idempotency key', () => {
    test.concurrent('used 50 times at once makes one payment and 50 equal answers', async () => {
      const idempotencyKey = randomUUID();
      const replies = await Promise.all(
        Array.from({ length: 50 }, () => create({ idempotencyKey })),
      );
      expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
      expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
      expect(replies.filter((reply) => replayed(reply) === null)).toHaveLength(1);
      const [first] = replies;
      const { id } = paymentOf(first ?? { body: {} });
      expect(await booksOf(stack(), id)).toEqual(['authorize', 'capture']);
      const { keys } = await stack().rows.one<{ keys: number }>(keysSql, [idempotencyKey]);
      expect(keys).toBe(1);
    });

    test.concurrent('of a lost reply used 20 times at once takes the money once', async () => {
      const idempotencyKey = randomUUID();
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => create({ idempotencyKey, wait: 20 }, 'tok_lost_reply')),
      );
      // The first is told at once that it is in doubt; the others wait for the truth.
      const first = replies.filter((reply) => replayed(reply) === null);
      const others = replies.filter((reply) => replayed(reply) === 'true');
      expect(first.map(({ status }) => status)).toEqual([202]);
      expect(others.map(({ status }) => status)).toEqual(Array.from({ length: 19 }, () => 201));
      expect(new Set(others.map(({ text }) => text)).size).toBe(1);
      const { id } = paymentOf(first[0] ?? { body: {} });
      expect(await booksOf(stack(), id)).toEqual(['authorize', 'capture']);
    });

    test.concurrent(
      'is refused for another body, path or object, and answers its own for ever',
      async () => {
        const idempotencyKey = randomUUID();
        const first = await create({ idempotencyKey });
        const { id } = paymentOf(first);
        const other = await create({ idempotencyKey }, 'tok_visa', { amount: 9_999 });
        const refund = { amount: 1, reason: 'x' };
        const elsewhere = await stack().api.post(`/v1/payments/${id}/refunds`, refund, {
          idempotencyKey,
        });
        for (const { status, body } of [other, elsewhere]) {
          expect([status, body['code']]).toEqual([422, 'idempotency_key_reused']);
          expect(body).not.toHaveProperty('payment');
        }
        await stack().api.post(`/v1/payments/${id}/refunds`, refund);
        const repeat = await create({ idempotencyKey });
        expect([repeat.status, replayed(repeat)]).toEqual([201, 'true']);
        // As it was then: the refund since does not show.
        expect(repeat.text).toBe(first.text);
        expect(paymentOf(await stack().api.get(`/v1/payments/${id}`)).amount_refunded).toBe(1);
      },
    );

    test.concurrent('may name the fields of its body in any order', async () => {
      const idempotencyKey = randomUUID();
      const body = byCard('tok_visa');
      const backwards = Object.fromEntries(Object.entries(body).toReversed());
      const first = await stack().api.post('/v1/payments', body, { idempotencyKey });
      const repeat = await stack().api.post('/v1/payments', backwards, { idempotencyKey });
      expect(repeat.text).toBe(first.text);
    });

    test.concurrent('belongs to one merchant: the same of another is another request', async () => {
      const idempotencyKey = randomUUID();
      const [first, second] = stack().merchants;
      const replies = await Promise.all(
        [first, second].map(({ apiKey: key }) => create({ idempotencyKey, key })),
      );
      expect(replies.map(({ status }) => status)).toEqual([201, 201]);
      expect(replies.map((reply) => paymentOf(reply).merchant_id)).toEqual([first.id, second.id]);
      expect(replies.map(replayed)).toEqual([null, null]);
    });

    test.concurrent(
      'of a decline repeats the decline, also after another try succeeded',
      async () => {
        const idempotencyKey = randomUUID();
        const token = 'tok_declined_do_not_honor';
        const first = await create({ idempotencyKey }, token);
        const attempts = `/v1/payments/${paymentOf(first).id}/attempts`;
        const body = { payment_method: { type: 'card', token: 'tok_visa' } };
        expect((await stack().api.post(attempts, body)).status).toBe(201);
        const repeat = await create({ idempotencyKey }, token);
        expect([repeat.status, replayed(repeat)]).toEqual([402, 'true']);
        expect(withoutRequestId(repeat)).toEqual(withoutRequestId(first));
      },
    );

    test.concurrent(
      'of a refused command repeats the refusal, also when it would now be allowed',
      async () => {
        const idempotencyKey = randomUUID();
        const { id } = paymentOf(await create({}, 'tok_visa', { capture_method: 'manual' }));
        const refund = () =>
          stack().api.post(`/v1/payments/${id}/refunds`, { reason: 'x' }, { idempotencyKey });
        const first = await refund();
        expect(first.status).toBe(409);
        await stack().api.post(`/v1/payments/${id}/captures`);
        const repeat = await refund();
        expect([repeat.status, replayed(repeat)]).toEqual([409, 'true']);
        expect(withoutRequestId(repeat)).toEqual(withoutRequestId(first));
      },
    );

    test.concurrent(
      'of a payment under way is not answered by the refusal of another request',
      async () => {
        const options = { idempotencyKey: randomUUID(), wait: 0 };
        const first = await create(options, 'tok_slow');
        const { id } = paymentOf(first);
        const early = await stack().api.post(`/v1/payments/${id}/attempts`, {
          payment_method: { type: 'card', token: 'tok_visa' },
        });
        expect([early.status, early.body['code']]).toEqual([409, 'payment_not_retryable']);
        const repeat = await create({ ...options, wait: 15 }, 'tok_slow');
        expect([repeat.status, repeat.body['status']]).toEqual([201, 'captured']);
      },
    );

    test.concurrent.each(['captures', 'cancel', 'refunds'])(
      'makes ten %s at once one',
      async (command) => {
        const isRefund = command === 'refunds';
        const captureMethod = isRefund ? 'automatic' : 'manual';
        const { id } = paymentOf(await create({}, 'tok_visa', { capture_method: captureMethod }));
        const body = isRefund ? { amount: 10, reason: 'x' } : {};
        const idempotencyKey = randomUUID();
        const replies = await Promise.all(
          Array.from({ length: 10 }, () =>
            stack().api.post(`/v1/payments/${id}/${command}`, body, { idempotencyKey }),
          ),
        );
        expect(new Set(replies.map(({ status }) => status)).size).toBe(1);
        expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
        const { operations } = paymentOf(await stack().api.get(`/v1/payments/${id}`));
        expect(operations.filter(({ cause }) => cause !== 'automatic')).toHaveLength(1);
      },
    );

    test.concurrent(
      'is required, and must be visible ASCII of at most 255 characters',
      async () => {
        const missing = await create({ idempotencyKey: null });
        expect([missing.status, missing.body['code']]).toEqual([400, 'idempotency_key_missing']);
        for (const idempotencyKey of ['with space', 'x'.repeat(256), 'umläut']) {
          const reply = await create({ idempotencyKey });
          expect([reply.status, reply.body['code']]).toEqual([400, 'idempotency_key_invalid']);
        }
        expect((await create({ idempotencyKey: `!~${'x'.repeat(253)}` })).status).toBe(201);
      },
    );
  });
}

const keysSql = 'select count(*)::int as keys from idempotency_keys where key = $1';

/** Everything of a problem but what names the single HTTP request. */
function withoutRequestId({ body }: Reply): object {
  const { request_id: _, ...rest } = body;
  return rest;
}
