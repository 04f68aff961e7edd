import { sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';
import type { PaymentSnapshot } from './snapshot.ts';

export interface TimelineRow {
  readonly sequence: number;
  /** With microseconds, as hashed. */
  readonly at: string;
  readonly actor: string;
  readonly kind: string;
  readonly from_status: string | null;
  readonly to_status: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly previous_hash: string;
  readonly hash: string;
}

/** Oldest first; `after` is the sequence of the last line seen. Null: no such payment (for this merchant). */
export async function listTimeline(
  trx: Transaction<Database>,
  paymentId: string,
  page: Page,
): Promise<readonly TimelineRow[] | null> {
  const { rows } = await sql<TimelineRow>`
    select sequence, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, actor, kind,
      from_status, to_status, evidence, encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
    from timeline where payment_id = ${paymentId} and sequence > ${page.after ?? '0'}::int
    order by sequence limit ${page.limit + 1}`.execute(trx);
  if (rows.length > 0) return rows;
  const { rows: owners } = await sql`select from payments where id = ${paymentId}`.execute(trx);
  return owners.length === 0 ? null : rows;
}

export async function findRefundPayment(
  trx: Transaction<Database>,
  refundId: string,
): Promise<PaymentSnapshot | null> {
  const { rows } = await sql<{ snapshot: PaymentSnapshot }>`
    select payment_snapshot(payment_id) as snapshot from operations
    where id = ${refundId} and kind = 'refund'`.execute(trx);
  return rows[0]?.snapshot ?? null;
}
