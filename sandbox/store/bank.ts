import type { DatabaseSync } from 'node:sqlite';
import { findRow, listRows } from './database.ts';
import { bankSchema } from './bank-schema.ts';

export type BankMethod = 'bank_debit' | 'bank_redirect' | 'bank_transfer';
export type BankStatus =
  'requires_action' | 'pending' | 'succeeded' | 'declined' | 'returned' | 'canceled';

export interface BankPaymentRow {
  readonly id: string;
  readonly reference: string;
  readonly key: string;
  readonly method: BankMethod;
  readonly amount: number;
  readonly currency: string;
  readonly token: string;
  readonly status: BankStatus;
  readonly decline_code: string | null;
  /** What came in and was not taken back by whoever paid it. */
  readonly received: number;
  /** Sent back by us, or on its way. */
  readonly refunded: number;
  readonly return_url: string | null;
  readonly transfer_reference: string | null;
  readonly created_at: number;
  /** Of the shopper's page; a transfer is waited for until it is canceled. */
  readonly expires_at: number | null;
  readonly next_at: number | null;
  readonly next_status: BankStatus | null;
}

export interface BankOperationRow {
  readonly id: string;
  readonly payment_id: string;
  readonly kind: 'void' | 'refund';
  readonly reference: string;
  readonly key: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: 'pending' | 'succeeded' | 'declined';
  readonly decline_code: string | null;
  readonly created_at: number;
  readonly next_at: number | null;
  readonly next_status: 'succeeded' | 'declined' | null;
}

export interface BankPayoutRow {
  readonly id: string;
  readonly reference: string;
  readonly key: string;
  readonly account: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: 'pending' | 'succeeded' | 'declined' | 'returned';
  readonly decline_code: string | null;
  readonly created_at: number;
  readonly next_at: number | null;
  readonly next_status: 'succeeded' | 'declined' | 'returned' | null;
}

export interface BankTransferRow {
  readonly id: string;
  readonly payment_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly at: number;
}

export interface BankAccountRow {
  readonly token: string;
  readonly last4: string;
  readonly mandated: number;
}

/** Rows are written whole: `put` inserts or replaces. */
interface Kept<Row> {
  put(row: Row): void;
  find(id: string): Row | undefined;
  /** What moves next, if anything is due. */
  firstDue(now: number): Row | undefined;
}

export interface BankStore {
  readonly payments: Kept<BankPaymentRow> & {
    /** The one that moved money first, should a reference have been sent twice. */
    listByReference(reference: string): readonly BankPaymentRow[];
    findByTransferReference(reference: string): BankPaymentRow | undefined;
  };
  readonly operations: Kept<BankOperationRow> & {
    findByReference(kind: 'void' | 'refund', reference: string): BankOperationRow | undefined;
  };
  readonly payouts: Kept<BankPayoutRow> & {
    /** The one that moved money first, should a reference have been sent twice. */
    findByReference(reference: string): BankPayoutRow | undefined;
  };
  readonly transfers: {
    insert(row: BankTransferRow): void;
    find(id: string): BankTransferRow | undefined;
    list(paymentId: string): readonly BankTransferRow[];
  };
  readonly accounts: {
    insert(row: BankAccountRow): void;
    find(token: string): BankAccountRow | undefined;
    setMandated(token: string): void;
  };
  nextDueAt(): number | null;
}

const paymentColumns = [
  'id, reference, key, method, amount, currency, token, status, decline_code, received, refunded',
  'return_url, transfer_reference, created_at, expires_at, next_at, next_status',
].join(', ');
const operationColumns =
  'id, payment_id, kind, reference, key, amount, currency, status, decline_code, created_at, next_at, next_status';

const payoutColumns =
  'id, reference, key, account, amount, currency, status, decline_code, created_at, next_at, next_status';

function createKept<Row extends object>(
  database: DatabaseSync,
  table: string,
  columns: string,
): Kept<Row> {
  const values = columns.replaceAll(/\w+/g, ':$&');
  const put = database.prepare(`insert or replace into ${table} (${columns}) values (${values})`);
  const find = database.prepare(`select ${columns} from ${table} where id = :id`);
  const firstDue = database.prepare(
    `select ${columns} from ${table} where next_at <= :now order by next_at, id limit 1`,
  );
  return {
    put: (row) => void put.run({ ...row } as Record<string, string | number | null>),
    find: (id) => findRow<Row>(find, { id }),
    firstDue: (now) => findRow<Row>(firstDue, { now }),
  };
}

function createPayments(database: DatabaseSync): BankStore['payments'] {
  const listByReference = database.prepare(
    `select ${paymentColumns} from bank_payments where reference = :reference
     order by received > 0 desc, status = 'declined', id`,
  );
  const findByTransferReference = database.prepare(
    `select ${paymentColumns} from bank_payments where transfer_reference = :reference`,
  );
  return {
    ...createKept<BankPaymentRow>(database, 'bank_payments', paymentColumns),
    listByReference: (reference) => listRows<BankPaymentRow>(listByReference, { reference }),
    findByTransferReference: (reference) =>
      findRow<BankPaymentRow>(findByTransferReference, { reference }),
  };
}

function createOperations(database: DatabaseSync): BankStore['operations'] {
  const findByReference = database.prepare(
    `select ${operationColumns} from bank_operations
     where reference = :reference and kind = :kind order by status = 'declined', id limit 1`,
  );
  return {
    ...createKept<BankOperationRow>(database, 'bank_operations', operationColumns),
    findByReference: (kind, reference) =>
      findRow<BankOperationRow>(findByReference, { kind, reference }),
  };
}

function createPayouts(database: DatabaseSync): BankStore['payouts'] {
  const findByReference = database.prepare(
    `select ${payoutColumns} from bank_payouts
     where reference = :reference order by status = 'declined', id limit 1`,
  );
  return {
    ...createKept<BankPayoutRow>(database, 'bank_payouts', payoutColumns),
    findByReference: (reference) => findRow<BankPayoutRow>(findByReference, { reference }),
  };
}

function createTransfers(database: DatabaseSync): BankStore['transfers'] {
  const columns = 'id, payment_id, amount, currency, at';
  const insert = database.prepare(
    `insert into bank_transfers (${columns}) values (:id, :payment_id, :amount, :currency, :at)`,
  );
  const find = database.prepare(`select ${columns} from bank_transfers where id = :id`);
  const list = database.prepare(
    `select ${columns} from bank_transfers where payment_id = :paymentId order by at, id`,
  );
  return {
    insert: (row) => void insert.run({ ...row }),
    find: (id) => findRow<BankTransferRow>(find, { id }),
    list: (paymentId) => listRows<BankTransferRow>(list, { paymentId }),
  };
}

function createAccounts(database: DatabaseSync): BankStore['accounts'] {
  const insert = database.prepare(
    'insert into bank_accounts (token, last4, mandated) values (:token, :last4, :mandated)',
  );
  const find = database.prepare(
    'select token, last4, mandated from bank_accounts where token = :token',
  );
  const setMandated = database.prepare(
    'update bank_accounts set mandated = 1 where token = :token',
  );
  return {
    insert: (row) => void insert.run({ ...row }),
    find: (token) => findRow<BankAccountRow>(find, { token }),
    setMandated: (token) => void setMandated.run({ token }),
  };
}

export function createBankStore(database: DatabaseSync): BankStore {
  database.exec(bankSchema);
  const nextDueAt = database.prepare(
    `select min(at) as at from (select min(next_at) as at from bank_payments
     union all select min(next_at) from bank_operations
     union all select min(next_at) from bank_payouts)`,
  );
  return {
    payments: createPayments(database),
    operations: createOperations(database),
    payouts: createPayouts(database),
    transfers: createTransfers(database),
    accounts: createAccounts(database),
    nextDueAt: () => findRow<{ at: number | null }>(nextDueAt, {})?.at ?? null,
  };
}
