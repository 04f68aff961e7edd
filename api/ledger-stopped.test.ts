/** A broken proof stops new payments and nothing else, until a person has looked. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { acknowledgeAlarm, listOpenAlarms } from '../db/ledger-alarms.ts';
import { approved, aContract } from '../test/support/payments.ts';
import { fakePorts, startApi, testKey, type TestApi } from '../test/support/api.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';
import { createProver } from '../workers/ledger-keeper.ts';
import { createPrincipals } from './backend/edges.ts';
import { createLedger } from './backend/ledger.ts';
import { createLedgerGate } from './backend/ledger-gate.ts';
import { createPayments } from './backend/payments.ts';
import { createCommands } from './commands/commands.ts';
import { createFreshPayments } from './commands/fresh-payments.ts';
import { createWaiter } from './commands/waiter.ts';

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
const logged: string[] = [];
const log = pino({ level: 'fatal' }, { write: (line: string) => logged.push(line) });
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  await on.rows.all(
    `insert into api_keys (merchant_id, name, mode, secret_hash, last4, scopes)
     values ($1, 'test', 'test', $2, '0000', '{payments:read,payments:write,refunds:write,ledger:read}')`,
    [merchantId, createHash('sha256').update(testKey).digest()],
  );
  const { api: db } = on;
  const commands = createCommands({
    ...{ db, log, runs: () => undefined },
    ...{ waiter: createWaiter(), fresh: createFreshPayments() },
  });
  const contractOf = (name: string): ReturnType<typeof aContract> => aContract({ name });
  api = await startApi({
    ...fakePorts(),
    principals: createPrincipals(db),
    payments: createPayments({ db, commands, contractOf, gate: createLedgerGate(db) }),
    ledger: createLedger(db),
  });
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
  const prove = createProver({ db: on.worker, log });
  const underWay = await on.captured({ merchantId });
  await prove();
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
  for (const { id } of alarms) {
    expect(await acknowledgeAlarm(on.worker, id, 'staff:ada', 'repaired')).toBe(true);
    expect(await acknowledgeAlarm(on.worker, id, 'staff:bob', 'again')).toBe(false);
  }
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
    const prove = createProver({ db: own.worker, log });
    const { merchantId: other } = await own.captured();
    await prove();
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
