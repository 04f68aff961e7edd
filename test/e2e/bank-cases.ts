/** Debits and redirects: what takes days, and what is taken back. */
import { describe, expect, test } from '@jest/globals';
import type { PaymentView } from '../../api/payments/payment-schema.ts';
import { createBankClient, day, finish, returnUrl } from '../support/bank.ts';
import { booksOf } from '../support/books.ts';
import { paymentOf } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

export function describeRedirects(stack: () => TestStack): void {
  const { pay } = createBankClient(stack);

  describe('a bank redirect', () => {
    const start = async (): Promise<PaymentView> => {
      const reply = await pay({ type: 'bank_redirect' });
      expect(reply.status).toBe(201);
      expect(reply.body).toMatchObject({
        status: 'requires_action',
        provider: 'bank',
        next_action: { type: 'redirect' },
      });
      return paymentOf(reply);
    };

    test('approved brings the shopper back to a payment that is captured', async () => {
      const payment = await start();
      const { id } = payment;
      expect(await finish(payment, 'approve')).toBe(`${returnUrl}?payment_id=${id}`);
      const paid = await stack().api.until(id, (p) => p.status === 'captured');
      expect(paid).toMatchObject({ amount_captured: 10_000, next_action: null });
      expect(await booksOf(stack(), id)).toEqual(['capture']);
    });

    test('canceled is a decline, and another way of paying may be tried', async () => {
      const payment = await start();
      await finish(payment, 'cancel');
      const declined = await stack().api.until(payment.id, (p) => p.status !== 'requires_action');
      expect(declined).toMatchObject({
        status: 'requires_payment_method',
        last_decline: { code: 'shopper_canceled' },
      });
      const body = { payment_method: { type: 'card', token: 'tok_visa' } };
      const again = await stack().api.post(`/v1/payments/${payment.id}/attempts`, body);
      expect(again.body).toMatchObject({ status: 'captured', provider: 'alder' });
    });

    test('abandoned is called off at the bank before anything is said', async () => {
      const payment = await start();
      await stack().sandbox.advance(16 * 60);
      await stack().api.until(payment.id, (p) => p.status === 'requires_payment_method');
      await finish(payment, 'approve').catch(() => undefined);
      expect(await booksOf(stack(), payment.id)).toEqual([]);
    });

    test.each([
      ['later', 'captured', ['capture']],
      ['later_refuse', 'failed', []],
    ] as const)(
      'that its bank leaves open (%s) is pending, not in doubt',
      async (button, end, books) => {
        const payment = await start();
        await finish(payment, button);
        const pending = await stack().api.until(payment.id, (p) => p.status === 'processing');
        expect(pending).toMatchObject({ amount_in_doubt: 0, attempts: [{ status: 'pending' }] });
        await stack().sandbox.advance(day + 60);
        await stack().api.until(payment.id, (p) => p.status === end);
        expect(await booksOf(stack(), payment.id)).toEqual(books);
      },
    );
  });
}

export function describeDebits(stack: () => TestStack): void {
  const { pay, debit, read, events, balance } = createBankClient(stack);

  describe('a bank debit', () => {
    test('is agreed to, submitted, paid three days later, and refunded over another', async () => {
      const first = paymentOf(await debit('tok_debit'));
      expect(first.next_action).toMatchObject({ type: 'mandate' });
      await finish(first, 'approve');
      await stack().api.until(first.id, (p) => p.attempts[0]?.status === 'pending');
      const early = await stack().api.post(`/v1/payments/${first.id}/refunds`, { reason: 'x' });
      expect(early.body['code']).toBe('payment_in_doubt');
      await stack().sandbox.advance(3 * day + 60);
      await stack().api.until(first.id, (p) => p.status === 'captured');
      const refund = await stack().api.post(`/v1/payments/${first.id}/refunds`, {
        amount: 4_000,
        reason: 'damaged',
      });
      expect([refund.status, refund.body['status']]).toEqual([202, 'pending']);
      await stack().sandbox.advance(day + 60);
      await stack().api.until(first.id, (p) => p.amount_refunded === 4_000);
      expect(await booksOf(stack(), first.id)).toEqual(['capture', 'refund']);
    });

    test('that is on its way is answered at once, and not in doubt', async () => {
      const begun = performance.now();
      const reply = await debit('tok_debit_mandated');
      expect([reply.status, performance.now() - begun < 5_000]).toEqual([202, true]);
      expect(reply.body).toMatchObject({ status: 'processing', amount_in_doubt: 0 });
    });

    test('refused days later fails the payment, and nothing was booked', async () => {
      const { id } = paymentOf(await debit('tok_debit_fails'));
      await stack().sandbox.advance(3 * day + 60);
      const payment = await stack().api.until(id, (p) => p.status === 'failed');
      expect(payment.last_decline).toMatchObject({ code: 'insufficient_funds' });
      expect([await booksOf(stack(), id), await balance(id, '1100')]).toEqual([[], '0']);
    });

    test('taken back by its payer after it was paid leaves the books as it left the money', async () => {
      const { id } = paymentOf(await debit('tok_debit_returned'));
      await stack().sandbox.advance(3 * day + 60);
      await stack().api.until(id, (p) => p.status === 'captured');
      expect(await balance(id, '4000')).toBe('-10000');
      await stack().sandbox.advance(7 * day + 60);
      const payment = await stack().api.until(id, (p) => p.status === 'failed');
      expect(payment).toMatchObject({
        amount_captured: 0,
        operations: [{ kind: 'capture', status: 'failed', failure: { code: 'late_failure' } }],
        status_basis: { kind: 'lookup', provider: 'bank' },
      });
      expect([await balance(id, '4000'), await balance(id, '1100')]).toEqual(['0', '0']);
      expect(await events(id)).toContain('capture.failed');
      expect(await booksOf(stack(), id)).toEqual(['capture', 'refund']);
    });

    test('canceled while it is under way is given back once it is paid', async () => {
      const { id } = paymentOf(await debit('tok_debit_mandated'));
      const cancel = await stack().api.post(`/v1/payments/${id}/cancel`);
      expect(cancel.status).toBe(202);
      await stack().sandbox.advance(3 * day + 60);
      await stack().api.until(id, (p) => p.operations.some((o) => o.kind === 'refund'));
      await waitFor(async () => {
        await stack().sandbox.advance(day);
        expect((await read(id)).amount_refunded).toBe(10_000);
      }, 30_000);
      expect(await booksOf(stack(), id)).toEqual(['capture', 'refund']);
    });

    test('of a saved account needs its holder once', async () => {
      const account = { iban: 'DE89 3704 0044 0532 0130 00', holder: 'Ada Lovelace' };
      const { body } = await stack().sandbox.call('POST', '/bank/accounts', account);
      const token = String(body['token']);
      const away = await debit(token, { off_session: true });
      expect(away.body).toMatchObject({ decline: { code: 'mandate_required' } });
      const first = paymentOf(
        await debit(token, { save: true, customer: { email: 'a@example.com' } }),
      );
      await finish(first, 'approve');
      await stack().sandbox.advance(3 * day + 60);
      const saved = await stack().api.until(first.id, (p) => p.payment_method.id !== null);
      const method = { type: 'bank_debit', id: saved.payment_method.id };
      const second = paymentOf(await pay(method, { off_session: true }));
      expect(second).toMatchObject({ status: 'processing', attempts: [{ status: 'pending' }] });
      await stack().sandbox.advance(3 * day + 60);
      await stack().api.until(second.id, (p) => p.status === 'captured');
    });
  });
}
