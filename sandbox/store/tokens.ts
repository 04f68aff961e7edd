import type { DatabaseSync } from 'node:sqlite';
import { findRow } from './database.ts';

export interface TokenRow {
  readonly token: string;
  readonly brand: string;
  readonly last4: string;
  readonly behaviour: string;
}

export interface Tokens {
  insert(row: TokenRow): void;
  find(token: string): TokenRow | undefined;
}

export function createTokens(database: DatabaseSync): Tokens {
  const insert = database.prepare(
    'insert into tokens (token, brand, last4, behaviour) values (:token, :brand, :last4, :behaviour)',
  );
  const find = database.prepare(
    'select token, brand, last4, behaviour from tokens where token = :token',
  );
  return {
    insert: (row) => void insert.run({ ...row }),
    find: (token) => findRow<TokenRow>(find, { token }),
  };
}
