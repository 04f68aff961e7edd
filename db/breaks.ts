/** Breaks as staff read them: of one merchant, and those of the whole installation. Instants are ISO 8601. */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import { breakEntryKeys, type BreakKind } from '../domain/breaks.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';

export interface BreakRow {
  readonly id: string;
  readonly kind: BreakKind;
  readonly provider: string;
  readonly reconciliation_id: string | null;
  readonly line: number | null;
  readonly merchant_id: string | null;
  readonly payment_id: string | null;
  readonly subject_id: string | null;
  /** Minor units, decimal. */
  readonly amount: string | null;
  readonly currency: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly status: 'open' | 'resolved';
  readonly resolution: Readonly<Record<string, unknown>> | null;
  readonly previous_id: string | null;
  readonly opened_at: string;
  readonly resolved_at: string | null;
  readonly age_seconds: number;
}

/** What the file says; amounts are decimal. */
export interface BreakLineRow {
  readonly reconciliation_id: string;
  readonly line: number;
  readonly kind: string;
  readonly word: string | null;
  readonly reference: string | null;
  readonly provider_reference: string | null;
  readonly parent_reference: string | null;
  readonly gross: string;
  readonly fee: string;
  readonly net: string;
  readonly currency: string;
  readonly charged: string | null;
  readonly charged_currency: string | null;
  readonly batch: string | null;
  readonly occurred_at: string;
}

export interface BreakFilter {
  readonly kind?: BreakKind | undefined;
  readonly provider?: string | undefined;
  readonly status?: 'open' | 'resolved' | undefined;
  readonly minAgeDays?: number | undefined;
  readonly reconciliationId?: string | undefined;
}

const row = sql`to_jsonb(b) || jsonb_build_object('amount', b.amount::text,
  'age_seconds', floor(extract(epoch from coalesce(b.resolved_at, tender_now()) - b.opened_at))) as row`;

const seenBy = (merchantId: string): RawBuilder<unknown> =>
  sql`(b.merchant_id = ${merchantId} or b.merchant_id is null)`;

/** Only what is asked for, so that each list has the plan of its own index. */
function where(filter: BreakFilter, { after }: Page): RawBuilder<unknown> {
  const { kind, provider, status, minAgeDays, reconciliationId } = filter;
  return sql.join(
    [
      ...(kind === undefined ? [] : [sql`b.kind = ${kind}`]),
      ...(provider === undefined ? [] : [sql`b.provider = ${provider}`]),
      // A word of the query, not a value: partial indexes are chosen by it.
      ...(status === undefined ? [] : [status === 'open' ? sql`b.status = 'open'` : sql`b.status = 'resolved'`]), // prettier-ignore
      ...(minAgeDays === undefined ? [] : [sql`b.opened_at <= tender_now() - ${minAgeDays} * interval '1 day'`]), // prettier-ignore
      ...(reconciliationId === undefined ? [] : [sql`b.reconciliation_id = ${reconciliationId}`]),
      ...(after === undefined ? [] : [sql`b.id < ${after}`]),
      sql`true`,
    ],
    sql` and `,
  );
}

/** Newest first; one row more than `limit` tells of more. */
export async function listBreaks(
  db: Db,
  merchantId: string,
  filter: BreakFilter,
  page: Page,
): Promise<readonly BreakRow[]> {
  const { rows } = await sql<{ row: BreakRow }>`
    select ${row} from breaks b where ${seenBy(merchantId)} and ${where(filter, page)}
    order by b.id desc limit ${page.limit + 1}`.execute(db);
  return rows.map((found) => found.row);
}

export async function findBreak(
  db: Db | Transaction<Database>,
  merchantId: string,
  id: string,
): Promise<BreakRow | null> {
  const { rows } = await sql<{ row: BreakRow }>`
    select ${row} from breaks b where b.id = ${id} and ${seenBy(merchantId)}`.execute(db);
  return rows[0]?.row ?? null;
}

/** The line it is about, and the ids of what was booked because of it. */
export async function evidenceOf(
  db: Db,
  found: BreakRow,
): Promise<{ readonly line: BreakLineRow | null; readonly entries: readonly string[] }> {
  const { rows } = await sql<{ line: BreakLineRow | null; entries: readonly string[] }>`
    select
      (select to_jsonb(l) || jsonb_build_object('gross', l.gross::text, 'fee', l.fee::text, 'net', l.net::text,
          'charged', l.charged::text)
        from settlement_lines l where l.reconciliation_id = ${found.reconciliation_id} and l.line = ${found.line}) as line,
      coalesce((select jsonb_agg(e.id order by e.id) from journal_entries e
        where e.merchant_id = ${found.merchant_id} and e.key = any(${sql.val(breakEntryKeys(found.id))})), '[]') as entries`.execute(
    db,
  );
  const [evidence] = rows;
  if (evidence === undefined) throw new Error('no answer about a break');
  return evidence;
}

export async function reconciliationExists(db: Db, id: string): Promise<boolean> {
  const { rows } = await sql`select from reconciliations where id = ${id}`.execute(db);
  return rows.length > 0;
}
