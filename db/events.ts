/** What others are told, as it stands in the outbox. */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { BreakRow } from './breaks.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';
import type { DisputeRow } from './dispute-rows.ts';
import type { PayoutRow } from './payouts.ts';
import type { PaymentSnapshot } from './snapshot.ts';

/** The payment as of the event's transaction. */
export interface PaymentTold extends PaymentSnapshot {
  readonly operation_id: string | null;
  /** Of `dispute.…`: the dispute at that moment. */
  readonly dispute?: DisputeRow;
}

/** A file when it was completed, or what of it is one merchant's. Instants are ISO 8601. */
export interface CompletedFileRow {
  readonly id: string;
  readonly provider: string;
  readonly kind: 'settlement' | 'bank_statement';
  readonly statement_id: string | null;
  readonly covers_from: string | null;
  readonly covers_to: string | null;
  /** Null: other merchants' are among them. */
  readonly line_count: number | null;
  readonly matched_lines: number;
  readonly open_breaks: number;
  readonly received_at: string;
  readonly completed_at: string;
}

export interface OutboxRow {
  readonly id: string;
  readonly type: string;
  readonly created_at: Date;
  readonly sequence: number;
  /** Null: of the installation. */
  readonly merchant_id: string | null;
  readonly object:
    | PaymentTold
    | { readonly break: BreakRow }
    | { readonly reconciliation: CompletedFileRow }
    | { readonly payout: PayoutRow };
}

export interface EventFilter {
  readonly type?: string | undefined;
}

const columns = sql`id, type, created_at, sequence, merchant_id, object`;

/** Only what is asked for: a generic plan of `$1 is null or ...` reads past every newer event. */
function newest(
  whose: RawBuilder<unknown>,
  filter: EventFilter,
  page: Page,
): RawBuilder<OutboxRow> {
  const ofType = filter.type === undefined ? sql`` : sql`and type = ${filter.type}`;
  const older = page.after === undefined ? sql`` : sql`and id < ${page.after}`;
  return sql<OutboxRow>`
    select ${columns} from outbox where ${whose} ${ofType} ${older}
    order by id desc limit ${page.limit + 1}`;
}

/** Newest first, of the merchant that is set. */
export async function listEvents(
  trx: Transaction<Database>,
  filter: EventFilter,
  page: Page,
): Promise<readonly OutboxRow[]> {
  return (await newest(sql`true`, filter, page).execute(trx)).rows;
}

/** Newest first, as a worker: of one merchant, and of the installation. Two ways in, each by its index. */
export async function listEventsForStaff(
  db: Db | Transaction<Database>,
  merchantId: string,
  filter: EventFilter,
  page: Page,
): Promise<readonly OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`
    select ${columns} from (
      (${newest(sql`merchant_id = ${merchantId}`, filter, page)})
      union all (${newest(sql`merchant_id is null`, filter, page)})) e
    order by id desc limit ${page.limit + 1}`.execute(db);
  return rows;
}
