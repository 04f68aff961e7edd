/** A database of one's own with payments in any state, reached by the same commits as in service. */
import type { sql } from 'kysely';
import { commitChange } from '../../db/changes.ts';
import { connectDb, type Db } from '../../db/client.ts';
import type { KeyClaim } from '../../db/idempotency-keys.ts';
import { acceptPayment, asMerchant, getPayment, type NewPayment } from '../../db/payments.ts';
import { paymentState } from '../../db/snapshot.ts';
import type { Change, NewOperation } from '../../domain/change.ts';
import { liveAttempt, operationById, type PaymentState } from '../../domain/payment-state.ts';
import type { ProviderOutcome } from '../../domain/provider.ts';
import { recordAttempt } from '../../domain/record-attempt.ts';
import { recordOperation } from '../../domain/record-operation.ts';
import { submitAttempt } from '../../domain/submit-attempt.ts';
import { planOperation } from '../../domain/submit-operation.ts';
import { newId, newReturnToken } from '../../runtime/ids.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { aContract, approved } from './payments.ts';
import { openRows, type Rows } from './rows.ts';

export interface PaymentDatabase {
  readonly database: TestDatabase;
  /** As the superuser: nothing is hidden, but triggers and constraints hold. */
  readonly rows: Rows;
  readonly api: Db;
  readonly worker: Db;
  newMerchant(values?: {
    readonly fundModel?: 'own' | 'facilitator';
    readonly uniqueReference?: boolean;
  }): Promise<string>;
  accept(values?: Partial<NewPayment>): Promise<PaymentState>;
  /** Submitted to alder, and told `outcome`. */
  tried(values?: Partial<NewPayment>, outcome?: ProviderOutcome): Promise<PaymentState>;
  captured(values?: Partial<NewPayment>): Promise<PaymentState>;
  /** A new operation, requested, sent and told `outcome`. */
  operate(
    payment: PaymentState,
    operation: Partial<NewOperation>,
    outcome: ProviderOutcome,
  ): Promise<PaymentState>;
  /** As a worker; throws where somebody else was faster. */
  commit(payment: PaymentState, change: Change): Promise<PaymentState>;
  state(paymentId: string): Promise<PaymentState>;
  close(): Promise<void>;
}

export function aClaim(merchantId: string, values: Partial<KeyClaim> = {}): KeyClaim {
  return {
    merchant_id: merchantId,
    person: '',
    key: newId('key'),
    fingerprint: 'aa'.repeat(32),
    method: 'POST',
    path: '/v1/payments',
    ...values,
  };
}

export function aNewPayment(merchantId: string, values: Partial<NewPayment> = {}): NewPayment {
  return {
    id: newId('pay'),
    merchantId,
    amount: 10_000n,
    currency: 'USD',
    captureMethod: 'manual',
    paymentMethod: { type: 'card', token: 'tok_visa' },
    metadata: {},
    options: {},
    submitWithinMs: 300_000,
    lifetimeMs: 86_400_000,
    actor: 'api_key:key_1',
    ...values,
  };
}

export function aNewOperation(values: Partial<NewOperation> = {}): NewOperation {
  return {
    id: newId('op'),
    attemptId: null,
    kind: 'capture',
    cause: 'request',
    status: 'requested',
    amount: 10_000n,
    final: false,
    late: false,
    dueAt: null,
    basis: { kind: 'request', detail: 'test' },
    requestedBy: 'api_key:key_1',
    ...values,
  };
}

/** `accepted`, or what refused it: the constraint's name, else the SQLSTATE. */
export async function verdictOf(statement: Promise<unknown>): Promise<string> {
  try {
    await statement;
    return 'accepted';
  } catch (error) {
    const { constraint, code } = error as { constraint?: string; code?: string };
    return constraint ?? code ?? String(error);
  }
}

/** How often each verdict was given: `{ accepted: 1, ... }`. */
export function countOf(verdicts: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

/** Plain SQL as tender_api of one merchant: what somebody who got hold of the API's connection could do. */
export async function sqlAs(
  { api, worker }: Pick<PaymentDatabase, 'api' | 'worker'>,
  role: 'tender_api' | 'tender_worker',
  merchantId: string,
  statement: ReturnType<typeof sql>,
): Promise<readonly unknown[]> {
  return asMerchant(role === 'tender_api' ? api : worker, merchantId, async (trx) => {
    const { rows } = await statement.execute(trx);
    return rows;
  });
}

/** `given`: one that is there already, which `close` then drops as it says. */
export async function openPaymentDatabase(given?: TestDatabase): Promise<PaymentDatabase> {
  const database = given ?? (await createTestDatabase());
  const rows = openRows(database.ownerUrl);
  const connect = (url: string): Db =>
    connectDb({ url, applicationName: 'test', poolSize: 20, onError: () => undefined });
  const api = connect(database.apiUrl);
  const worker = connect(database.workerUrl);
  const contract = aContract();

  const state = async (id: string): Promise<PaymentState> =>
    paymentState(await getPayment(worker, id));
  const commit = async (payment: PaymentState, change: Change): Promise<PaymentState> => {
    const { committed, snapshot } = await commitChange(worker, payment, change);
    if (!committed) throw new Error(`payment ${payment.id} has moved on`);
    return paymentState(snapshot);
  };
  const newMerchant: PaymentDatabase['newMerchant'] = async (values = {}) => {
    const id = newId('mer');
    await rows.all(
      'insert into merchants (id, name, fund_model, unique_reference) values ($1, $1, $2, $3)',
      [id, values.fundModel ?? 'own', values.uniqueReference ?? false],
    );
    return id;
  };
  const accept: PaymentDatabase['accept'] = async (values = {}) => {
    const merchantId = values.merchantId ?? (await newMerchant());
    const payment = aNewPayment(merchantId, values);
    const accepted = await acceptPayment(api, aClaim(merchantId), payment);
    if (accepted.outcome !== 'created') throw new Error(`not created: ${accepted.outcome}`);
    return paymentState(accepted.snapshot);
  };
  const tried: PaymentDatabase['tried'] = async (values = {}, outcome) => {
    const fresh = await accept(values);
    const decision = { kind: 'try' as const, provider: 'alder', token: 'tok_visa', excluded: [] };
    const identity = { attemptId: newId('att'), returnToken: newReturnToken() };
    const payment = await commit(fresh, submitAttempt(fresh, decision, contract, identity));
    const attempt = liveAttempt(payment);
    const { amount: amountMinor, currency } = payment;
    const change =
      attempt &&
      recordAttempt(
        { payment, attempt, contract, newOperationId: newId('op') },
        outcome ?? approved({ amountMinor, currency }),
      );
    return change ? commit(payment, change) : payment;
  };
  const operate: PaymentDatabase['operate'] = async (before, values, outcome) => {
    const attempt = liveAttempt(before);
    const operation = aNewOperation({ attemptId: attempt?.id ?? null, ...values });
    const asked = await commit(before, { operations: { insert: [operation] }, timeline: [] });
    const requested = operationById(asked, operation.id);
    const plan = planOperation(asked, requested, () => contract, newId('ref'));
    const payment = await commit(asked, plan.change);
    const sent = operationById(payment, operation.id);
    if (attempt === undefined) return payment;
    const change = recordOperation({ payment, operation: sent, attempt }, outcome);
    return change ? commit(payment, change) : payment;
  };

  return {
    database,
    rows,
    api,
    worker,
    newMerchant,
    accept,
    tried,
    captured: async (values = {}) => {
      const amountMinor = values.amount ?? 10_000n;
      const currency = (values.currency ?? 'USD') as 'USD';
      return tried(values, approved({ captured: true, amountMinor, currency }));
    },
    operate,
    commit,
    state,
    close: async () => {
      await Promise.all([api.destroy(), worker.destroy(), rows.close()]);
      await database.drop();
    },
  };
}
