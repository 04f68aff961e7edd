import type { DatabaseSync } from 'node:sqlite';
import { listRows } from './database.ts';

export interface MovementRow {
  readonly provider: string;
  readonly reference: string;
  readonly operation: 'authorize' | 'capture' | 'void' | 'refund' | 'increment';
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
  return {
    append: (row) => void append.run({ ...row }),
    list: (provider) => listRows<MovementRow>(list, { provider }),
  };
}
