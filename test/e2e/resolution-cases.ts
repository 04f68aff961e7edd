/** Forced resolution through the whole service: the provider took the money, and cannot be asked about it. */
import { describe, expect, test } from '@jest/globals';
import type { PaymentView } from '../../api/payments/payment-schema.ts';
import { booksOf } from '../support/books.ts';
import { byCard, paymentOf } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';

const day = 86_400;
/** It books the sale and drops the reply; lookups get no answer. */
const silent = [
  { operation: 'authorize', fault: 'lost_reply', rate: 1 },
  { operation: 'lookup', fault: 'error_500', rate: 1 },
];

export function describeResolution(stack: () => TestStack): void {
  const as = (who: 'viewer' | 'support' | 'support2'): object => ({
    key: stack().staff[who],
    headers: { 'tender-merchant': stack().merchants[0].id, 'x-reason': 'the provider is silent' },
  });

  async function inDoubt(): Promise<PaymentView> {
    await stack().sandbox.setFaults(silent);
    const reply = await stack().api.post('/v1/payments', byCard('tok_visa'), { wait: 2 });
    expect([reply.status, paymentOf(reply).amount_in_doubt]).toEqual([202, 10_000]);
    const list = await stack().api.get('/v1/payments_in_doubt', as('viewer'));
    const listed = (list.body['data'] as { payment_id: string }[]).map((one) => one.payment_id);
    expect(listed).toContain(paymentOf(reply).id);
    return paymentOf(reply);
  }

  async function resolve({ id, attempts }: PaymentView, outcome: string): Promise<void> {
    const body = {
      attempt_id: attempts[0]?.id,
      ...{ outcome, evidence: 'their support, by telephone' },
      ...(outcome === 'succeeded' && { provider_reference: 'seen-by-people-1' }),
    };
    const asked = await stack().api.post(`/v1/payments/${id}/resolve`, body, as('support'));
    expect([asked.status, asked.body['object']]).toEqual([202, 'approval']);
    const path = `/v1/approvals/${String(asked.body['id'])}/approve`;
    expect((await stack().api.post(path, {}, as('support'))).status).toBe(403);
    expect((await stack().api.post(path, {}, as('support2'))).status).toBe(200);
  }

  describe('an unknown that no provider ends', () => {
    test('is ended by two people, and stays so when the provider is asked again', async () => {
      const payment = await inDoubt();
      await resolve(payment, 'succeeded');
      const captured = await stack().api.until(payment.id, (p) => p.status === 'captured');
      expect(captured).toMatchObject({ amount_in_doubt: 0, status_basis: { kind: 'staff' } });
      await stack().sandbox.setFaults([]);
      await stack().sandbox.advance(day + 60);
      await stack().api.until(payment.id, (p) => p.status === 'captured');
      expect(await booksOf(stack(), payment.id)).toEqual(['authorize', 'capture']);
    });

    test('and ended wrongly: the money that was taken after all is found, and given back', async () => {
      const payment = await inDoubt();
      await resolve(payment, 'not_done');
      const open = await stack().api.until(payment.id, (p) => p.status !== 'processing');
      expect(open).toMatchObject({ status: 'requires_payment_method', amount_in_doubt: 0 });
      expect(open.attempts.map(({ status }) => status)).toEqual(['not_sent']);
      await stack().sandbox.setFaults([]);
      await stack().sandbox.advance(day + 60);
      const late = await stack().api.until(
        payment.id,
        (p) => p.operations.some(({ cause, status }) => cause === 'late_success' && status === 'succeeded'), // prettier-ignore
        30_000,
      );
      expect(late.attempts.map(({ status }) => status)).toEqual(['voided']);
      expect(await booksOf(stack(), payment.id)).toEqual(['authorize', 'capture', 'refund']);
    });
  });
}
