/** Files as staff read them, and their lines with what became of each. Instants are ISO 8601, amounts decimal. */
import { sql, type RawBuilder } from 'kysely';
import type { Db } from './client.ts';
import type { Page } from './payments.ts';
import type { BreakLineRow } from './breaks.ts';
import type { Reconciliation, ReconciliationStatus } from './reconciliations.ts';

export interface ReconciliationRow extends Pick<Reconciliation, 'id' | 'provider' | 'kind'> {
  readonly format: string | null;
  readonly file_name: string | null;
  readonly sha256: string;
  readonly source_bytes: number;
  readonly status: ReconciliationStatus;
  readonly refusal: Readonly<Record<string, unknown>> | null;
  readonly statement_id: string | null;
  readonly covers_from: string | null;
  readonly covers_to: string | null;
  readonly line_count: number;
  readonly totals: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly requested_by: string;
  readonly open_breaks: number;
  readonly received_at: string;
  readonly imported_at: string | null;
  readonly matched_at: string | null;
  readonly posted_at: string | null;
  readonly completed_at: string | null;
}

export interface ReconciliationItem extends ReconciliationRow {
  readonly matched_lines: number;
  readonly breaks: number;
  /** Journal entries that it is in the books with. */
  readonly entries: number;
}

export interface ReconciliationLine extends BreakLineRow {
  readonly matches: readonly {
    readonly subject_id: string;
    readonly payment_id: string | null;
    readonly tier: number;
  }[];
  readonly break_ids: readonly string[];
}

export interface ReconciliationFilter {
  readonly provider?: string | undefined;
  readonly kind?: Reconciliation['kind'] | undefined;
  readonly status?: ReconciliationStatus | undefined;
}

const row = sql`to_jsonb(r) - 'source_hash' || jsonb_build_object('sha256', encode(r.source_hash, 'hex'), 'open_breaks',
  (select count(*) from breaks b where b.reconciliation_id = r.id and b.status = 'open'))`;

/** Newest first; one row more than `limit` tells of more. */
export async function listReconciliationRows(
  db: Db,
  { provider, kind, status }: ReconciliationFilter,
  { limit, after }: Page,
): Promise<readonly ReconciliationRow[]> {
  const wanted: RawBuilder<unknown>[] = [
    ...(provider === undefined ? [] : [sql`r.provider = ${provider}`]),
    ...(kind === undefined ? [] : [sql`r.kind = ${kind}`]),
    ...(status === undefined ? [] : [sql`r.status = ${status}`]),
    ...(after === undefined ? [] : [sql`r.id < ${after}`]),
  ];
  const { rows } = await sql<{ row: ReconciliationRow }>`
    select ${row} as row from reconciliations r where ${sql.join([...wanted, sql`true`], sql` and `)}
    order by r.id desc limit ${limit + 1}`.execute(db);
  return rows.map((found) => found.row);
}

export async function findReconciliationItem(
  db: Db,
  id: string,
): Promise<ReconciliationItem | null> {
  const { rows } = await sql<{ row: ReconciliationItem }>`
    select ${row} || jsonb_build_object(
      'matched_lines', (select count(distinct m.line) from settlement_matches m where m.reconciliation_id = r.id),
      'breaks', (select count(*) from breaks b where b.reconciliation_id = r.id),
      'entries', (select count(distinct p.entry_key) from settlement_postings p where p.reconciliation_id = r.id)) as row
    from reconciliations r where r.id = ${id}`.execute(db);
  return rows[0]?.row ?? null;
}

/** Null: this file was never received. */
export async function findByHash(
  db: Db,
  { provider, kind }: Pick<Reconciliation, 'provider' | 'kind'>,
  sha256: string,
): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select id from reconciliations where provider = ${provider} and kind = ${kind} and source_hash = decode(${sha256}, 'hex')`.execute(
    db,
  );
  return rows[0]?.id ?? null;
}

/** Lines after `after` in the order of the file; none that is another merchant's. */
export async function listReconciliationLines(
  db: Db,
  merchantId: string,
  id: string,
  { limit, after }: Page,
): Promise<readonly ReconciliationLine[]> {
  const { rows } = await sql<{ row: ReconciliationLine }>`
    select to_jsonb(l) || jsonb_build_object('gross', l.gross::text, 'fee', l.fee::text, 'net', l.net::text,
      'charged', l.charged::text, 'matches', m.found, 'break_ids', b.found) as row
    from settlement_lines l
    cross join lateral (select coalesce(jsonb_agg(jsonb_build_object('subject_id', x.subject_id, 'payment_id', x.payment_id,
        'tier', x.tier) order by x.subject_id), '[]') as found, bool_or(x.merchant_id <> ${merchantId}) as others
      from settlement_matches x where x.reconciliation_id = l.reconciliation_id and x.line = l.line) m
    cross join lateral (select coalesce(jsonb_agg(x.id order by x.id), '[]') as found,
        bool_or(x.merchant_id <> ${merchantId}) as others
      from breaks x where x.reconciliation_id = l.reconciliation_id and x.line = l.line) b
    where l.reconciliation_id = ${id} and l.line > ${after === undefined ? 0 : Number(after)}
      and m.others is not true and b.others is not true
    order by l.line limit ${limit + 1}`.execute(db);
  return rows.map((found) => found.row);
}
