/** What a payment does when everybody answers. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { byCard, paymentOf, aPaymentBody } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';

export function describePayments(stack: () => TestStack): void {
  const pay = (token: string, changes: Readonly<Record<string, unknown>> = {}) =>
    stack().api.post('/v1/payments', byCard(token, changes));

  describe('a payment', () => {
    test.concurrent('that the provider approves is 201 and captured at once', async () => {
      const reply = await pay('tok_visa', { merchant_reference: 'order-1', metadata: { a: 'b' } });
      expect(reply.status).toBe(201);
      expect(reply.headers.get('location')).toBe(`/v1/payments/${paymentOf(reply).id}`);
      expect(reply.body).toMatchObject({
        object: 'payment',
        status: 'captured',
        amount: 10_000,
        amount_authorized: 10_000,
        amount_captured: 10_000,
        amount_capturable: 0,
        amount_in_doubt: 0,
        merchant_reference: 'order-1',
        metadata: { a: 'b' },
        provider: 'alder',
        attempts: [{ status: 'authorized', provider: 'alder' }],
        operations: [{ kind: 'capture', cause: 'automatic', status: 'succeeded' }],
        status_basis: { kind: 'provider_reply', provider: 'alder' },
      });
      const read = await stack().api.get(`/v1/payments/${paymentOf(reply).id}`);
      expect(read.body).toEqual(reply.body);
    });

    test.concurrent(
      'to be captured by hand is captured in parts until nothing is left',
      async () => {
        const created = await pay('tok_visa', { capture_method: 'manual' });
        expect(created.status).toBe(201);
        expect(created.body).toMatchObject({
          status: 'requires_capture',
          amount_capturable: 10_000,
        });
        const captures = `/v1/payments/${paymentOf(created).id}/captures`;
        const first = await stack().api.post(captures, { amount: 3_000 });
        expect(first.status).toBe(201);
        expect(first.body).toMatchObject({ kind: 'capture', status: 'succeeded', final: false });
        const partly = await stack().api.get(`/v1/payments/${paymentOf(created).id}`);
        expect(partly.body).toMatchObject({
          status: 'partially_captured',
          amount_captured: 3_000,
          amount_capturable: 7_000,
        });
        const rest = await stack().api.post(captures);
        expect(rest.body).toMatchObject({ amount: 7_000, final: true, status: 'succeeded' });
        const done = await stack().api.get(`/v1/payments/${paymentOf(created).id}`);
        expect(done.body).toMatchObject({ status: 'captured', amount_captured: 10_000 });
        const over = await stack().api.post(captures, { amount: 1 });
        expect([over.status, over.body['code']]).toEqual([409, 'payment_not_capturable']);
      },
    );

    test.concurrent(
      'captured finally in part gives back the rest of its authorization',
      async () => {
        const created = await pay('tok_visa', { capture_method: 'manual' });
        const { id } = paymentOf(created);
        await stack().api.post(`/v1/payments/${id}/captures`, { amount: 4_000, final: true });
        const done = await stack().api.get(`/v1/payments/${id}`);
        expect(done.body).toMatchObject({
          status: 'captured',
          amount_captured: 4_000,
          amount_capturable: 0,
        });
        const { pending } = await stack().rows.one<{ pending: string }>(pendingSql, [id]);
        expect(pending).toBe('0');
      },
    );

    test.concurrent('that is only authorized is canceled by voiding it', async () => {
      const { id } = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
      const reply = await stack().api.post(`/v1/payments/${id}/cancel`, { reason: 'out of stock' });
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({
        status: 'canceled',
        attempts: [{ status: 'voided' }],
        operations: [{ kind: 'void', status: 'succeeded', reason: 'out of stock' }],
      });
      const again = await stack().api.post(`/v1/payments/${id}/cancel`);
      expect([again.status, again.body['code']]).toEqual([409, 'payment_not_cancelable']);
      const booked = await stack().sandbox.booked(paymentOf(reply).attempts[0]?.id ?? '');
      expect(booked).toEqual(['authorize']);
    });

    test.concurrent('captured in part keeps that part when it is canceled', async () => {
      const { id } = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
      await stack().api.post(`/v1/payments/${id}/captures`, { amount: 2_500 });
      const reply = await stack().api.post(`/v1/payments/${id}/cancel`);
      expect(reply.body).toMatchObject({ status: 'captured', amount_captured: 2_500 });
    });

    test.concurrent('is refunded in parts, each with its own refund', async () => {
      const { id } = paymentOf(await pay('tok_visa'));
      const refunds = `/v1/payments/${id}/refunds`;
      const first = await stack().api.post(refunds, { amount: 1_000, reason: 'damaged' });
      expect(first.status).toBe(201);
      expect(first.body).toMatchObject({
        object: 'refund',
        payment_id: id,
        amount: 1_000,
        currency: 'USD',
        reason: 'damaged',
        status: 'succeeded',
      });
      const read = await stack().api.get(`/v1/refunds/${String(first.body['id'])}`);
      expect(read.body).toEqual(first.body);
      await stack().api.post(refunds, { amount: 2_000, reason: 'late' });
      await stack().api.post(refunds, { reason: 'the rest' });
      const payment = paymentOf(await stack().api.get(`/v1/payments/${id}`));
      expect(payment).toMatchObject({ status: 'captured', amount_refunded: 10_000 });
      const over = await stack().api.post(refunds, { amount: 1, reason: 'more' });
      expect([over.status, over.body['code']]).toEqual([409, 'refund_exceeds_captured']);
    });

    test.concurrent('that nobody captured has nothing to refund', async () => {
      const { id } = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
      const reply = await stack().api.post(`/v1/payments/${id}/refunds`, { reason: 'no' });
      expect([reply.status, reply.body['code']]).toEqual([409, 'payment_not_refundable']);
    });

    test.concurrent('of regulated goods is blocked: without rules unknown is a no', async () => {
      const reply = await pay('tok_visa', { regulated: { goods: 'wine' } });
      expect(reply.status).toBe(402);
      expect(reply.body).toMatchObject({
        code: 'regulated_not_permitted',
        payment: { status: 'blocked', attempts: [], status_basis: { kind: 'rule' } },
      });
    });

    test.concurrent('of another merchant is not there, whatever is asked of it', async () => {
      const { id } = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
      const key = stack().merchants[1].apiKey;
      const path = `/v1/payments/${id}`;
      const replies = await Promise.all([
        stack().api.get(path, { key }),
        stack().api.get(`${path}/timeline`, { key }),
        stack().api.post(`${path}/captures`, {}, { key }),
        stack().api.post(`${path}/cancel`, {}, { key }),
        stack().api.post(`${path}/refunds`, { reason: 'x' }, { key }),
        stack().api.post(`${path}/attempts`, attemptBody, { key }),
      ]);
      expect(replies.map(({ status, body }) => [status, body['code']])).toEqual(
        replies.map(() => [404, 'not_found']),
      );
      expect(paymentOf(await stack().api.get(path)).status).toBe('requires_capture');
    });
  });

  describe('lists', () => {
    test.concurrent(
      'are newest first and read on from a cursor without gap or repeat',
      async () => {
        const options = { key: stack().merchants[1].apiKey };
        const reference = 'a list of five';
        const ids: string[] = [];
        for (let n = 0; n < 5; n += 1) {
          const body = aPaymentBody({ merchant_reference: reference, amount: 100 + n });
          ids.unshift(paymentOf(await stack().api.post('/v1/payments', body, options)).id);
        }
        const path = `/v1/payments?merchant_reference=${encodeURIComponent(reference)}&limit=2`;
        const seen: string[] = [];
        for (let next: string | null = ''; next !== null;) {
          const after = next === '' ? '' : `&after=${next}`;
          const { body } = await stack().api.get(path + after, options);
          const page = (body['data'] as { id: string }[]).map((payment) => payment.id);
          expect(page.length).toBeLessThanOrEqual(2);
          expect(body['has_more']).toBe(body['next'] !== null);
          seen.push(...page);
          next = body['next'] as string | null;
        }
        expect(seen).toEqual(ids);
      },
    );

    test.concurrent('are narrowed by status and by time of creation, both ends', async () => {
      const first = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
      const second = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
      const listed = async (query: string): Promise<string[]> => {
        const { body } = await stack().api.get(`/v1/payments?limit=100&${query}`);
        return (body['data'] as { id: string }[]).map((payment) => payment.id);
      };
      expect(await listed('status=requires_capture')).toEqual(
        expect.arrayContaining([first.id, second.id]),
      );
      expect(await listed('status=expired')).not.toContain(first.id);
      const between = encodeURIComponent(second.created_at);
      expect(await listed(`created_after=${encodeURIComponent(first.created_at)}`)).toContain(
        second.id,
      );
      expect(await listed(`created_before=${between}`)).toContain(first.id);
      expect(await listed(`created_before=${between}`)).not.toContain(second.id);
    });
  });

  describe('what is kept of a payment', () => {
    test.concurrent(
      'is a timeline whose hash chain can be recomputed from what it shows',
      async () => {
        const { id } = paymentOf(await pay('tok_visa'));
        await stack().api.post(`/v1/payments/${id}/refunds`, { reason: 'x' });
        const { body } = await stack().api.get(`/v1/payments/${id}/timeline?limit=100`);
        const lines = body['data'] as TimelineLine[];
        expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1));
        expect(lines.map(({ kind }) => kind)).toEqual([
          'payment.processing',
          'attempt.submitting',
          'attempt.authorized',
          'payment.captured',
          'refund.requested',
          'refund.submitting',
          'refund.succeeded',
        ]);
        const evidence = await stack().rows.all<{ text: string }>(
          'select evidence::text as text from timeline where payment_id = $1 order by sequence',
          [id],
        );
        let previous = createHash('sha256').update(id).digest();
        for (const [index, line] of lines.entries()) {
          expect(line.previous_hash).toBe(previous.toString('hex'));
          const fields = [id, line.sequence, line.at, line.actor, line.kind, line.from ?? ''];
          const text = [...fields, line.to ?? '', evidence[index]?.text].join('\n');
          previous = createHash('sha256').update(previous).update(text).digest();
          expect(line.hash).toBe(previous.toString('hex'));
        }
      },
    );

    test.concurrent('are journal entries that balance, in either fund model', async () => {
      const [own, facilitator] = stack().merchants;
      for (const [{ apiKey: key }, earned] of [
        [own, '4000'] as const,
        [facilitator, '2100'] as const,
      ]) {
        const body = byCard('tok_visa', { capture_method: 'manual' });
        const { id } = paymentOf(await stack().api.post('/v1/payments', body, { key }));
        await stack().api.post(`/v1/payments/${id}/captures`, {}, { key });
        await stack().api.post(`/v1/payments/${id}/refunds`, { amount: 400, reason: 'x' }, { key });
        const entries = await stack().api.get(`/v1/ledger/journal_entries?payment_id=${id}`, {
          key,
        });
        const data = entries.body['data'] as JournalEntry[];
        expect(data.map(({ event, state }) => `${event} ${state}`).toReversed()).toEqual([
          'authorization pending',
          'authorization_released pending',
          'capture posted',
          'refund_requested pending',
          'refund_reservation_released pending',
          'refund posted',
        ]);
        expect(data.find(({ event }) => event === 'capture')?.postings).toEqual([
          { account: '1100', provider: 'alder', side: 'debit', amount: 10_000, currency: 'USD' },
          { account: earned, provider: null, side: 'credit', amount: 10_000, currency: 'USD' },
        ]);
        for (const { postings } of data) {
          const sum = (side: string): number =>
            postings.filter((p) => p.side === side).reduce((all, p) => all + p.amount, 0);
          expect(sum('debit')).toBe(sum('credit'));
        }
      }
    });
  });
}

const attemptBody = { payment_method: { type: 'card', token: 'tok_visa' } };

/** What is still held by pending entries of one payment. */
const pendingSql = `
  select coalesce(sum(case when e.resolves_id is null then p.amount else -p.amount end), 0)::text as pending
  from journal_entries e join postings p on p.entry_id = e.id
  where e.payment_id = $1 and e.state = 'pending' and p.account = '1100'`;

interface TimelineLine {
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly kind: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly previous_hash: string;
  readonly hash: string;
}

interface JournalEntry {
  readonly event: string;
  readonly state: string;
  readonly postings: readonly { readonly side: string; readonly amount: number }[];
}
