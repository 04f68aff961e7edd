/** What a shopper brings back from a page is handed over, and the payment is made once, however often. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { arriveAtReturn } from '../db/access.ts';
import { connectDb, type Db } from '../db/client.ts';
import { requestCancel } from '../domain/commands.ts';
import type { AttemptState, PaymentState } from '../domain/payment-state.ts';
import { createAdyenProvider } from '../providers/adyen/provider.ts';
import { merchantAccount } from '../sandbox/adyen/present.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';

let bench: Bench;
let door: Db;

beforeAll(async () => {
  bench = await openBench(({ url }) => [
    createAdyenProvider({
      ...{ apiKey: 'key', merchantAccount, hmacKeys: ['00'.repeat(32)], mode: 'test' },
      ...{ livePrefix: undefined, url: `${url}/adyen` },
    }),
  ]);
  const options = { applicationName: 'door', poolSize: 2, onError: () => undefined };
  door = connectDb({ url: bench.apiUrl, ...options });
});
beforeEach(() => bench.sandbox.setFaults([]));
afterAll(async () => {
  expect(await differingPayments(bench)).toEqual([]);
  await door.destroy();
  await bench.close();
});

interface Challenged {
  readonly id: string;
  readonly attempt: AttemptState;
  readonly page: string;
}

async function challenged(): Promise<Challenged> {
  const paymentMethod = { type: 'card' as const, tokens: { adyen: 'shopper_1/tok_3ds' } };
  const id = await bench.accept('', { captureMethod: 'manual', paymentMethod });
  await bench.activities.authorize({ paymentId: id });
  const [attempt] = (await bench.state(id)).attempts;
  expect(attempt?.status).toBe('requires_action');
  if (attempt === undefined) throw new Error('no attempt');
  const { url } = await bench.rows.one<{ url: string }>(
    'select redirect_url as url from attempts where id = $1',
    [attempt.id],
  );
  return { id, attempt, page: url };
}

/** Presses a button on the page; what the return address was called with. */
async function press(page: string, button: 'approve' | 'reject'): Promise<string> {
  const response = await fetch(`${page}/${button}`, { method: 'POST', redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '').search.slice(1);
}

async function comeBack({ attempt }: Challenged, returned: string): Promise<void> {
  await arriveAtReturn(door, attempt.returnToken, returned);
}

async function look({ id, attempt }: Challenged): Promise<PaymentState> {
  await bench.activities.attemptResolve({ paymentId: id, attemptId: attempt.id });
  return bench.state(id);
}

test('handed over, an approval is an authorization', async () => {
  const payment = await challenged();
  await comeBack(payment, await press(payment.page, 'approve'));
  const { status, attempts } = await look(payment);
  expect([status, attempts[0]?.status]).toEqual(['requires_capture', 'authorized']);
  // From here on it has a reference of Adyen's.
  expect(attempts[0]?.providerReference).toMatch(/^[0-9A-Z]{16}$/);
  expect(await booksOf(bench, payment.id)).toEqual(['authorize']);
});

test('handed over, a rejection is a decline', async () => {
  const payment = await challenged();
  await comeBack(payment, await press(payment.page, 'reject'));
  const { status, attempts } = await look(payment);
  expect(status).toBe('requires_payment_method');
  expect(attempts[0]?.decline?.code).toBe('authentication_failed');
  expect(await booksOf(bench, payment.id)).toEqual([]);
});

test('whoever hands it over, it is done once', async () => {
  const payment = await challenged();
  await comeBack(payment, await press(payment.page, 'approve'));
  await Promise.all([1, 2, 3, 4, 5].map(() => look(payment)));
  expect((await look(payment)).status).toBe('requires_capture');
  expect(await booksOf(bench, payment.id)).toEqual(['authorize']);
});

test('approved but not handed over, nothing has become of it', async () => {
  const payment = await challenged();
  await press(payment.page, 'approve');
  expect((await look(payment)).status).toBe('requires_action');
  expect(await booksOf(bench, payment.id)).toEqual([]);
});

test.each(['redirectResult=forged', 'redirectResult=', 'somethingElse=1'])(
  'what the page did not give ("%s") decides nothing, and what it gave still does',
  async (returned) => {
    const payment = await challenged();
    const given = await press(payment.page, 'approve');
    await comeBack(payment, returned);
    expect((await look(payment)).status).toBe('requires_action');
    await comeBack(payment, given);
    expect((await look(payment)).status).toBe('requires_capture');
    expect(await booksOf(bench, payment.id)).toEqual(['authorize']);
  },
);

test('coming back again without the result, or with another, does not cost the payment its own', async () => {
  const payment = await challenged();
  await comeBack(payment, await press(payment.page, 'approve'));
  for (const later of ['x=1', 'redirectResult=forged', '']) {
    await arriveAtReturn(door, payment.attempt.returnToken, later === '' ? null : later);
  }
  expect((await look(payment)).status).toBe('requires_capture');
  expect(await booksOf(bench, payment.id)).toEqual(['authorize']);
});

test.each(['lost_reply', 'garbage'])(
  'a reply that says nothing (%s) leaves it open, and handing it over again tells',
  async (fault) => {
    const payment = await challenged();
    await comeBack(payment, await press(payment.page, 'approve'));
    await bench.sandbox.setFaults([{ provider: 'adyen', operation: 'authorize', fault, rate: 1 }]);
    expect((await look(payment)).status).toBe('requires_action');
    expect(await booksOf(bench, payment.id)).toEqual(['authorize']);
    await bench.sandbox.setFaults([]);
    expect((await look(payment)).status).toBe('requires_capture');
    expect(await booksOf(bench, payment.id)).toEqual(['authorize']);
  },
);

test('a stored error of theirs leaves it open as long as it is repeated', async () => {
  const payment = await challenged();
  await comeBack(payment, await press(payment.page, 'approve'));
  await bench.sandbox.setFaults([
    { provider: 'adyen', operation: 'authorize', fault: 'error_500', rate: 1 },
  ]);
  expect((await look(payment)).status).toBe('requires_action');
  await bench.sandbox.setFaults([]);
  expect((await look(payment)).status).toBe('requires_action');
  expect(await booksOf(bench, payment.id)).toEqual([]);
});

test('past half of the life of its key nothing is handed over any more', async () => {
  const payment = await challenged();
  await comeBack(payment, await press(payment.page, 'approve'));
  const { now } = await bench.state(payment.id);
  await bench.rows.all(`update clock set offset_seconds = offset_seconds + $1`, [
    Math.ceil((payment.attempt.keyHorizon - now) / 1_000) + 1,
  ]);
  await look(payment);
  expect(await booksOf(bench, payment.id)).toEqual([]);
});

test('while it is being called off nothing is handed over: the cancel might not see what went on', async () => {
  const payment = await challenged();
  const ask = { operationId: bench.deps.newId('op'), actor: 'api_key:test' };
  await bench.ask(payment.id, (p) => requestCancel(p, ask));
  await comeBack(payment, await press(payment.page, 'approve'));
  expect((await look(payment)).attempts[0]?.status).toBe('requires_action');
  expect(await booksOf(bench, payment.id)).toEqual([]);
});
