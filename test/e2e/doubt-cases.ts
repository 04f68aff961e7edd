/** What a payment does when a provider says no, nothing, or changes its mind. */
import { describe, expect, test } from '@jest/globals';
import { byCard, pageOf, paymentOf, type Reply } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';
import { booksOf } from '../support/books.ts';

export function describeDoubt(stack: () => TestStack): void {
  const pay = (token: string, changes: object = {}, wait = 10): Promise<Reply> =>
    stack().api.post('/v1/payments', byCard(token, { ...changes }), { wait });
  const booked = async (paymentId: string): Promise<readonly string[]> =>
    booksOf(stack(), paymentId);

  describe('a decline', () => {
    test.concurrent.each([
      ['insufficient_funds', 'try_another_method'],
      ['do_not_honor', 'try_another_method'],
    ])('%s is 402 with a code, advice and messages, and another try may succeed', async (code) => {
      const reply = await pay(`tok_declined_${code}`);
      expect(reply.status).toBe(402);
      expect(reply.headers.get('content-type')).toContain('application/problem+json');
      expect(reply.body).toMatchObject({
        code: 'payment_declined',
        status: 402,
        decline: {
          code,
          provider_code: code,
          advice: expect.stringMatching(
            /^(do_not_retry|retry_later|update_card|try_another_method)$/,
          ),
          message: { shopper: expect.any(String), merchant: expect.any(String) },
        },
        payment: { status: 'requires_payment_method', last_decline: { code } },
      });
      const { shopper } = (reply.body['decline'] as { message: { shopper: string } }).message;
      expect(shopper).not.toMatch(/fund|honou?r|issuer|bank/i);
      const { id } = paymentOf(reply);
      const again = await stack().api.post(`/v1/payments/${id}/attempts`, card('tok_mastercard'));
      expect(again.status).toBe(201);
      expect(again.body).toMatchObject({
        id,
        status: 'captured',
        last_decline: null,
        attempts: [{ status: 'declined' }, { status: 'authorized' }],
      });
      expect(await booked(id)).toEqual(['authorize', 'capture']);
    });

    test.concurrent('ends a payment after ten tries', async () => {
      const { id } = paymentOf(await pay('tok_declined_do_not_honor'));
      const path = `/v1/payments/${id}/attempts`;
      for (let n = 2; n <= 10; n += 1) {
        const { status } = await stack().api.post(path, card('tok_declined_do_not_honor'));
        expect(status).toBe(402);
      }
      const payment = paymentOf(await stack().api.get(`/v1/payments/${id}`));
      expect([payment.status, payment.attempts.length]).toEqual(['failed', 10]);
      const over = await stack().api.post(path, card('tok_visa'));
      expect([over.status, over.body['code']]).toEqual([409, 'payment_not_retryable']);
    });
  });

  describe('a lost reply', () => {
    test.concurrent.each([0, 1, 10])(
      'is 202 and in doubt with Prefer: wait=%d, then captured by a lookup, once',
      async (wait) => {
        const reply = await pay('tok_lost_reply', {}, wait);
        expect(reply.status).toBe(202);
        expect(reply.headers.get('location')).toBe(`/v1/payments/${paymentOf(reply).id}`);
        const { id } = paymentOf(reply);
        const doubtful =
          wait === 0 ? await stack().api.until(id, (p) => p.amount_in_doubt > 0) : paymentOf(reply);
        expect(doubtful).toMatchObject({ status: 'processing', amount_in_doubt: 10_000 });
        expect(doubtful.message.shopper).toMatch(/do not pay again/i);
        const early = await stack().api.post(`/v1/payments/${id}/refunds`, { reason: 'x' });
        expect([early.status, early.body['code']]).toEqual([409, 'payment_in_doubt']);
        const payment = await stack().api.until(id, done);
        expect(payment).toMatchObject({
          status: 'captured',
          amount_in_doubt: 0,
          status_basis: { kind: 'lookup', provider: 'alder' },
        });
        expect(await booked(id)).toEqual(['authorize', 'capture']);
      },
    );

    test.concurrent(
      'of a refund keeps its amount reserved and ends by a lookup, once',
      async () => {
        const { id } = paymentOf(await pay('tok_visa', { metadata: { fault: 'refund' } }));
        const refunds = `/v1/payments/${id}/refunds`;
        await stack().sandbox.setFaults([{ operation: 'refund', fault: 'lost_reply', rate: 1 }]);
        const reply = await stack().api.post(refunds, { amount: 6_000, reason: 'x' }, { wait: 0 });
        await stack().api.until(id, (p) => p.operations.some((o) => o.status === 'unknown'));
        await stack().sandbox.setFaults([]);
        expect(reply.status).toBe(202);
        const over = await stack().api.post(refunds, { amount: 6_000, reason: 'y' });
        expect([over.status, over.body['code']]).toEqual([409, 'refund_exceeds_captured']);
        await stack().api.until(id, (p) => p.amount_refunded === 6_000);
        expect(await booked(id)).toEqual(['authorize', 'capture', 'refund']);
      },
    );
  });

  describe('a cancel', () => {
    test.concurrent(
      'of a sale in doubt is kept, and gives all of it back once it is found',
      async () => {
        const { id } = paymentOf(await pay('tok_lost_reply', {}, 0));
        await stack().api.until(id, (p) => p.amount_in_doubt > 0);
        const options = { idempotencyKey: `cancel-${id}` };
        const reply = await stack().api.post(`/v1/payments/${id}/cancel`, {}, options);
        expect(reply.status).toBe(202);
        const payment = await stack().api.until(id, (p) => p.amount_refunded === 10_000);
        expect(payment).toMatchObject({ status: 'captured', amount_captured: 10_000 });
        expect(await booked(id)).toEqual(['authorize', 'capture', 'refund']);
        const repeat = await stack().api.post(`/v1/payments/${id}/cancel`, {}, options);
        expect([repeat.status, repeat.body['amount_refunded']]).toEqual([200, 10_000]);
      },
    );

    test.concurrent(
      'of an authorization in doubt is kept, and voids it once it is found',
      async () => {
        const { id } = paymentOf(await pay('tok_lost_reply', { capture_method: 'manual' }, 0));
        await stack().api.until(id, (p) => p.amount_in_doubt > 0);
        const reply = await stack().api.post(`/v1/payments/${id}/cancel`, {}, { wait: 0 });
        expect(reply.status).toBe(202);
        const second = await stack().api.post(`/v1/payments/${id}/cancel`, {}, { wait: 0 });
        expect([second.status, second.body['code']]).toEqual([409, 'cancel_pending']);
        expect(await stack().api.until(id, (p) => p.status === 'canceled')).toMatchObject({
          status: 'canceled',
          attempts: [{ status: 'voided' }],
        });
        expect(await booked(id)).toEqual(['authorize', 'void']);
      },
    );
  });

  describe('a provider', () => {
    test.concurrent('that certainly was not reached is followed by the next', async () => {
      const reply = await pay('tok_refused_connection');
      expect(reply.status).toBe(201);
      expect(reply.body).toMatchObject({
        status: 'captured',
        provider: 'birch',
        attempts: [
          { provider: 'alder', status: 'not_sent' },
          { provider: 'birch', status: 'authorized', kind: 'authorize' },
        ],
      });
      expect(await booked(paymentOf(reply).id)).toEqual(['authorize', 'capture']);
    });

    test.concurrent('that is slow is waited for, and a repeat waits with the first', async () => {
      const options = { wait: 0, idempotencyKey: 'a slow one'.replaceAll(' ', '-') };
      const first = await stack().api.post('/v1/payments', byCard('tok_slow'), options);
      expect(first.status).toBe(202);
      const repeat = await stack().api.post('/v1/payments', byCard('tok_slow'), {
        ...options,
        wait: 15,
      });
      expect(repeat.status).toBe(201);
      expect(repeat.headers.get('idempotent-replayed')).toBe('true');
      expect(await booked(paymentOf(first).id)).toEqual(['authorize', 'capture']);
    });

    test.concurrent(
      'that takes a declined payment after all is given nothing to keep',
      async () => {
        const reply = await pay('tok_late_success');
        expect(reply.status).toBe(402);
        const { id } = paymentOf(reply);
        const returned = await stack().api.until(
          id,
          (p) => p.attempts[0]?.status === 'voided',
          20_000,
        );
        expect(returned).toMatchObject({
          status: 'requires_payment_method',
          amount_captured: 0,
          amount_refunded: 0,
          operations: [{ cause: 'late_success', status: 'succeeded' }],
        });
        expect(await booked(id)).toEqual(['authorize', 'capture', 'refund']);
        const suspense = await stack().rows.one<{ sum: string }>(suspenseSql, [id]);
        expect(suspense.sum).toBe('0');
        const events = await stack().api.get('/v1/events?type=payment.late_success&limit=100');
        const about = (events.body['data'] as { data: { object: { id: string } } }[]).map(
          (event) => event.data.object.id,
        );
        expect(about.filter((one) => one === id)).toHaveLength(1);
      },
    );
  });

  describe('3-D Secure', () => {
    const start = async (changes: object = {}): Promise<{ id: string; page: string }> => {
      const reply = await pay('tok_3ds', {
        return_url: 'https://shop.example/thanks?a=1',
        ...changes,
      });
      expect(reply.status).toBe(201);
      expect(reply.body).toMatchObject({
        status: 'requires_action',
        next_action: { type: 'redirect', url: expect.any(String), expires_at: expect.any(String) },
      });
      return { id: paymentOf(reply).id, page: pageOf(paymentOf(reply)) };
    };
    const finish = async (page: string, verdict: 'approve' | 'reject'): Promise<Response> => {
      const answered = await fetch(`${page}/${verdict}`, { method: 'POST', redirect: 'manual' });
      expect(answered.status).toBe(303);
      return fetch(answered.headers.get('location') ?? '', { redirect: 'manual' });
    };

    test.concurrent('finished on the page brings the shopper back and captures', async () => {
      const { id, page } = await start();
      const back = await finish(page, 'approve');
      expect(back.status).toBe(303);
      expect(back.headers.get('location')).toBe(`https://shop.example/thanks?a=1&payment_id=${id}`);
      expect(paymentOf(await stack().api.get(`/v1/payments/${id}`))).toMatchObject({
        status: 'captured',
        next_action: null,
      });
      expect(await booked(id)).toEqual(['authorize', 'capture']);
    });

    test.concurrent('refused on the page is a decline', async () => {
      const { id, page } = await start();
      await finish(page, 'reject');
      expect(await stack().api.until(id, (p) => p.status !== 'requires_action')).toMatchObject({
        status: 'requires_payment_method',
        last_decline: { code: 'authentication_failed' },
        next_action: null,
      });
      expect(await booked(id)).toEqual([]);
    });

    test.concurrent(
      'finished by a shopper who never comes back is told by the webhook',
      async () => {
        const { id, page } = await start();
        await fetch(`${page}/approve`, { method: 'POST', redirect: 'manual' });
        expect(await stack().api.until(id, done)).toMatchObject({ status: 'captured' });
        expect(await booked(id)).toEqual(['authorize', 'capture']);
      },
    );

    test.concurrent('canceled before it is finished takes nothing', async () => {
      const { id, page } = await start();
      const reply = await stack().api.post(`/v1/payments/${id}/cancel`);
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({ status: 'canceled', next_action: null });
      await fetch(`${page}/approve`, { method: 'POST', redirect: 'manual' });
      expect(await booked(id)).toEqual([]);
    });
  });
}

const done = ({ status }: { status: string }): boolean =>
  status !== 'processing' && status !== 'requires_action';

function card(token: string): object {
  return { payment_method: { type: 'card', token } };
}

const suspenseSql = `
  select coalesce(sum(case p.side when 'credit' then p.amount else -p.amount end), 0)::text as sum
  from journal_entries e join postings p on p.entry_id = e.id
  where e.payment_id = $1 and p.account = '2900'`;
