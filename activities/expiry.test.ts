/** R-11 against the sandbox: birch gives no reason when a capture comes too late; alder does. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestCapture } from '../domain/commands.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';
import { providerOf } from './deps.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const hour = 3_600;
const day = 24 * hour;

/** Authorized at that provider alone; the life of its authorization by its own contract. */
async function held(provider: string, token = 'tok_visa'): Promise<string> {
  const paymentMethod = { type: 'card' as const, tokens: { [provider]: token } };
  const id = await bench.accept(token, { captureMethod: 'manual', paymentMethod });
  await bench.settle(id);
  return id;
}

/** To `seconds` after our end of the authorization. */
async function toEnd(id: string, seconds: number): Promise<void> {
  const { now, attempts } = await bench.state(id);
  await bench.advance(Math.round(((attempts[0]?.expiresAt ?? 0) - now) / 1_000) + seconds);
}

async function capture(id: string, amount?: bigint): Promise<PaymentState> {
  const ask = { operationId: bench.deps.newId('op'), actor: 'api_key:test', amount };
  await bench.ask(id, (p) =>
    requestCapture(p, ask, (name) => providerOf(bench.deps, name).contract),
  );
  return bench.settle(id);
}

describe.each(['alder', 'birch'])('at %s', (provider) => {
  test.each([
    [-1, 'captured', 'succeeded', null],
    [1, 'expired', 'failed', 'authorization_expired'],
    [60, 'expired', 'failed', 'authorization_expired'],
  ] as const)('a capture %i s after the end: %s', async (after, status, outcome, code) => {
    const id = await held(provider);
    await toEnd(id, after);
    const payment = await capture(id);
    expect(payment.status).toBe(status);
    expect(payment.operations[0]).toMatchObject({ status: outcome, failureCode: code });
    expect(payment.attempts[0]?.status).toBe(status === 'expired' ? 'expired' : 'authorized');
    const moved = status === 'expired' ? ['authorize'] : ['authorize', 'capture'];
    expect(await booksOf(bench, id)).toEqual(moved);
    expect((await differingPayments(bench)).filter((l) => l.startsWith(id))).toEqual([]);
  });
});

test('a provider whose clock is ahead of ours: no reason, looked up, expired', async () => {
  const id = await held('birch');
  await toEnd(id, -10);
  await bench.sandbox.advance(30);
  const payment = await capture(id);
  expect(payment.status).toBe('expired');
  expect(payment.operations[0]).toMatchObject({ status: 'failed', failureCode: 'do_not_honor' });
  expect(payment.operations).toHaveLength(1);
  await bench.rows.all('update clock set offset_seconds = offset_seconds + 30');
});

test('what was captured before stands; the rest runs out, and can still be refunded but not captured', async () => {
  const id = await held('alder');
  await capture(id, 30n);
  await toEnd(id, 5);
  const payment = await capture(id);
  expect(payment).toMatchObject({ status: 'captured', amountCaptured: 30n, captureClosed: true });
  expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
});

test.each([
  ['alder', 'tok_visa', 7 * day],
  ['alder', 'tok_mastercard', 30 * day],
  ['birch', 'tok_visa', 4 * day + 18 * hour],
  ['birch', 'tok_mastercard', 7 * day],
  ['cedar', 'tok_visa', 10 * day],
] as const)('%s holds %s for %i s, and both know it', async (provider, token, life) => {
  const id = await held(provider, token);
  const { attempts, now } = await bench.state(id);
  const left = Math.round(((attempts[0]?.expiresAt ?? 0) - now) / 1_000);
  expect(Math.abs(left - life)).toBeLessThanOrEqual(5);
  await bench.advance(life - 30);
  expect((await bench.settle(id)).status).toBe('requires_capture');
  await bench.advance(31);
  expect((await bench.settle(id)).status).toBe('expired');
  expect(await booksOf(bench, id)).toEqual(['authorize']);
});
