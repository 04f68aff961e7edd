/** Customers and the payment methods they leave with us, as one merchant. Instants are ISO 8601, UTC. */
import { sql, type Transaction } from 'kysely';
import type { PaymentMethod } from '../domain/payment-state.ts';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';

type Trx = Transaction<Database>;

export interface CustomerRow {
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: string;
}

export interface SavedMethodRow {
  readonly id: string;
  readonly customer_id: string;
  readonly method: PaymentMethod;
  readonly payment_id: string | null;
  readonly created_at: string;
  readonly detached_at: string | null;
}

export interface NewCustomer {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

export async function insertCustomer(
  trx: Trx,
  merchantId: string,
  c: NewCustomer,
): Promise<CustomerRow> {
  const { rows } = await sql<{ row: CustomerRow }>`
    insert into customers (merchant_id, email, name, metadata)
    values (${merchantId}, ${c.email ?? null}, ${c.name ?? null}, ${JSON.stringify(c.metadata)}::jsonb)
    returning to_jsonb(customers) as row`.execute(trx);
  return one(rows);
}

export async function findCustomer(trx: Trx, id: string): Promise<CustomerRow | null> {
  const { rows } = await sql<{ row: CustomerRow }>`
    select to_jsonb(c) as row from customers c where c.id = ${id}`.execute(trx);
  return rows[0]?.row ?? null;
}

/** Newest first; one row more than `limit` tells of more. */
export async function listCustomers(trx: Trx, page: Page): Promise<readonly CustomerRow[]> {
  const { rows } = await sql<{ row: CustomerRow }>`
    select to_jsonb(c) as row from customers c
    where ${page.after ?? null}::text is null or c.id < ${page.after ?? null}
    order by c.id desc limit ${page.limit + 1}`.execute(trx);
  return rows.map(({ row }) => row);
}

/** Null: there is no such customer. */
export async function insertMethod(
  trx: Trx,
  merchantId: string,
  customerId: string,
  method: PaymentMethod,
): Promise<SavedMethodRow | null> {
  if ((await findCustomer(trx, customerId)) === null) return null;
  const { rows } = await sql<{ row: SavedMethodRow }>`
    insert into payment_methods (merchant_id, customer_id, method)
    values (${merchantId}, ${customerId}, ${JSON.stringify(method)}::jsonb)
    returning to_jsonb(payment_methods) as row`.execute(trx);
  return one(rows);
}

export async function findMethod(trx: Trx, id: string): Promise<SavedMethodRow | null> {
  const { rows } = await sql<{ row: SavedMethodRow }>`
    select to_jsonb(m) as row from payment_methods m where m.id = ${id}`.execute(trx);
  return rows[0]?.row ?? null;
}

/** Those not detached, newest first; one row more than `limit` tells of more. */
export async function listMethods(
  trx: Trx,
  customerId: string,
  page: Page,
): Promise<readonly SavedMethodRow[]> {
  const { rows } = await sql<{ row: SavedMethodRow }>`
    select to_jsonb(m) as row from payment_methods m
    where m.customer_id = ${customerId} and m.detached_at is null
      and (${page.after ?? null}::text is null or m.id < ${page.after ?? null})
    order by m.id desc limit ${page.limit + 1}`.execute(trx);
  return rows.map(({ row }) => row);
}

/** No later payment can name it; those that did keep their tokens. Detached twice is detached. */
export async function detachMethod(trx: Trx, id: string): Promise<SavedMethodRow | null> {
  const { rows } = await sql<{ row: SavedMethodRow }>`
    update payment_methods set detached_at = coalesce(detached_at, tender_now()) where id = ${id}
    returning to_jsonb(payment_methods) as row`.execute(trx);
  return rows[0]?.row ?? null;
}

function one<T>(rows: readonly { readonly row: T }[]): T {
  const [first] = rows;
  if (first === undefined) throw new Error('an insert returned no row');
  return first.row;
}
