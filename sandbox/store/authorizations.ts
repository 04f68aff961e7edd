import type { DatabaseSync } from 'node:sqlite';
import { findRow, listRows } from './database.ts';

export type AuthorizationStatus = 'requires_action' | 'authorized' | 'declined' | 'voided';

export interface AuthorizationRow {
  readonly id: string;
  readonly provider: string;
  readonly reference: string;
  readonly key: string;
  /** As it was raised, if it was. */
  readonly amount: number;
  readonly currency: string;
  /** 1: authorize and capture in one. */
  readonly sale: number;
  readonly status: AuthorizationStatus;
  readonly decline_code: string | null;
  readonly captured: number;
  readonly refunded: number;
  /** Released by a void; can no longer be captured. */
  readonly released: number;
  /** 1: nothing more will be captured. */
  readonly closed: number;
  readonly return_url: string | null;
  /** Of the card behind the token; null: a token we never issued. */
  readonly brand: string | null;
  readonly last4: string | null;
  readonly created_at: number;
  readonly expires_at: number;
}

export interface Authorizations {
  insert(row: AuthorizationRow): void;
  update(row: AuthorizationRow): void;
  find(id: string): AuthorizationRow | undefined;
  /** A resend outside the key's life may have made several: the one that holds money comes first. */
  listByReference(provider: string, reference: string): readonly AuthorizationRow[];
  /** Newest first, older than the id `before`; without what a token nobody knows left behind. */
  listNewest(page: {
    readonly provider: string;
    /** Milliseconds. */
    readonly since: number;
    readonly before: string;
    readonly limit: number;
  }): readonly AuthorizationRow[];
}

const columns =
  'id, provider, reference, key, amount, currency, sale, status, decline_code, captured, refunded, ' +
  'released, closed, return_url, brand, last4, created_at, expires_at';

export function createAuthorizations(database: DatabaseSync): Authorizations {
  const insert = database.prepare(
    `insert into authorizations (${columns}) values (:id, :provider, :reference, :key, :amount,
       :currency, :sale, :status, :decline_code, :captured, :refunded, :released, :closed,
       :return_url, :brand, :last4, :created_at, :expires_at)`,
  );
  const update = database.prepare(
    `update authorizations set amount = :amount, status = :status, decline_code = :decline_code,
       captured = :captured, refunded = :refunded, released = :released, closed = :closed,
       expires_at = :expires_at
     where id = :id`,
  );
  const find = database.prepare(`select ${columns} from authorizations where id = :id`);
  const listByReference = database.prepare(
    `select ${columns} from authorizations where reference = :reference and provider = :provider
     order by case status when 'authorized' then 0 when 'requires_action' then 1
       when 'voided' then 2 else 3 end, id`,
  );
  const listNewest = database.prepare(
    `select ${columns} from authorizations
     where provider = :provider and created_at >= :since and id < :before
       and (decline_code is null or decline_code <> 'invalid_token')
     order by id desc limit :limit`,
  );
  return {
    insert: (row) => void insert.run({ ...row }),
    update({ id, amount, status, decline_code, captured, refunded, released, closed, expires_at }) {
      const money = { amount, captured, refunded, released };
      update.run({ id, status, decline_code, ...money, closed, expires_at });
    },
    find: (id) => findRow<AuthorizationRow>(find, { id }),
    listByReference: (provider, reference) =>
      listRows<AuthorizationRow>(listByReference, { provider, reference }),
    listNewest: (page) => listRows<AuthorizationRow>(listNewest, page),
  };
}
