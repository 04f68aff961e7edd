/** What time does, and what happens while a part is away. One stack; each test leaves it whole. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { booksOf, differingPayments, overduePayments } from '../support/books.ts';
import { byCard, pageOf, paymentOf } from '../support/http.ts';
import { answersOk, startTestStack, type TestStack } from '../support/stack.ts';
import { askForRefund, decide } from './approval-cases.ts';
import { describeResolution } from './resolution-cases.ts';
import { waitFor } from '../support/wait.ts';

jest.setTimeout(90_000);

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  await isWhole();
});

afterAll(async () => {
  try {
    expect(await differingPayments(stack)).toEqual([]);
    await waitFor(async () => expect(await overduePayments(stack.rows)).toEqual([]));
  } finally {
    await stack.stop();
  }
});

afterEach(isWhole);

function isWhole(): Promise<void> {
  return waitFor(async () => expect(await answersOk(`${stack.apiUrl}/readyz`)).toBe(true), 30_000);
}

const day = 86_400;
const pay = (token: string, changes: object = {}, wait = 10) =>
  stack.api.post('/v1/payments', byCard(token, { ...changes }), { wait });

/** By its schedule, which the moved clock has passed. */
function yesterdayIsClosed(): Promise<void> {
  const closed = `select closed_by from ledger_closes
    where period = to_char(tender_now() - interval '1 day', 'YYYY-MM-DD')`;
  return waitFor(
    async () => expect(await stack.rows.all(closed)).toEqual([{ closed_by: 'schedule' }]),
    40_000,
  );
}

describe('when the clock moves', () => {
  test('the days that are over are closed, without anybody asking', async () => {
    await pay('tok_visa');
    await stack.sandbox.advance(3 * day);
    await yesterdayIsClosed();
    const { open } = await stack.rows.one<{ open: number }>(
      `select count(*)::int as open from periods_to_close('day', interval '0', 9)`,
    );
    expect(open).toBe(0);
  });

  test('an authorization that is not captured expires, with evidence of the provider', async () => {
    const { id } = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
    await stack.sandbox.advance(7 * day + 60);
    const payment = await stack.api.until(id, (p) => p.status === 'expired');
    expect(payment).toMatchObject({
      attempts: [{ status: 'expired' }],
      operations: [{ kind: 'void', cause: 'expiry', status: 'succeeded' }],
      status_basis: { kind: 'provider_reply', provider: 'alder' },
      amount_capturable: 0,
    });
    const late = await stack.api.post(`/v1/payments/${id}/captures`);
    expect([late.status, late.body['code']]).toEqual([409, 'payment_not_capturable']);
  });

  test('what has expired is authorized again for what is asked, once, and captured', async () => {
    const { id, amount } = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
    const path = `/v1/payments/${id}/reauthorize`;
    const early = await stack.api.post(path, {});
    expect([early.status, early.body['code']]).toEqual([409, 'reauthorization_not_possible']);
    await stack.sandbox.advance(7 * day + 60);
    await stack.api.until(id, (p) => p.status === 'expired');
    const much = await stack.api.post(path, { amount: amount + 1 });
    expect([much.status, much.body['code']]).toEqual([409, 'reauthorization_not_possible']);
    const keys = [randomUUID(), randomUUID()];
    const replies = await Promise.all(
      keys.map((idempotencyKey) =>
        stack.api.post(path, { amount: 2_000 }, { idempotencyKey, wait: 10 }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409]);
    const won = replies[0]?.status === 201 ? 0 : 1;
    expect(replies[won]?.body).toMatchObject({
      ...{ status: 'requires_capture', amount_authorized: 2_000, amount_capturable: 2_000 },
      attempts: [{ status: 'expired' }, { status: 'authorized' }],
    });
    const idempotencyKey = keys[won] ?? '';
    const repeat = await stack.api.post(path, { amount: 2_000 }, { idempotencyKey });
    expect([repeat.status, repeat.text]).toEqual([201, replies[won]?.text]);
    expect((await stack.api.post(`/v1/payments/${id}/captures`)).status).toBe(201);
    expect(await booksOf(stack, id)).toEqual(['authorize', 'authorize', 'capture']);
  });

  test('a saved card that is detached is not authorized again', async () => {
    const saving = { capture_method: 'manual', save: true, customer: { name: 'Ada' } };
    const { id, payment_method } = paymentOf(await pay('tok_visa', saving));
    await stack.sandbox.advance(7 * day + 60);
    await stack.api.until(id, (p) => p.status === 'expired');
    const path = `/v1/payments/${id}/reauthorize`;
    const again = await stack.api.post(path, {}, { wait: 10 });
    expect([again.status, again.body['status']]).toEqual([201, 'requires_capture']);
    await stack.sandbox.advance(7 * day + 60);
    await stack.api.until(id, (p) => p.status === 'expired');
    await stack.api.post(`/v1/payment_methods/${payment_method.id}/detach`);
    const late = await stack.api.post(path, {});
    expect([late.status, late.body['code']]).toEqual([409, 'reauthorization_not_possible']);
  });

  test('nor one whose merchant reference another payment has taken', async () => {
    const key = stack.merchants[2].apiKey;
    const body = byCard('tok_visa', { capture_method: 'manual', merchant_reference: 'order-r' });
    const { id } = paymentOf(await stack.api.post('/v1/payments', body, { key, wait: 10 }));
    await stack.sandbox.advance(7 * day + 60);
    await waitFor(async () => {
      const seen = await stack.api.get(`/v1/payments/${id}`, { key });
      expect(paymentOf(seen).status).toBe('expired');
    });
    expect((await stack.api.post('/v1/payments', body, { key, wait: 10 })).status).toBe(201);
    const idempotencyKey = randomUUID();
    const ask = () => stack.api.post(`/v1/payments/${id}/reauthorize`, {}, { key, idempotencyKey });
    const [first, repeat] = [await ask(), await ask()];
    expect([first.status, first.body['code']]).toEqual([409, 'duplicate_reference']);
    expect([repeat.status, repeat.body['code']]).toEqual([409, 'duplicate_reference']);
  });

  test('a refund that nobody approves in a week is rejected, and its amount is free', async () => {
    const { approvalId, refund } = await askForRefund(stack);
    await stack.sandbox.advance(7 * day + 60);
    await waitFor(async () =>
      expect(await refund()).toMatchObject({
        ...{ status: 'rejected', failure: { code: 'approval_lapsed' } },
      }),
    );
    const late = await decide(stack, approvalId, 'approve');
    expect([late.status, late.body['code']]).toEqual([409, 'approval_lapsed']);
  });

  test('one that is captured in part expires in the rest', async () => {
    const { id } = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
    await stack.api.post(`/v1/payments/${id}/captures`, { amount: 2_500 });
    await stack.sandbox.advance(7 * day + 60);
    const payment = await stack.api.until(id, (p) => p.status === 'captured');
    expect(payment).toMatchObject({ amount_captured: 2_500, amount_capturable: 0 });
  });

  test('a declined payment without another try fails after a day, and the key keeps its answer', async () => {
    const idempotencyKey = randomUUID();
    const body = byCard('tok_declined_do_not_honor');
    const first = await stack.api.post('/v1/payments', body, { idempotencyKey });
    await stack.sandbox.advance(day + 60);
    const payment = await stack.api.until(paymentOf(first).id, (p) => p.status === 'failed');
    expect(payment.status_basis.kind).toBe('timer');
    const repeat = await stack.api.post('/v1/payments', body, { idempotencyKey });
    expect(repeat.status).toBe(402);
    expect(paymentOf(repeat)).toEqual(paymentOf(first));
  });

  test('a 3-D Secure page that nobody finishes is closed at the provider first', async () => {
    const reply = await pay('tok_3ds');
    const { id } = paymentOf(reply);
    await stack.sandbox.advance(16 * 60);
    await stack.api.until(id, (p) => p.status === 'requires_payment_method');
    await fetch(`${pageOf(paymentOf(reply))}/approve`, { method: 'POST', redirect: 'manual' });
    expect(await booksOf(stack, id)).toEqual([]);
  });

  test('an error nobody understands ends honestly: nothing taken, and proven', async () => {
    const reply = await pay('tok_error_500');
    expect(reply.status).toBe(202);
    const { id } = paymentOf(reply);
    // Each provider's time of proof in one step, however the lookups fall.
    const done = await waitFor(async () => {
      await stack.sandbox.advance(10);
      const payment = paymentOf(await stack.api.get(`/v1/payments/${id}`));
      expect(payment.status).not.toBe('processing');
      return payment;
    }, 60_000);
    expect(done.status).toMatch(/^(requires_payment_method|canceled)$/);
    expect(done.amount_in_doubt).toBe(0);
    for (const { status } of done.attempts) expect(status).toMatch(/^(voided|not_sent|declined)$/);
    expect(await booksOf(stack, id)).toEqual([]);
  });
});

describeResolution(() => stack);

describe('while Temporal is away, and when it has forgotten everything', () => {
  test('what is accepted is kept, what was answered is answered, nothing is sent too late', async () => {
    const idempotencyKey = randomUUID();
    const first = await stack.api.post('/v1/payments', byCard('tok_visa'), { idempotencyKey });
    const doubtful = paymentOf(await pay('tok_error_500'));
    const authorized = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
    await stack.kill('temporal');

    const repeat = await stack.api.post('/v1/payments', byCard('tok_visa'), { idempotencyKey });
    expect([repeat.status, repeat.text]).toEqual([201, first.text]);
    expect(repeat.headers.get('idempotent-replayed')).toBe('true');
    const { id } = paymentOf(first);
    const refund = { amount: 100, reason: 'x' };
    const tooLate = { idempotencyKey: randomUUID(), wait: 1 };
    const inTime = { idempotencyKey: randomUUID(), wait: 1 };
    const soon = byCard('tok_visa', { submit_within_seconds: 60 });
    const replies = await Promise.all([
      stack.api.post(`/v1/payments/${id}/refunds`, refund, { wait: 1 }),
      stack.api.post(`/v1/payments/${authorized.id}/captures`, {}, { wait: 1 }),
      stack.api.post('/v1/payments', soon, tooLate),
      stack.api.post('/v1/payments', byCard('tok_visa'), inTime),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    await stack.sandbox.advance(61);
    await stack.forgetTemporal();
    await stack.start('temporal');

    const canceled = paymentOf(
      await stack.api.post('/v1/payments', soon, { ...tooLate, wait: 30 }),
    );
    expect(canceled).toMatchObject({
      status: 'canceled',
      attempts: [],
      status_basis: { kind: 'timer', detail: 'not_submitted_in_time' },
    });
    expect(await booksOf(stack, canceled.id)).toEqual([]);
    const made = await stack.api.post('/v1/payments', byCard('tok_visa'), { ...inTime, wait: 30 });
    expect([made.status, made.body['status']]).toEqual([201, 'captured']);
    await stack.api.until(id, (p) => p.amount_refunded === 100, 30_000);
    expect(await booksOf(stack, id)).toEqual(['authorize', 'capture', 'refund']);
    await stack.api.until(authorized.id, (p) => p.status === 'captured', 30_000);
    await waitFor(async () => {
      await stack.sandbox.advance(10);
      const { status } = paymentOf(await stack.api.get(`/v1/payments/${doubtful.id}`));
      expect(status).toMatch(/^(requires_payment_method|canceled)$/);
    }, 30_000);
    // Its schedules are there again as well.
    await stack.sandbox.advance(day);
    await yesterdayIsClosed();
  });
});

describe('after a crash', () => {
  test('of the API nothing accepted is lost and nothing is taken twice', async () => {
    const tokens = ['tok_visa', 'tok_lost_reply', 'tok_slow', 'tok_refused_connection'];
    const keys = [...tokens, ...tokens, ...tokens].map((token) => ({ token, key: randomUUID() }));
    const ask = ({ token, key }: { token: string; key: string }, wait: number) =>
      stack.api.post('/v1/payments', byCard(token), { idempotencyKey: key, wait });
    const first = keys.map((one) => ask(one, 30).catch(() => undefined));
    await Promise.race(first);
    await stack.kill('api');
    await Promise.all(first);
    await stack.start('api');
    await isWhole();
    const replies = await Promise.all(keys.map((one) => ask(one, 30)));
    for (const reply of replies) {
      const { id } = paymentOf(reply);
      await stack.api.until(id, (p) => p.status === 'captured', 40_000);
      expect(await booksOf(stack, id)).toEqual(['authorize', 'capture']);
    }
  });

  test('of the background a payment is still made, and what it left is found when it is back', async () => {
    await stack.kill('background');
    expect(await pay('tok_visa')).toMatchObject({ status: 201 });
    const { id } = paymentOf(await pay('tok_visa', { capture_method: 'manual' }));
    await stack.sandbox.advance(8 * day);
    await stack.start('background');
    await stack.api.until(id, (p) => p.status === 'expired');
  });
});
