/** What people and Tender by itself did, as a worker reads it. Instants are ISO 8601 with microseconds. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

export interface AuditRow {
  readonly at: string;
  readonly id: string;
  readonly kind: string;
  /** `staff:<subject>`, `api_key:<id>` or `tender`. */
  readonly actor: string;
  readonly reason: string;
  readonly object_type: string;
  readonly object_id: string;
  /** Null: of the whole installation. */
  readonly merchant_id: string | null;
  readonly payment_id: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditFilter {
  readonly kind?: string | undefined;
  readonly actor?: string | undefined;
  /** Of the object, what it is about, or its payment. */
  readonly objectId?: string | undefined;
  /** Instants: from, included, to, excluded. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Newest first; `before`: the place of the last of the page before. */
export async function listActs(
  db: Db,
  merchantId: string,
  { kind, actor, objectId, from, to }: AuditFilter,
  page: {
    readonly limit: number;
    readonly before: { readonly at: string; readonly id: string } | null;
  },
): Promise<readonly AuditRow[]> {
  const { rows } = await sql<{ row: AuditRow }>`
    select act as row from audit_acts(${merchantId}, ${kind ?? null}, ${actor ?? null}, ${objectId ?? null},
      ${from ?? '-infinity'}::timestamptz, ${to ?? 'infinity'}::timestamptz, ${page.before?.at ?? 'infinity'}::timestamptz,
      ${page.before?.id ?? ''}, ${page.limit + 1}) act`.execute(db);
  return rows.map(({ row }) => row);
}
