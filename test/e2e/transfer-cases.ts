/** Transfers: exact, short, in parts, too much, too late, and told again and again. */
import { describe, expect, test } from '@jest/globals';
import type { PaymentView } from '../../api/payments/payment-schema.ts';
import { sendMoney } from '../../sandbox/testing/bank.ts';
import { createBankClient, day } from '../support/bank.ts';
import { booksOf } from '../support/books.ts';
import { paymentOf } from '../support/http.ts';
import type { TestStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

export function describeTransfers(stack: () => TestStack): void {
  const { pay, read, events, balance } = createBankClient(stack);

  describe('a bank transfer', () => {
    const start = async (): Promise<{ id: string; reference: string }> => {
      const payment = paymentOf(await pay({ type: 'bank_transfer' }));
      const { next_action: action } = payment;
      if (action?.type !== 'bank_instructions') throw new Error('no instructions');
      expect(action).toMatchObject({ amount_due: 10_000, holder: expect.any(String) });
      expect(payment.message.shopper).toMatch(/transfer/);
      return { id: payment.id, reference: action.transfer_reference };
    };
    const send = (reference: string, amount: number, id?: string) =>
      sendMoney(stack().sandbox, reference, amount, id === undefined ? {} : { id });
    const amountsOf = ({ operations }: PaymentView): string[] =>
      operations.map(({ kind, amount, status }) => `${kind} ${String(amount)} ${status}`);
    /** Everything that came is placed or on its way back, and what is on its way arrives. */
    const drained = (id: string): Promise<void> =>
      waitFor(async () => {
        await stack().sandbox.advance(day);
        expect(await balance(id, '2900')).toBe('0');
        expect((await read(id)).operations.filter((o) => o.status === 'pending')).toEqual([]);
      }, 40_000);

    test('of the exact amount is the payment', async () => {
      const { id, reference } = await start();
      await send(reference, 10_000);
      const payment = await stack().api.until(id, (p) => p.status === 'captured');
      expect(amountsOf(payment)).toEqual(['receipt 10000 succeeded', 'capture 10000 succeeded']);
      expect([await balance(id, '2900'), await balance(id, '1100')]).toEqual(['0', '10000']);
    });

    test('too short waits for the rest, and the rest makes it whole', async () => {
      const { id, reference } = await start();
      await send(reference, 4_000);
      const short = await stack().api.until(id, (p) => p.operations.length === 1);
      expect(short).toMatchObject({
        status: 'requires_action',
        amount_captured: 0,
        next_action: { type: 'bank_instructions', amount_due: 6_000 },
      });
      await send(reference, 6_000);
      await stack().api.until(id, (p) => p.status === 'captured');
      expect(await booksOf(stack(), id)).toEqual(['capture', 'capture']);
    });

    test('too long, or sent twice, is captured once and the rest sent back', async () => {
      const { id, reference } = await start();
      await send(reference, 10_250);
      await stack().api.until(id, (p) => p.status === 'captured');
      await send(reference, 10_000);
      await stack().api.until(
        id,
        (p) => p.operations.filter((o) => o.kind === 'receipt').length === 2,
      );
      await drained(id);
      const payment = await read(id);
      expect(payment).toMatchObject({ amount_captured: 10_000, amount_refunded: 0 });
      const back = payment.operations.filter((o) => o.kind === 'refund');
      expect(back.reduce((sum, o) => sum + o.amount, 0)).toBe(10_250);
      expect(await balance(id, '1100')).toBe('10000');
    });

    test('still short when its time is over fails, and what came is sent back', async () => {
      const { id, reference } = await start();
      await send(reference, 3_000);
      await stack().api.until(id, (p) => p.operations.length === 1);
      await stack().sandbox.advance(14 * day + 60);
      const payment = await stack().api.until(id, (p) => p.status === 'failed');
      expect(payment).toMatchObject({ amount_captured: 0, attempts: [{ status: 'voided' }] });
      await drained(id);
      expect(await booksOf(stack(), id)).toEqual(['capture', 'refund']);
    });

    test('that comes after it was canceled is a late success and sent back', async () => {
      const { id, reference } = await start();
      const canceled = await stack().api.post(`/v1/payments/${id}/cancel`);
      expect(canceled.body).toMatchObject({ status: 'canceled', next_action: null });
      await send(reference, 10_000);
      await stack().api.until(id, (p) => p.operations.some((o) => o.kind === 'receipt'));
      await drained(id);
      expect((await read(id)).status).toBe('canceled');
      expect(await events(id)).toContain('payment.late_success');
    });

    test('is counted once, whatever is told twice, early, late or while nobody listens', async () => {
      const { id, reference } = await start();
      const faults = ['webhook_duplicate', 'webhook_reordered', 'webhook_early', 'webhook_late'];
      await stack().sandbox.setFaults(
        faults.map((fault) => ({ provider: 'bank', fault, rate: 0.5 })),
      );
      const parts = [1_000, 2_000, 3_000, 3_500];
      await Promise.all(parts.map((amount) => send(reference, amount, `${id}/${String(amount)}`)));
      await stack().kill('api');
      await Promise.all(parts.map((amount) => send(reference, amount, `${id}/${String(amount)}`)));
      await stack().start('api');
      await stack().sandbox.advance(60);
      await stack().api.until(id, (p) => p.operations.length === 4, 40_000);
      await stack().sandbox.setFaults([]);
      await send(reference, 500, `${id}/500`);
      const payment = await stack().api.until(id, (p) => p.status === 'captured', 30_000);
      const receipts = payment.operations.filter((o) => o.kind === 'receipt');
      expect(receipts.map(({ amount }) => amount).toSorted((a, b) => a - b)).toEqual([
        500,
        ...parts,
      ]);
      expect(new Set(receipts.map((o) => o.provider_reference)).size).toBe(5);
    });
  });
}
