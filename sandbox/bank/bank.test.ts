/** The bank's books: what is asked for moves nothing, what happens is booked once, in its time. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isIban } from './accounts.ts';
import { eventually, newDataPath, newReference, startTestSandbox } from '../testing/client.ts';
import type { TestSandbox } from '../testing/client.ts';
import { startReceiver } from '../testing/receiver.ts';
import type { Receiver } from '../testing/receiver.ts';
import { atBank, payAtBank, press, sendMoney, transferReferenceOf } from '../testing/bank.ts';

const day = 86_400;
const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const returnUrl = 'http://127.0.0.1:9/return/abc';
let receiver: Receiver;
let sandbox: TestSandbox;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ webhookUrl: receiver.url, webhookSecret });
});

afterAll(async () => {
  await sandbox.close();
  await receiver.close();
});

function told(reference: string, count: number): Promise<unknown[]> {
  return eventually(
    () =>
      receiver.received
        .filter(({ body }) => body['reference'] === reference)
        .map(({ body }) => body['type']),
    (types) => types.length >= count,
  );
}

async function booked(reference: string): Promise<string[]> {
  return (await sandbox.books('bank'))
    .filter((row) => row.reference === reference)
    .map(({ operation, amount }) => `${operation} ${String(amount)}`);
}

describe('a debit', () => {
  test('needs a mandate, then three days, and is told of each', async () => {
    const debit = { method: 'bank_debit', token: 'tok_debit', return_url: returnUrl };
    const { id, reference, body } = await payAtBank(sandbox, debit);
    expect(body).toMatchObject({ status: 'requires_action', action: { type: 'mandate' } });
    const page = await sandbox.call('GET', `/bank/pages/${id}`);
    expect(page.body['text']).toContain('asks to debit you');
    expect((await press(sandbox, id, 'approve')).headers.get('location')).toBe(returnUrl);
    expect(await atBank(sandbox, reference)).toMatchObject({ status: 'pending' });
    await sandbox.advance(3 * day - 60);
    expect(await booked(reference)).toEqual([]);
    await sandbox.advance(61);
    expect(await booked(reference)).toEqual(['capture 1000']);
    expect(await told(reference, 2)).toEqual(['payment.pending', 'payment.succeeded']);
  });

  test.each([
    ['tok_debit_fails', 'declined', 'insufficient_funds', []],
    ['tok_debit_returned', 'returned', 'debit_returned', ['capture 1000', 'refund 1000']],
    ['tok_debit_mandated', 'succeeded', undefined, ['capture 1000']],
  ])('of %s ends %s, however far time is moved at once', async (token, status, code, books) => {
    const { reference, body } = await payAtBank(sandbox, { method: 'bank_debit', token });
    expect(body).toMatchObject({ status: 'pending' });
    await sandbox.advance(20 * day);
    const seen = await atBank(sandbox, reference);
    expect([seen['status'], seen['decline_code']]).toEqual([status, code]);
    expect(await booked(reference)).toEqual(books);
    const times = (await sandbox.books('bank')).filter((row) => row.reference === reference);
    expect(new Set(times.map(({ at }) => at)).size).toBe(books.length);
  });

  test.each([
    ['tok_debit_closed', {}, 'account_closed'],
    ['tok_nobody', {}, 'invalid_token'],
    ['tok_debit', { off_session: true }, 'mandate_required'],
  ])('of %s is refused at once: %j', async (token, changes, code) => {
    const answer = await payAtBank(sandbox, { method: 'bank_debit', token, ...changes });
    expect([answer.status, answer.body['error']]).toEqual([402, expect.objectContaining({ code })]);
  });

  test('of an account that has agreed once needs no second page', async () => {
    const account = { iban: 'DE89 3704 0044 0532 0130 00', holder: 'Ada Lovelace' };
    const { body } = await sandbox.call('POST', '/bank/accounts', account);
    const debit = { method: 'bank_debit', token: body['token'] };
    const first = await payAtBank(sandbox, debit);
    await press(sandbox, first.id, 'approve');
    const second = await payAtBank(sandbox, { ...debit, off_session: true });
    expect(second.body).toMatchObject({ status: 'pending' });
    expect(isIban('DE89 3704 0044 0532 0130 01')).toBe(false);
  });
});

describe('a redirect', () => {
  test.each([
    ['approve', 'succeeded', ['capture 1000']],
    ['cancel', 'declined', []],
  ] as const)('is answered by %s, once', async (button, status, books) => {
    const { id, reference } = await payAtBank(sandbox);
    await Promise.all([press(sandbox, id, button), press(sandbox, id, button)]);
    await press(sandbox, id, button === 'approve' ? 'cancel' : 'approve');
    expect(await atBank(sandbox, reference)).toMatchObject({ status });
    expect(await booked(reference)).toEqual(books);
    expect(await told(reference, 1)).toEqual([`payment.${status}`]);
  });

  test.each([
    ['later', ['capture 1000']],
    ['later_refuse', []],
  ] as const)('may take a day: %s', async (button, books) => {
    const { id, reference } = await payAtBank(sandbox);
    await press(sandbox, id, button);
    expect(await atBank(sandbox, reference)).toMatchObject({ status: 'pending' });
    await sandbox.advance(day + 1);
    expect(await booked(reference)).toEqual(books);
  });

  test('that nobody finishes runs out with its page', async () => {
    const { id, reference } = await payAtBank(sandbox);
    await sandbox.advance(3_601);
    await press(sandbox, id, 'approve');
    expect(await atBank(sandbox, reference)).toMatchObject({
      status: 'expired',
      decline_code: 'page_expired',
    });
    expect(await booked(reference)).toEqual([]);
  });
});

describe('a transfer', () => {
  test('is waited for, and every credit is booked once by its own id', async () => {
    const { reference, body } = await payAtBank(sandbox, { method: 'bank_transfer' });
    const wanted = transferReferenceOf(body);
    await sendMoney(sandbox, wanted, 400, { id: 'credit-1' });
    await sendMoney(sandbox, wanted, 400, { id: 'credit-1' });
    await sendMoney(sandbox, wanted, 900);
    const seen = await atBank(sandbox, reference);
    expect(seen).toMatchObject({ status: 'requires_action' });
    expect(seen['transfers']).toMatchObject([{ id: 'credit-1', amount: 400 }, { amount: 900 }]);
    expect(await booked(reference)).toEqual(['capture 400', 'capture 900']);
    expect(await told(reference, 2)).toEqual(['transfer.received', 'transfer.received']);
  });

  test('that comes after it was called off is booked all the same', async () => {
    const { id, reference, body } = await payAtBank(sandbox, { method: 'bank_transfer' });
    const order = { reference: newReference(), amount: 1_000, currency: 'EUR' };
    const voided = await sandbox.call('POST', `/bank/payments/${id}/voids`, order, newReference());
    expect(voided.status).toBe(200);
    await sendMoney(sandbox, transferReferenceOf(body), 1_000);
    expect(await atBank(sandbox, reference)).toMatchObject({ status: 'canceled' });
    expect(await booked(reference)).toEqual(['capture 1000']);
  });

  test('for nobody, or in another currency, is sent back to its sender', async () => {
    expect((await sendMoney(sandbox, 'SBX-NOBODY', 5)).status).toBe(404);
    const { body } = await payAtBank(sandbox, { method: 'bank_transfer' });
    const other = { currency: 'GBP' };
    expect((await sendMoney(sandbox, transferReferenceOf(body), 5, other)).status).toBe(400);
  });
});

describe('a refund', () => {
  const refund = (id: string, amount: number): Promise<{ status: number; reference: string }> => {
    const order = { reference: newReference(), amount, currency: 'EUR' };
    return sandbox
      .call('POST', `/bank/payments/${id}/refunds`, order, newReference())
      .then(({ status }) => ({ status, reference: order.reference }));
  };

  test('is taken at once and done a day later, never for more than came', async () => {
    const { id } = await payAtBank(sandbox);
    await press(sandbox, id, 'approve');
    const first = await refund(id, 600);
    expect((await refund(id, 401)).status).toBe(402);
    expect(await atBank(sandbox, first.reference, 'refund')).toMatchObject({ status: 'pending' });
    expect(await booked(first.reference)).toEqual([]);
    await sandbox.advance(day + 1);
    expect(await booked(first.reference)).toEqual(['refund 600']);
    expect(await told(first.reference, 1)).toEqual(['refund.succeeded']);
  });

  test('to a closed account fails, and the money can be sent again', async () => {
    const debit = { method: 'bank_debit', token: 'tok_debit_refund_fails' };
    const { id } = await payAtBank(sandbox, debit);
    await sandbox.advance(3 * day + 1);
    const first = await refund(id, 1_000);
    await sandbox.advance(day + 1);
    expect(await atBank(sandbox, first.reference, 'refund')).toMatchObject({ status: 'declined' });
    expect(await booked(first.reference)).toEqual([]);
    expect((await refund(id, 1_000)).status).toBe(200);
  });
});

describe('calling off', () => {
  test('a fence ends what is under way, refuses what comes later, and not what was paid', async () => {
    const { reference } = await payAtBank(sandbox, {
      method: 'bank_debit',
      token: 'tok_debit_mandated',
    });
    expect((await sandbox.call('POST', '/bank/fences', { reference })).status).toBe(200);
    await sandbox.advance(4 * day);
    expect(await booked(reference)).toEqual([]);
    expect((await payAtBank(sandbox, { reference })).status).toBe(402);
    const paid = await payAtBank(sandbox);
    await press(sandbox, paid.id, 'approve');
    const { status } = await sandbox.call('POST', '/bank/fences', { reference: paid.reference });
    expect(status).toBe(409);
  });
});

test('what is under way survives a restart', async () => {
  const dataPath = newDataPath();
  const before = await startTestSandbox({ dataPath });
  const debit = { method: 'bank_debit', token: 'tok_debit_mandated' };
  const { reference } = await payAtBank(before, debit);
  await before.close();
  const after = await startTestSandbox({ dataPath });
  await after.advance(3 * day + 1);
  expect(await atBank(after, reference)).toMatchObject({ status: 'succeeded' });
  await after.close();
});

test.each([
  ['bank_transfer', 'USD'],
  ['bank_redirect', 'GBP'],
  ['bank_debit', 'PLN'],
])('%s is not offered in %s', async (method, currency) => {
  expect((await payAtBank(sandbox, { method, currency })).status).toBe(400);
});
