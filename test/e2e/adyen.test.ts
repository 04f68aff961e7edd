/** Payments at a provider that only acknowledges and tells the rest by events: Adyen, by its own SDK. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { reportUser } from '../../sandbox/adyen/downloads.ts';
import { hmacKeyOf } from '../../sandbox/adyen/event.ts';
import { merchantAccount } from '../../sandbox/adyen/present.ts';
import { booksOf, differingPayments, overduePayments } from '../support/books.ts';
import { pageOf, paymentOf, type Reply } from '../support/http.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

jest.setTimeout(90_000);

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack(({ sandboxUrl, webhookSecret }) => ({
    TENDER_ADYEN_API_KEY: 'key',
    TENDER_ADYEN_MERCHANT_ACCOUNT: merchantAccount,
    TENDER_ADYEN_HMAC_KEYS: hmacKeyOf(webhookSecret),
    TENDER_ADYEN_URL: `${sandboxUrl}/adyen`,
    TENDER_ADYEN_REPORT_USER: reportUser.user,
    TENDER_ADYEN_REPORT_PASSWORD: reportUser.password,
    TENDER_ADYEN_REPORT_URL: `${sandboxUrl}/adyen/reports/download`,
  }));
});

afterAll(async () => {
  await stack.stop();
});

const wait = 20;
const post = (path: string, body: object = {}): Promise<Reply> =>
  stack.api.post(`/v1/payments${path}`, body, { wait });
const pay = (token: string, changes: object = {}): Promise<Reply> =>
  post('', {
    amount: 10_000,
    currency: 'EUR',
    capture_method: 'manual',
    payment_method: { type: 'card', tokens: { adyen: `shopper_1/${token}` } },
    ...changes,
  });

/** `pending` is answered at once, with 202; whether the event has come by then is a matter of ms. */
const acknowledged = [200, 201, 202];

/** How it ends is told by an event. */
async function settled(id: string): Promise<ReturnType<typeof paymentOf>> {
  return waitFor(async () => {
    const payment = paymentOf(await stack.api.get(`/v1/payments/${id}`));
    expect(payment).not.toMatchObject({ status: 'processing' });
    const { operations } = payment as unknown as { operations: readonly { status: string }[] };
    expect(operations.map(({ status }) => status)).not.toContain('pending');
    return payment;
  });
}

describe('at Adyen a payment', () => {
  test('is captured in part and refunded in part, each on the word of a signed event', async () => {
    const created = await pay('tok_mastercard');
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      status: 'requires_capture',
      provider: 'adyen',
      payment_method: { brand: 'mastercard', last4: '4444' },
    });
    const { id } = paymentOf(created);
    const captured = await post(`/${id}/captures`, { amount: 4_000 });
    expect(acknowledged).toContain(captured.status);
    await settled(id);
    // One capture gives back the rest.
    const rest = await post(`/${id}/captures`, { amount: 1 });
    expect([rest.status, rest.body['code']]).toEqual([409, 'payment_not_capturable']);
    const refunded = await post(`/${id}/refunds`, { amount: 1_500, reason: 'damaged' });
    expect(acknowledged).toContain(refunded.status);
    expect(await settled(id)).toMatchObject({
      status: 'captured',
      amount_captured: 4_000,
      amount_refunded: 1_500,
      amount_in_doubt: 0,
      operations: [
        { kind: 'capture', status: 'succeeded', evidence: { kind: 'webhook', provider: 'adyen' } },
        { kind: 'refund', status: 'succeeded', evidence: { kind: 'webhook', provider: 'adyen' } },
      ],
    });
    expect(await booksOf(stack, id)).toEqual(['authorize', 'capture', 'refund']);
  });

  test('that is to be captured at once is authorized and captured', async () => {
    const reply = await pay('tok_visa', { capture_method: 'automatic' });
    const { id } = paymentOf(reply);
    expect(acknowledged).toContain(reply.status);
    expect(await settled(id)).toMatchObject({ status: 'captured', amount_captured: 10_000 });
    expect(await booksOf(stack, id)).toEqual(['authorize', 'capture']);
  });

  test('is canceled once Adyen says so', async () => {
    const { id } = paymentOf(await pay('tok_visa'));
    const reply = await post(`/${id}/cancel`, { reason: 'out of stock' });
    expect(acknowledged).toContain(reply.status);
    expect(await settled(id)).toMatchObject({
      status: 'canceled',
      attempts: [{ status: 'voided' }],
      operations: [{ kind: 'void', status: 'succeeded', evidence: { kind: 'webhook' } }],
    });
    expect(await booksOf(stack, id)).toEqual(['authorize', 'void']);
  });

  test('whose reply is lost is known by its event, and taken once', async () => {
    const { id } = paymentOf(await pay('tok_lost_reply'));
    const payment = await stack.api.until(id, (p) => p.status === 'requires_capture', 30_000);
    expect(payment.amount_in_doubt).toBe(0);
    expect(await booksOf(stack, id)).toEqual(['authorize']);
  });

  test('behind 3-D Secure goes on with what the shopper brings back', async () => {
    const reply = await pay('tok_3ds', { return_url: 'https://shop.example/done' });
    expect(reply.status).toBe(201);
    const page = pageOf(paymentOf(reply));
    const passed = await fetch(`${page}/approve`, { method: 'POST', redirect: 'manual' });
    const back = passed.headers.get('location') ?? '';
    expect(back).toContain('redirectResult=');
    const returned = await fetch(back, { redirect: 'manual' });
    const { id } = paymentOf(reply);
    expect(returned.headers.get('location')).toBe(`https://shop.example/done?payment_id=${id}`);
    await stack.api.until(id, (p) => p.status === 'requires_capture', 30_000);
    expect(await booksOf(stack, id)).toEqual(['authorize']);
  });

  test('whose capture the scheme takes back is in the books as that', async () => {
    const { id } = paymentOf(await pay('tok_visa'));
    await stack.sandbox.setFaults([
      { provider: 'adyen', operation: 'capture', fault: 'late_failure', rate: 1 },
    ]);
    const captured = await post(`/${id}/captures`);
    await stack.sandbox.setFaults([]);
    expect(acknowledged).toContain(captured.status);
    const isTakenBack = (p: { operations: readonly { status: string }[] }): boolean =>
      p.operations[0]?.status === 'failed';
    const payment = await stack.api.until(id, isTakenBack, 30_000);
    expect(payment.operations[0]).toMatchObject({
      status: 'failed',
      failure: { code: 'late_failure' },
    });
    expect(await booksOf(stack, id)).toEqual(['authorize']);
  });

  test('forged, an event changes nothing', async () => {
    const { id, attempts } = paymentOf(await pay('tok_visa'));
    const item = {
      additionalData: { hmacSignature: Buffer.alloc(32).toString('base64') },
      amount: { value: 10_000, currency: 'EUR' },
      ...{ eventCode: 'AUTHORISATION', success: 'false', reason: 'Refused' },
      ...{ merchantAccountCode: merchantAccount, merchantReference: attempts[0]?.id },
      pspReference: 'FORGED',
    };
    const body = { live: 'false', notificationItems: [{ NotificationRequestItem: item }] };
    const response = await fetch(`${stack.apiUrl}/webhooks/adyen`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(401);
    const { status } = paymentOf(await stack.api.get(`/v1/payments/${id}`));
    expect(status).toBe('requires_capture');
  });
});

test('a page that nobody comes back from ends, on the word of a signed event', async () => {
  const { id } = paymentOf(await pay('tok_3ds', { return_url: 'https://shop.example/done' }));
  await stack.sandbox.advance(15 * 60 + 1);
  const payment = await stack.api.until(id, (p) => p.status === 'expired', 30_000);
  expect(payment).toMatchObject({
    attempts: [{ status: 'expired' }],
    operations: [{ kind: 'void', cause: 'expiry', evidence: { kind: 'webhook' } }],
  });
  expect(await booksOf(stack, id)).toEqual([]);
});

test('when its day is over its report is fetched by itself, matched, posted, and it is settled', async () => {
  const { id } = paymentOf(await pay('tok_visa', { capture_method: 'automatic' }));
  await stack.api.until(id, (p) => p.status === 'captured', 30_000);
  await stack.sandbox.advance(86_400);
  await stack.api.until(id, (p) => p.status === 'settled', 60_000);
  const files = await stack.rows.all(
    `select file_name, format, requested_by, status from reconciliations where provider = 'adyen'`,
  );
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    expect(file).toEqual({
      file_name: expect.stringMatching(/^settlement_detail_report_batch_\d\.csv$/),
      ...{ format: 'adyen_settlement_details', requested_by: 'schedule', status: 'completed' },
    });
  }
  const breaks = await stack.rows.all(
    `select kind, status, detail from breaks where provider = 'adyen'`,
  );
  expect(breaks).toEqual([]);
  // What Adyen pays out is on its way to the bank.
  const { transit } = await stack.rows.one<{ transit: string }>(
    `select sum(case side when 'debit' then amount else -amount end)::text as transit from postings
     where account = '1200' and provider = 'adyen'`,
  );
  expect(Number(transit)).toBeGreaterThan(9_000);
}, 120_000);

// After everything above.
describe('in the end', () => {
  test('the books are equal, and nothing that was told is left', async () => {
    await waitFor(async () => expect(await overduePayments(stack.rows)).toEqual([]), 30_000);
    expect(await differingPayments(stack)).toEqual([]);
    await waitFor(async () =>
      expect(
        await stack.rows.all(
          `select event_id, state from inbox where provider = 'adyen' and handled_at is null`,
        ),
      ).toEqual([]),
    );
    const { told } = await stack.rows.one<{ told: number }>(
      `select count(*)::int as told from inbox where provider = 'adyen'`,
    );
    expect(told).toBeGreaterThan(10);
  });
});
