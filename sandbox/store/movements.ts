import type { DatabaseSync } from 'node:sqlite';
import { findRow, listRows } from './database.ts';

export interface MovementRow {
  readonly provider: string;
  readonly reference: string;
  readonly operation:
    'authorize' | 'capture' | 'void' | 'refund' | 'increment' | 'payout' | 'payout_return';
  readonly amount: number;
  readonly currency: string;
  readonly at: number;
  readonly provider_reference: string;
  readonly key: string;
}

/** The books: append-only, and only what really happened. */
export interface Movements {
  append(row: MovementRow): void;
  list(provider: string | null): readonly MovementRow[];
  /** In the order in which they happened; `to` is not in it. */
  listBetween(provider: string | null, from: number, to: number): readonly MovementRow[];
  firstAt(): number | null;
}

export function createMovements(database: DatabaseSync): Movements {
  const append = database.prepare(
    `insert into movements (provider, reference, operation, amount, currency, at, provider_reference, key)
     values (:provider, :reference, :operation, :amount, :currency, :at, :provider_reference, :key)`,
  );
  const list = database.prepare(
    `select provider, reference, operation, amount, currency, at, provider_reference, key
     from movements where :provider is null or provider = :provider order by sequence`,
  );
  const listBetween = database.prepare(
    `select provider, reference, operation, amount, currency, at, provider_reference, key
     from movements where at >= :from and at < :to and (:provider is null or provider = :provider)
     order by at, sequence`,
  );
  const firstAt = database.prepare('select min(at) as at from movements');
  return {
    append: (row) => void append.run({ ...row }),
    list: (provider) => listRows<MovementRow>(list, { provider }),
    listBetween: (provider, from, to) => listRows<MovementRow>(listBetween, { provider, from, to }),
    firstAt: () => findRow<{ at: number | null }>(firstAt, {})?.at ?? null,
  };
}
