/** Files that were taken in, and how far each has come. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

export type ReconciliationStatus =
  'received' | 'refused' | 'imported' | 'matched' | 'posted' | 'completed';

export interface Reconciliation {
  readonly id: string;
  readonly provider: string;
  readonly kind: 'settlement' | 'bank_statement';
  readonly status: ReconciliationStatus;
  /** The number of the last one. */
  readonly lines: number;
}

export async function findReconciliation(db: Db, id: string): Promise<Reconciliation | null> {
  const { rows } = await sql<Reconciliation>`
    select r.id, r.provider, r.kind, r.status, coalesce((select max(l.line) from settlement_lines l
      where l.reconciliation_id = r.id), 0)::int as lines
    from reconciliations r where r.id = ${id}`.execute(db);
  return rows[0] ?? null;
}
