/** A page that nobody comes back from ends, also where no reference can be voided: Stripe's intents live on. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { PaymentState } from '../domain/payment-state.ts';
import { createStripeProvider } from '../providers/stripe/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench(({ url }) => [
    createStripeProvider({
      ...{ secretKey: 'sk_test_x', webhookSecrets: ['whsec_x'], url: `${url}/stripe` },
    }),
  ]);
});
beforeEach(() => bench.sandbox.setFaults([]));
afterAll(async () => {
  expect(await differingPayments(bench)).toEqual([]);
  await bench.close();
});

async function challenged(captureMethod: 'manual' | 'automatic' = 'manual'): Promise<string> {
  const paymentMethod = { type: 'card' as const, tokens: { stripe: 'tok_3ds' } };
  const id = await bench.accept('', { captureMethod, paymentMethod });
  expect((await bench.settle(id)).status).toBe('requires_action');
  return id;
}

/** Past the time there is for the page; the sandbox's own lives longer. */
async function overTime(id: string): Promise<PaymentState> {
  await bench.advance(15 * 60 + 1);
  return bench.settle(id);
}

async function pass(id: string): Promise<void> {
  const { url } = await bench.rows.one<{ url: string }>(
    'select redirect_url as url from attempts where payment_id = $1',
    [id],
  );
  await fetch(`${url}/approve`, { method: 'POST', redirect: 'manual' });
}

test('it is canceled at the provider, on whose word the payment expires', async () => {
  const id = await challenged();
  const payment = await overTime(id);
  expect([payment.status, payment.attempts[0]?.status]).toEqual(['expired', 'expired']);
  expect(payment.operations).toMatchObject([
    { kind: 'void', cause: 'expiry', status: 'succeeded' },
  ]);
  await pass(id);
  expect(await booksOf(bench, id)).toEqual([]);
});

test('before that time it is left to its shopper', async () => {
  const id = await challenged();
  await bench.advance(10 * 60);
  expect((await bench.settle(id)).status).toBe('requires_action');
  await pass(id);
  await bench.advance(6 * 60);
  expect((await bench.settle(id)).status).toBe('requires_capture');
});

test('finished a moment before, it is what it became', async () => {
  const id = await challenged('automatic');
  await bench.advance(15 * 60 + 1);
  await pass(id);
  expect((await bench.settle(id)).status).toBe('captured');
  expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
});

test('finished between our last look and the cancel, a sale stands', async () => {
  const id = await challenged('automatic');
  await bench.advance(15 * 60 + 1);
  const { attempts } = await bench.state(id);
  await bench.activities.attemptResolve({ paymentId: id, attemptId: attempts[0]?.id ?? '' });
  expect((await bench.state(id)).operations).toHaveLength(1);
  await pass(id);
  expect((await bench.settleForDays(id, 1)).status).toBe('captured');
  expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
});

test('a cancel whose reply is lost is resolved like any other', async () => {
  const id = await challenged();
  await bench.sandbox.setFaults([
    { provider: 'stripe', operation: 'void', fault: 'lost_reply', rate: 1 },
  ]);
  await bench.advance(15 * 60 + 1);
  await bench.settle(id);
  await bench.sandbox.setFaults([]);
  expect((await bench.settleForDays(id, 1)).status).toBe('expired');
  expect(await booksOf(bench, id)).toEqual([]);
});

test('two that find it over cancel it once', async () => {
  const id = await challenged();
  await bench.advance(15 * 60 + 1);
  const attemptId = (await bench.state(id)).attempts[0]?.id ?? '';
  await Promise.all(
    [1, 2, 3].map(() => bench.activities.attemptResolve({ paymentId: id, attemptId })),
  );
  expect((await bench.settle(id)).operations).toHaveLength(1);
});
