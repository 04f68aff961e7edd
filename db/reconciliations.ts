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

/** Of one sender, as their time came. */
export async function listReconciliations(
  db: Db,
  provider: string,
  status: ReconciliationStatus,
): Promise<readonly Reconciliation[]> {
  const { rows } = await sql<Reconciliation>`
    select r.id, r.provider, r.kind, r.status, coalesce((select max(l.line) from settlement_lines l
      where l.reconciliation_id = r.id), 0)::int as lines
    from reconciliations r where r.provider = ${provider} and r.status = ${status}
    order by r.covers_from nulls last, r.id`.execute(db);
  return rows;
}

/** Matched before, and a break is open about one of their lines. */
export async function listWithOpenBreaks(
  db: Db,
  provider: string,
): Promise<readonly Reconciliation[]> {
  const { rows } = await sql<Reconciliation>`
    select r.id, r.provider, r.kind, r.status, r.line_count::int as lines
    from reconciliations r join (select distinct b.reconciliation_id from breaks b
      where b.provider = ${provider} and b.status = 'open' and b.line is not null) o on o.reconciliation_id = r.id
    where r.provider = ${provider} and r.status in ('matched', 'posted', 'completed')
    order by r.covers_from nulls last, r.id`.execute(db);
  return rows;
}

/** Everything was done about it that is done without people. */
export async function markCompleted(db: Db, id: string): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update reconciliations set status = 'completed', completed_at = tender_now()
    where id = ${id} and status = 'posted'`.execute(db);
  return numAffectedRows > 0n;
}

/** False: somebody else was faster. */
export async function markMatched(db: Db, id: string): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update reconciliations set status = 'matched', matched_at = tender_now()
    where id = ${id} and status = 'imported'`.execute(db);
  return numAffectedRows > 0n;
}
