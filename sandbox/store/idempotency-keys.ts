import type { DatabaseSync } from 'node:sqlite';
import { findRow } from './database.ts';

export interface KeyRow {
  readonly provider: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
  readonly created_at: number;
}

export interface IdempotencyKeys {
  find(provider: string, key: string): KeyRow | undefined;
  /** Replaces what is there: an expired key starts anew. */
  put(row: KeyRow): void;
}

export function createIdempotencyKeys(database: DatabaseSync): IdempotencyKeys {
  const find = database.prepare(
    `select provider, key, fingerprint, status, body, created_at from idempotency_keys
     where key = :key and provider = :provider`,
  );
  const put = database.prepare(
    `insert or replace into idempotency_keys (provider, key, fingerprint, status, body, created_at)
     values (:provider, :key, :fingerprint, :status, :body, :created_at)`,
  );
  return {
    find: (provider, key) => findRow<KeyRow>(find, { provider, key }),
    put: (row) => void put.run({ ...row }),
  };
}
