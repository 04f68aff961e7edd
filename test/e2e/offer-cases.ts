/** What is offered, whom it is routed to, and wallets, which are cards behind a token. */
import { describe, expect, test } from '@jest/globals';
import { createBankClient } from '../support/bank.ts';
import { paymentOf } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';

export function describeOffers(stack: () => TestStack): void {
  const { pay } = createBankClient(stack);

  describe('offers and routes', () => {
    test('what is offered can be paid with, and who cannot take it is named', async () => {
      const asked = '/v1/payment_methods?country=NL&currency=EUR&amount=2599';
      const { body } = await stack().api.get(asked);
      const names = (body['data'] as { name: string }[]).map(({ name }) => name);
      const wallets = ['apple_pay', 'google_pay'];
      expect(names).toEqual(['card', ...wallets, 'sepa_debit', 'ideal', 'sepa_transfer']);
      const preview = await stack().api.post('/v1/routing/preview', {
        ...{ amount: 2_599, currency: 'USD', capture_method: 'automatic' },
        payment_method: { type: 'bank_redirect' },
      });
      expect(preview.body).toMatchObject({
        order: [],
        excluded: [
          { provider: 'alder', reason: 'method_not_supported' },
          { provider: 'birch', reason: 'method_not_supported' },
          { provider: 'cedar', reason: 'method_not_supported' },
          { provider: 'bank', reason: 'currency_not_supported' },
        ],
      });
    });

    test('a method that nobody takes is not tried, and money is not only held at a bank', async () => {
      const inDollars = await pay({ type: 'bank_redirect' }, { currency: 'USD' });
      expect(inDollars.body).toMatchObject({ decline: { code: 'provider_unavailable' } });
      const held = await pay({ type: 'bank_redirect' }, { capture_method: 'manual' });
      expect(paymentOf(held)).toMatchObject({ attempts: [] });
    });

    test('what needs its shopper each time cannot be kept', async () => {
      const customer = await stack().api.post('/v1/customers', { email: 'a@example.com' });
      const method = { customer_id: customer.body['id'], type: 'bank_transfer' };
      const reply = await stack().api.post('/v1/payment_methods', method);
      expect([reply.status, reply.body['errors']]).toEqual([
        400,
        [{ pointer: '/type', detail: expect.any(String) }],
      ]);
    });

    test.each(['apple_pay', 'google_pay'])('%s is a card behind a token', async (wallet) => {
      const reply = await pay({ type: 'wallet', wallet, token: 'tok_mastercard' });
      expect(reply.status).toBe(201);
      expect(reply.body).toMatchObject({
        status: 'captured',
        provider: 'alder',
        payment_method: { type: 'wallet', wallet, brand: 'mastercard', last4: '4444' },
      });
      const declined = await pay({ type: 'wallet', wallet, token: 'tok_declined_do_not_honor' });
      expect(declined.status).toBe(402);
      const challenged = await pay({ type: 'wallet', wallet, token: 'tok_3ds' });
      expect(challenged.body).toMatchObject({ status: 'requires_action' });
    });
  });
}
