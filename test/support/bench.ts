/**
 * Activities on a bench: real PostgreSQL and a real sandbox, no Temporal. A test may replace any
 * provider or watch any SQL statement, and so let a process die at any line.
 */
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, type PoolClient } from 'pg';
import { createActivities, type Activities } from '../../activities/index.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { commitChange } from '../../db/changes.ts';
import { connectDb, type Db } from '../../db/client.ts';
import type { Database } from '../../db/database.ts';
import { acceptPayment, asMerchant, getPayment, lockPayment } from '../../db/payments.ts';
import type { NewPayment } from '../../db/payments.ts';
import { seedMerchants } from '../../db/seed.ts';
import { paymentState } from '../../db/snapshot.ts';
import type { Judgement } from '../../domain/commands.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { Step } from '../../domain/next-step.ts';
import type { Provider } from '../../domain/provider.ts';
import { createProviders } from '../../providers/registry.ts';
import { newId, newReturnToken } from '../../runtime/ids.ts';
import { startTestSandbox, type TestSandbox } from '../../sandbox/testing/client.ts';
import { createTestDatabase } from './database.ts';
import { openRows, type Rows } from './rows.ts';

/** Around every statement: may throw before it, after it, or wait. */
export type Around = (statement: string, run: () => Promise<unknown>) => Promise<unknown>;

export interface Bench {
  readonly db: Db;
  readonly sandbox: TestSandbox;
  readonly rows: Rows;
  readonly merchantId: string;
  /** As workers connect, for one in a process of its own. */
  readonly workerUrl: string;
  /** As the API connects. */
  readonly apiUrl: string;
  readonly deps: ActivityDeps;
  readonly activities: Activities;
  /** The activities of another process: with some providers replaced, or with a watched database. */
  process(changes: {
    readonly provider?: (real: Provider) => Partial<Provider>;
    readonly around?: Around;
  }): Activities;
  accept(token: string, changes?: Partial<NewPayment>): Promise<string>;
  ask(paymentId: string, judge: (payment: PaymentState) => Judgement): Promise<void>;
  state(paymentId: string): Promise<PaymentState>;
  /** What a run does, with the clock moved instead of waiting; ends at rest. */
  settle(paymentId: string): Promise<PaymentState>;
  /** What all runs do that the sweeper starts within so many days, with the clock moved. */
  settleForDays(paymentId: string, days: number): Promise<PaymentState>;
  /** Moves both clocks. */
  advance(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const webhookSecret = `whsec_${Buffer.from('a secret of the activity tests').toString('base64')}`;
const quiet = { info: () => undefined, warn: () => undefined };

/** `others`: providers besides the sandbox's own, last in routing order. */
export async function openBench(
  others: (sandbox: TestSandbox) => readonly Provider[] = () => [],
): Promise<Bench> {
  const database = await createTestDatabase();
  const sandbox = await startTestSandbox({ webhookSecret });
  const rows = openRows(database.ownerUrl);
  const merchantId = newId('mer');
  const onError = (): void => undefined;
  const connect = (url: string): Db =>
    connectDb({ url, applicationName: 'bench', poolSize: 10, onError });
  const owner = connect(database.ownerUrl);
  const merchant = { id: merchantId, name: 'bench', apiKey: `tk_test_${merchantId}` };
  await seedMerchants(owner, [{ ...merchant, fundModel: 'own', uniqueReference: false }]);
  await owner.destroy();
  const db = connect(database.workerUrl);
  const api = connect(database.apiUrl);
  const opened: Db[] = [db, api];
  const deps: ActivityDeps = {
    db,
    providers: new Map([
      ...createProviders({ sandboxUrl: sandbox.url, webhookSecret }),
      ...others(sandbox).map((provider) => [provider.contract.name, provider] as const),
    ]),
    newId,
    newReturnToken,
    returnUrl: 'http://127.0.0.1/return',
    onCommitted: () => undefined,
    takeFresh: () => undefined,
    log: quiet,
  };
  const activities = createActivities(deps);
  const state = async (id: string): Promise<PaymentState> => paymentState(await getPayment(db, id));
  const advance = async (seconds: number): Promise<void> => {
    await rows.all('update clock set offset_seconds = offset_seconds + $1', [seconds]);
    await sandbox.advance(seconds);
  };
  const settle = async (paymentId: string): Promise<PaymentState> => {
    let step = await activities.authorize({ paymentId });
    for (let steps = 0; step.kind !== 'rest'; steps += 1) {
      if (steps > 60) throw new Error(`does not come to rest: ${JSON.stringify(step)}`);
      step = await take(activities, paymentId, step, advance);
    }
    return state(paymentId);
  };
  return {
    db,
    sandbox,
    rows,
    merchantId,
    workerUrl: database.workerUrl,
    apiUrl: database.apiUrl,
    deps,
    activities,
    process: ({ provider, around }) => {
      const watched = around === undefined ? db : watch(database.workerUrl, around);
      if (around !== undefined) opened.push(watched);
      const providers = new Map(
        [...deps.providers].map(([name, real]) => [name, { ...real, ...provider?.(real) }]),
      );
      return createActivities({ ...deps, db: watched, providers });
    },
    accept: (token, changes = {}) => accept(api, merchantId, token, changes),
    ask: (paymentId, judge) => ask(api, merchantId, paymentId, judge),
    state,
    settle,
    settleForDays: async (paymentId, days) => {
      const { now } = await state(paymentId);
      for (;;) {
        await settle(paymentId);
        const { due_in_s } = await rows.one<{ due_in_s: number | null }>(dueSql, [paymentId]);
        const payment = await state(paymentId);
        const dueAt = due_in_s === null ? Infinity : payment.now + due_in_s * 1_000;
        if (due_in_s === null || dueAt > now + days * 86_400_000) return payment;
        await advance(Math.max(due_in_s, 1));
      }
    },
    advance,
    close: async () => {
      await Promise.all(opened.map((one) => one.destroy()));
      await sandbox.close();
      await rows.close();
      await database.drop();
    },
  };
}

const dueSql = `
  select ceil(extract(epoch from wake_at - tender_now()))::int as due_in_s from payments where id = $1`;

/** The workflow's loop, one turn of it. */
async function take(
  activities: Activities,
  paymentId: string,
  step: Exclude<Step, { kind: 'rest' }>,
  advance: Bench['advance'],
): Promise<Step> {
  switch (step.kind) {
    case 'authorize': {
      const decision = await activities.paymentScreen({ paymentId });
      const submitted = await activities.attemptSubmit({ paymentId, decision });
      return activities.attemptRecord({ paymentId, submitted });
    }
    case 'resolve_attempt':
      return activities.attemptResolve({ paymentId, attemptId: step.attemptId });
    case 'submit_operation':
      return activities.operationExecute({ paymentId, operationId: step.operationId });
    case 'resolve_operation':
      return activities.operationResolve({ paymentId, operationId: step.operationId });
    case 'apply_timers':
      return activities.paymentApplyTimers({ paymentId });
    case 'record_disputes':
      return activities.paymentRecordDisputes({ paymentId });
    case 'answer_dispute':
      return activities.disputeAnswer({ paymentId, answerId: step.answerId });
    case 'wait':
      await advance(Math.ceil(step.ms / 1_000));
      return activities.paymentLoad({ paymentId });
  }
}

async function accept(
  api: Db,
  merchantId: string,
  token: string,
  changes: Partial<NewPayment>,
): Promise<string> {
  const id = newId('pay');
  const claim = { key: id, fingerprint: '00', method: 'POST', path: '/v1/payments' };
  await acceptPayment(
    api,
    { ...claim, merchant_id: merchantId, person: '' },
    {
      id,
      merchantId,
      amount: 100n,
      currency: 'USD',
      captureMethod: 'automatic',
      paymentMethod: { type: 'card', token },
      metadata: {},
      options: {},
      submitWithinMs: 300_000,
      lifetimeMs: 86_400_000,
      actor: 'api_key:test',
      ...changes,
    },
  );
  return id;
}

/** As the API does it: judged under the row lock, committed with it. */
async function ask(
  api: Db,
  merchantId: string,
  paymentId: string,
  judge: (payment: PaymentState) => Judgement,
): Promise<void> {
  await asMerchant(api, merchantId, async (trx) => {
    const snapshot = await lockPayment(trx, paymentId);
    if (snapshot === null) throw new Error(`payment ${paymentId} is not there`);
    const payment = paymentState(snapshot);
    const judgement = judge(payment);
    if (judgement.kind === 'refused') throw new Error(judgement.code);
    await commitChange(trx, payment, judgement.change);
  });
}

function watch(url: string, around: Around): Db {
  const pool = new Pool({ connectionString: url, max: 4, options: '-c timezone=UTC' });
  pool.on('error', () => undefined);
  const watched = (client: PoolClient): PoolClient =>
    new Proxy(client, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'query') return value.bind(target) as unknown;
        return (statement: string, values: unknown[]) =>
          around(statement, () => target.query(statement, values));
      },
    });
  return new Kysely<Database>({
    dialect: new PostgresDialect({
      pool: {
        connect: async () => watched(await pool.connect()),
        end: () => pool.end(),
        options: pool.options,
      },
    }),
  });
}
