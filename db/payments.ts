/** Reading payments and accepting new ones (commit 1). Amounts cross as decimal strings. */
import { sql, type Transaction } from 'kysely';
import type { OutboxEvent, TimelineLine } from '../domain/change.ts';
import type { PaymentMethod } from '../domain/payment-state.ts';
import type { Db } from './client.ts';
import { isRefusedBy } from './errors.ts';
import type { Database } from './database.ts';
import type { HeldKey, KeyClaim } from './idempotency-keys.ts';
import type { PaymentOptions, PaymentSnapshot } from './snapshot.ts';

/** Hashed before it is written down. */
export interface Shopper {
  readonly ip?: string | undefined;
  readonly device_id?: string | undefined;
}

export interface NewPayment {
  readonly id: string;
  readonly merchantId: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly captureMethod: 'automatic' | 'manual';
  readonly paymentMethod: PaymentMethod;
  readonly merchantReference?: string | undefined;
  readonly customerId?: string | undefined;
  readonly customer?:
    { readonly email?: string | undefined; readonly name?: string | undefined } | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly options: PaymentOptions & { readonly shopper?: Shopper };
  readonly regulated?: Readonly<Record<string, unknown>> | undefined;
  readonly submitWithinMs: number;
  readonly lifetimeMs: number;
  readonly actor: string;
}

export type Accepted =
  | { readonly outcome: 'created' | 'duplicate_reference'; readonly snapshot: PaymentSnapshot }
  | { readonly outcome: 'key_held'; readonly held: HeldKey }
  /** Nothing was written, and the key is unused. */
  | { readonly outcome: 'unknown_customer' }
  | { readonly outcome: 'unknown_payment_method' };

export async function acceptPayment(db: Db, key: KeyClaim, p: NewPayment): Promise<Accepted> {
  const timeline: TimelineLine[] = [
    {
      actor: p.actor,
      kind: 'payment.processing',
      toStatus: 'processing',
      evidence: { kind: 'request' },
    },
  ];
  const events: OutboxEvent[] = [{ type: 'payment.created' }];
  const commit = {
    key: { ...key, payment_id: p.id, awaits_id: p.id, resource_kind: 'payment' },
    payment: {
      id: p.id,
      merchant_id: p.merchantId,
      status: 'processing',
      amount: String(p.amount),
      currency: p.currency,
      capture_method: p.captureMethod,
      payment_method: p.paymentMethod,
      merchant_reference: p.merchantReference,
      customer_id: p.customerId,
      metadata: p.metadata,
      options: p.options,
      regulated: p.regulated,
      submit_within_ms: p.submitWithinMs,
      status_basis: { kind: 'request', detail: p.actor },
    },
    customer: p.customerId === undefined ? p.customer : undefined,
    timeline: timeline.map((l) => ({
      actor: l.actor,
      kind: l.kind,
      to_status: l.toStatus,
      evidence: l.evidence,
    })),
    events,
    lifetime_ms: p.lifetimeMs,
  };
  try {
    const { rows } = await sql<{ result: Accepted }>`
      select accept_payment(${JSON.stringify(commit)}::jsonb) as result`.execute(db);
    const result = rows[0]?.result;
    if (result === undefined) throw new Error('no answer from accept_payment');
    return result;
  } catch (error) {
    if (isRefusedBy(error, 'customer_not_found')) return { outcome: 'unknown_customer' };
    if (isRefusedBy(error, 'payment_method_not_found'))
      return { outcome: 'unknown_payment_method' };
    throw error;
  }
}

export async function findPayment(
  db: Db | Transaction<Database>,
  paymentId: string,
): Promise<PaymentSnapshot | null> {
  const { rows } = await sql<{ snapshot: PaymentSnapshot | null }>`
    select payment_snapshot(${paymentId}) as snapshot`.execute(db);
  return rows[0]?.snapshot ?? null;
}

/** As that merchant: another's payment is not there. */
export async function readPayment(
  db: Db,
  merchantId: string,
  paymentId: string,
): Promise<PaymentSnapshot | null> {
  const { rows } = await sql<{ snapshot: PaymentSnapshot | null }>`
    select read_payment(${merchantId}, ${paymentId}) as snapshot`.execute(db);
  return rows[0]?.snapshot ?? null;
}

export async function getPayment(
  db: Db | Transaction<Database>,
  paymentId: string,
): Promise<PaymentSnapshot> {
  const found = await findPayment(db, paymentId);
  if (found === null) throw new Error(`payment ${paymentId} is not there`);
  return found;
}

/** Holds the payment's row until the transaction ends: what is judged now is still so at commit. */
export async function lockPayment(
  trx: Transaction<Database>,
  paymentId: string,
): Promise<PaymentSnapshot | null> {
  const { rows } = await sql`
    select from payments where id = ${paymentId} for no key update`.execute(trx);
  return rows.length === 0 ? null : findPayment(trx, paymentId);
}

/** Runs as one merchant: row-level security shows nothing else, and nothing at all without it. */
export async function asMerchant<T>(
  db: Db,
  merchantId: string,
  run: (trx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async (trx) => {
    await sql`select set_config('tender.merchant_id', ${merchantId}, true)`.execute(trx);
    return run(trx);
  });
}

export interface PaymentFilter {
  readonly merchantReference?: string | undefined;
  readonly status?: string | undefined;
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
}

export interface Page {
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Newest first; ids are UUIDv7, so their order is the order of creation. One row more tells of more. */
export async function listPayments(
  trx: Transaction<Database>,
  filter: PaymentFilter,
  page: Page,
): Promise<readonly PaymentSnapshot[]> {
  let query = trx
    .selectFrom('payments')
    .select((eb) => eb.fn<PaymentSnapshot>('payment_snapshot', ['id']).as('snapshot'))
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (filter.merchantReference !== undefined) {
    query = query.where('merchant_reference', '=', filter.merchantReference);
  }
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.createdAfter !== undefined) {
    query = query.where('created_at', '>', new Date(filter.createdAfter));
  }
  if (filter.createdBefore !== undefined) {
    query = query.where('created_at', '<', new Date(filter.createdBefore));
  }
  if (page.after !== undefined) query = query.where('id', '<', page.after);
  return (await query.execute()).map((row) => row.snapshot);
}

export interface Overdue {
  readonly id: string;
  /** Which overdue it is, exactly: work that was done has moved `wake_at`, and a later one is another. */
  readonly wakeAt: string;
}

/** Payments past their `wake_at` that are not among `except`, captures and refunds first. */
export async function listOverdue(
  db: Db,
  limit: number,
  except: readonly Overdue[],
): Promise<readonly Overdue[]> {
  const ids = except.map(({ id }) => id);
  const wakes = except.map(({ wakeAt }) => wakeAt);
  const { rows } = await sql<Overdue>`
    select id, wake_at::text as "wakeAt" from payments
    where wake_at <= tender_now() and (id, wake_at) not in (
      select * from unnest(${sql.val(ids)}::text[], ${sql.val(wakes)}::timestamptz[]))
    order by (void_open or capture_reserved > 0 or refund_reserved > 0) desc, wake_at
    limit ${limit}`.execute(db);
  return rows;
}
