/** `Prefer: wait=N` bounds the answer, also when every place between start and answer is taken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectDb, type Db } from '../../db/client.ts';
import type { NewPayment } from '../../db/payments.ts';
import { seedMerchants } from '../../db/seed.ts';
import { newId } from '../../runtime/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { createCommands, type Commands, type CommandResult } from './commands.ts';
import { createFreshPayments } from './fresh-payments.ts';
import { createWaiter } from './waiter.ts';

const merchantId = newId('mer');
let database: TestDatabase;
let db: Db;
let commands: Commands;

beforeAll(async () => {
  database = await createTestDatabase();
  const connect = (url: string): Db =>
    connectDb({ url, applicationName: 'test', poolSize: 4, onError: () => undefined });
  const owner = connect(database.ownerUrl);
  const merchant = { id: merchantId, name: 'm', apiKey: `tk_test_${merchantId}` };
  await seedMerchants(owner, [{ ...merchant, fundModel: 'own', uniqueReference: false }]);
  await owner.destroy();
  db = connect(database.apiUrl);
  // Temporal takes each start and never works on it.
  const runs = {
    start: () => sleep(200),
    wake: () => Promise.resolve(),
    trigger: () => Promise.resolve(),
  };
  const log = pino({ level: 'silent' });
  commands = createCommands({
    db,
    runs: () => runs,
    waiter: createWaiter(),
    fresh: createFreshPayments(),
    log,
  });
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

function create(waitMs: number): Promise<CommandResult> {
  const payment: NewPayment = {
    id: newId('pay'),
    merchantId,
    amount: 100n,
    currency: 'USD',
    captureMethod: 'automatic',
    paymentMethod: { type: 'card', token: 'tok_visa' },
    metadata: {},
    options: {},
    submitWithinMs: 300_000,
    lifetimeMs: 86_400_000,
    actor: 'api_key:test',
  };
  const claim = { merchant_id: merchantId, person: '', key: payment.id, fingerprint: 'aa' };
  return commands.create({ ...claim, method: 'POST', path: '/v1/payments' }, payment, waitMs);
}

test('a payment that is accepted while all places are taken is answered 202 in its time', async () => {
  const busy = Array.from({ length: 30 }, () => create(4_000));
  await sleep(300);
  const began = performance.now();
  const results = await Promise.all([create(0), create(0), create(500)]);
  expect(performance.now() - began).toBeLessThan(1_400);
  for (const result of results) {
    expect(result).toMatchObject({ kind: 'answer', status: 202, replayed: false });
  }
  for (const result of await Promise.all(busy)) expect(result).toMatchObject({ status: 202 });
}, 30_000);

test('a run that starts after a slow commit 1 reads the payment again: its time to send has run since', async () => {
  const fresh = createFreshPayments();
  const taken: unknown[] = [];
  const start = async (paymentId: string): Promise<void> => {
    taken.push(fresh.take(paymentId));
  };
  const runs = { start, wake: () => Promise.resolve(), trigger: () => Promise.resolve() };
  const log = pino({ level: 'silent' });
  const deps = { db, runs: () => runs, waiter: createWaiter(), fresh, log };
  commands = createCommands(deps);
  await create(100);
  const answersLate = new Proxy(db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'getExecutor')
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return () => {
        const executor = target.getExecutor();
        return new Proxy(executor, {
          get(inner, key) {
            const part: unknown = Reflect.get(inner, key, inner);
            if (key !== 'executeQuery')
              return typeof part === 'function' ? (part.bind(inner) as unknown) : part;
            return async (...args: Parameters<typeof executor.executeQuery>) => {
              const result = await inner.executeQuery(...args);
              await sleep(1_100);
              return result;
            };
          },
        });
      };
    },
  });
  commands = createCommands({ ...deps, db: answersLate });
  await create(2_000);
  expect(taken).toMatchObject([{ payment: { status: 'processing' } }, undefined]);
}, 30_000);
