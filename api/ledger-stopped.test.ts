/** A broken proof stops new payments and nothing else, until a person has looked. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { listOpenAlarms } from '../db/ledger-alarms.ts';
import { approved } from '../test/support/payments.ts';
import type { TestApi } from '../test/support/api.ts';
import { startLedgerApi } from '../test/support/ledger-api.ts';
import {
  aClaim,
  openPaymentDatabase,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { waitFor } from '../test/support/wait.ts';
import { createLedgerGate } from './backend/ledger-gate.ts';
import { createProver, keepLedger } from '../workers/ledger-keeper.ts';

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
const logged: string[] = [];
const log = pino({ level: 'fatal' }, { write: (line: string) => logged.push(line) });
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  api = await startLedgerApi(on, merchantId);
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const past = (statement: string): Promise<unknown> =>
  on.rows.all(`begin; set local session_replication_role = replica; ${statement}; commit`);
const pay = (key: string = randomUUID()): ReturnType<TestApi['post']> =>
  api.post(
    '/v1/payments',
    { amount: 500, currency: 'USD', capture_method: 'automatic', payment_method: { type: 'card', token: 'tok_visa' } }, // prettier-ignore
    { 'idempotency-key': key, prefer: 'wait=0' },
  );
/** Longer than one look at the alarms stands. */
const lookAgain = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_050));

test('one corrupted balance: no new payment, what is under way is recorded, reads go on', async () => {
  const { whatIsNew: prove, everything } = createProver({ db: on.worker, log });
  const underWay = await on.captured({ merchantId });
  await everything();
  expect((await pay('before')).status).toBe(202);

  await past(`update account_balances set posted_debits = posted_debits + 1 where merchant_id = '${merchantId}' and account = '1100'`); // prettier-ignore
  await prove();
  await lookAgain();
  const refused = await pay('new');
  expect([refused.status, refused.body['code'], refused.headers.get('retry-after')]).toEqual([
    503,
    'ledger_stopped',
    '30',
  ]);
  expect((await pay('before')).status).toBe(202);
  const refund = { kind: 'refund' as const, amount: 100n };
  const told = approved({ amountMinor: 100n, currency: 'USD' });
  expect((await on.operate(underWay, refund, told)).amountRefunded).toBe(100n);
  const asked = { amount: 50, reason: 'test' };
  const wait = { 'idempotency-key': 'refund', prefer: 'wait=0' };
  expect((await api.post(`/v1/payments/${underWay.id}/refunds`, asked, wait)).status).toBe(202);
  expect((await api.call(`/v1/payments/${underWay.id}`)).body['amount_refunded']).toBe(100);
  expect((await api.call('/v1/ledger/trial_balance')).status).toBe(200);

  await past(`update account_balances set posted_debits = posted_debits - 1 where merchant_id = '${merchantId}' and account = '1100'`); // prettier-ignore
  await prove();
  await lookAgain();
  expect((await pay('new')).status).toBe(503);
  const alarms = await listOpenAlarms(on.worker);
  expect(alarms.map(({ proof }) => proof)).toEqual(['accounting_equation', 'stored_balances']);
  expect(logged.filter((line) => line.includes('a proof of the books is broken'))).toHaveLength(2);
  const staff = { key: 'ada', headers: { 'tender-merchant': merchantId, 'x-reason': 'repaired' } };
  const open = await api.call('/v1/ledger_alarms', staff);
  expect((open.body['data'] as { id: string }[]).map(({ id }) => id)).toEqual(
    alarms.map(({ id }) => id),
  );
  for (const [i, { id }] of alarms.entries()) {
    const path = `/v1/ledger_alarms/${id}/acknowledge`;
    const asked = { ...staff, method: 'POST', body: {} };
    const headers = { ...staff.headers, 'idempotency-key': id };
    const { status, body } = await api.call(path, { ...asked, headers });
    expect([status, (body['data'] as unknown[]).length]).toEqual([200, alarms.length - 1 - i]);
    expect((await api.call(path, { ...asked, headers })).status).toBe(404);
  }
  expect(
    await on.rows.all('select distinct actor, reason from ledger_alarm_acknowledgements'),
  ).toEqual([{ actor: 'staff:ada', reason: 'repaired' }]);
  await lookAgain();
  expect((await pay('new')).status).toBe(202);
});

test.each([
  ['the balance', `update account_balances set pending_debits = 9 where merchant_id = '%'`],
  [
    'an entry that was just written',
    `update postings set amount = amount + 1 where merchant_id = '%'`,
  ],
  [
    'a payment',
    `update payments set amount_captured = amount_captured - 1 where merchant_id = '%'`,
  ],
])('a run over what is new finds it in %s', async (_, statement) => {
  const own = await openPaymentDatabase();
  try {
    const { whatIsNew: prove, everything } = createProver({ db: own.worker, log });
    const { merchantId: other } = await own.captured();
    await everything();
    await own.captured();
    await prove();
    expect(await listOpenAlarms(own.worker)).toEqual([]);
    const { merchantId: fresh } = await own.captured();
    const tampering = statement.replace('%', fresh);
    await own.rows.all(`begin; set local session_replication_role = replica; ${tampering}; commit`);
    await prove();
    const found = await listOpenAlarms(own.worker);
    expect(found.length).toBeGreaterThan(0);
    expect(found.some(({ what }) => what.includes(other))).toBe(false);
    await prove();
    expect(await listOpenAlarms(own.worker)).toEqual(found);
  } finally {
    await own.close();
  }
});

test('an old row that was deleted past every guard, where nothing new shows it: found within 20 s', async () => {
  const stopping = new AbortController();
  const own = await openPaymentDatabase();
  const { merchantId: shop } = await own.captured();
  const [shown, keeping] = [await startLedgerApi(own, shop), keepLedger({ db: own.worker, log, signal: stopping.signal, proveAllEveryMs: 600_000 })]; // prettier-ignore
  try {
    const buy = (): ReturnType<TestApi['post']> =>
      shown.post(
        '/v1/payments',
        { amount: 500, currency: 'USD', capture_method: 'automatic', payment_method: { type: 'card', token: 'tok_visa' } }, // prettier-ignore
        { 'idempotency-key': randomUUID(), prefer: 'wait=0' },
      );
    const proofs = 'select proved_at from ledger_proved';
    const before = await own.rows.one(proofs);
    await waitFor(async () => expect(await own.rows.one(proofs)).not.toEqual(before));
    expect((await buy()).status).toBe(202);
    const startedAt = performance.now();
    await own.rows.all(`begin; set local session_replication_role = replica;
      delete from ledger_batch_entries where position = 1; commit`);
    await waitFor(async () => expect((await buy()).status).toBe(503), 20_000);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    const [alarm] = await listOpenAlarms(own.worker);
    expect(alarm?.proof).toBe('hash_chain');
    expect((await shown.call('/v1/ledger/trial_balance')).status).toBe(200);
    const payment = await own.captured({ merchantId: shop });
    expect(payment.status).toBe('captured');
  } finally {
    stopping.abort();
    await Promise.all([keeping, shown.close()]);
    await own.close();
  }
});

test('books that nobody has proved for an hour: told after ten minutes, then no new payment', async () => {
  const unproved = (minutes: number): Promise<unknown> =>
    on.rows.all(`update ledger_proved set proved_at = now() - interval '${minutes} minutes'`);
  const told: string[] = [];
  const gate = createLedgerGate(on.api, pino({}, { write: (line: string) => told.push(line) }));
  const passes = async (): Promise<boolean> => {
    await lookAgain();
    return gate.pass(aClaim(merchantId)).then(
      () => true,
      () => false,
    );
  };
  expect([await passes(), told.length]).toEqual([true, 0]);
  await unproved(11);
  expect([await passes(), await passes(), told.length]).toEqual([true, true, 1]);
  expect(told[0]).toContain('nobody proves the books');
  await unproved(61);
  expect(await passes()).toBe(false);
  await createProver({ db: on.worker, log }).everything();
  expect(await passes()).toBe(true);
});
