/** Requests for a second person, as a worker reads and decides them. Instants are ISO 8601. */
import { sql, type Transaction } from 'kysely';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';

type Trx = Transaction<Database>;

export type ApprovalKind =
  'refund' | 'routing_rules' | 'resolution' | 'merchant_settings' | 'break' | 'risk_rules';
export type ApprovalStatus = 'open' | 'approved' | 'rejected' | 'lapsed';

export interface ApprovalRow {
  readonly id: string;
  /** Null: of the whole installation. */
  readonly merchant_id: string | null;
  readonly payment_id: string | null;
  readonly kind: ApprovalKind;
  /** What it is about, as it was when it was asked for. */
  readonly binds: {
    readonly id: string;
    readonly version: number;
    readonly amount?: number;
    readonly currency?: string;
    readonly amount_excess?: number;
    /** Of a resolution: the send of which it was said what became. */
    readonly sent_count?: number;
  };
  readonly request: Readonly<Record<string, unknown>>;
  readonly asked_by: string;
  readonly reason: string;
  readonly status: ApprovalStatus;
  readonly decided_by: string | null;
  readonly decided_at: string | null;
  readonly decision_reason: string | null;
  readonly expires_at: string;
  readonly created_at: string;
}

export interface ApprovalFilter {
  readonly status?: ApprovalStatus | undefined;
  readonly kind?: ApprovalKind | undefined;
  readonly paymentId?: string | undefined;
}

/** Over and nobody has written it down yet: lapsed all the same. */
const statusNow = sql`case when a.status = 'open' and a.expires_at <= tender_now() then 'lapsed' else a.status end`;
const row = sql`to_jsonb(a) || jsonb_build_object('status', ${statusNow}) as row`;

/** Of this merchant, and those of the whole installation. */
const seenBy = (merchantId: string): ReturnType<typeof sql> =>
  sql`(a.merchant_id = ${merchantId} or a.merchant_id is null)`;

export async function findApproval(
  db: Db | Trx,
  merchantId: string,
  id: string,
): Promise<ApprovalRow | null> {
  const { rows } = await sql<{ row: ApprovalRow }>`
    select ${row} from approvals a where a.id = ${id} and ${seenBy(merchantId)}`.execute(db);
  return rows[0]?.row ?? null;
}

/** Newest first; one row more than `limit` tells of more. */
export async function listApprovals(
  db: Db,
  merchantId: string,
  { status, kind, paymentId }: ApprovalFilter,
  { limit, after }: Page,
): Promise<readonly ApprovalRow[]> {
  const { rows } = await sql<{ row: ApprovalRow }>`
    select ${row} from approvals a
    where ${seenBy(merchantId)}
      and (${after ?? null}::text is null or a.id < ${after ?? null})
      and (${status ?? null}::text is null or ${statusNow} = ${status ?? null})
      and (${kind ?? null}::text is null or a.kind = ${kind ?? null})
      and (${paymentId ?? null}::text is null or a.payment_id = ${paymentId ?? null})
    order by a.id desc limit ${limit + 1}`.execute(db);
  return rows.map((found) => found.row);
}

/** Nobody else decides it until the transaction ends. */
export async function lockApproval(trx: Trx, id: string): Promise<ApprovalRow> {
  await sql`select from approvals where id = ${id} for update`.execute(trx);
  const { rows } = await sql<{ row: ApprovalRow }>`
    select ${row} from approvals a where a.id = ${id}`.execute(trx);
  return one(rows);
}

/** Refused by the database where it is decided, has lapsed, or was asked for by the same person. */
export async function decideApproval(
  trx: Trx,
  id: string,
  decision: {
    readonly status: 'approved' | 'rejected';
    readonly decidedBy: string;
    readonly reason?: string | undefined;
  },
): Promise<ApprovalRow> {
  const { rows } = await sql<{ row: ApprovalRow }>`
    update approvals a set status = ${decision.status}, decided_by = ${decision.decidedBy},
      decided_at = tender_now(), decision_reason = ${decision.reason ?? null}
    where a.id = ${id} returning to_jsonb(a) as row`.execute(trx);
  return one(rows);
}

export interface Request {
  readonly kind: ApprovalKind;
  /** Null: of the whole installation. */
  readonly merchantId: string | null;
  readonly binds: ApprovalRow['binds'];
  readonly request: object;
  readonly actor: string;
  readonly reason: string;
  readonly lifeMs: number;
}

/**
 * The same words of the same person about the same version again are the same request, whose answer was
 * lost. Null: not asked before, and it is not `current`. The caller holds a lock on what it is about.
 */
export async function askOnce(
  trx: Trx,
  asked: Request,
  isCurrent: boolean,
): Promise<ApprovalRow | null> {
  const { kind, merchantId, actor, reason } = asked;
  const request = JSON.stringify(asked.request);
  const { rows: before } = await sql<{ row: ApprovalRow }>`
    select ${row} from approvals a
    where a.kind = ${kind} and a.merchant_id is not distinct from ${merchantId}
      and a.request = ${request}::jsonb and a.binds = ${JSON.stringify(asked.binds)}::jsonb
      and (a.asked_by, a.reason) = (${actor}, ${reason}) and ${statusNow} in ('open', 'approved')
    order by a.id desc limit 1`.execute(trx);
  if (before[0] !== undefined) return before[0].row;
  if (!isCurrent) return null;
  const { rows } = await sql<{ row: ApprovalRow }>`
    insert into approvals as a (kind, merchant_id, binds, request, asked_by, reason, expires_at)
    values (${kind}, ${merchantId}, ${JSON.stringify(asked.binds)}::jsonb, ${request}::jsonb, ${actor}, ${reason},
      tender_now() + ${asked.lifeMs} * interval '1 millisecond')
    returning to_jsonb(a) as row`.execute(trx);
  return one(rows);
}

export interface ResolutionAsked {
  readonly id: string;
  readonly kind: 'resolution' | 'break';
  /** Null: of the whole installation. */
  readonly merchantId: string | null;
  readonly paymentId: string | null;
  readonly binds: ApprovalRow['binds'];
  readonly request: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly reason: string;
  readonly lifeMs: number;
}

/** Whether one is open about this; the caller holds a lock on what it is about. One that is over is closed. */
export async function openResolution(
  trx: Trx,
  subjectId: string,
  kind: 'resolution' | 'break' = 'resolution',
): Promise<boolean> {
  await sql`
    select lapse_approval(a.id) from approvals a
    where a.kind = ${kind} and a.binds ->> 'id' = ${subjectId} and a.status = 'open'`.execute(trx);
  const { rows } = await sql`
    select from approvals where kind = ${kind} and binds ->> 'id' = ${subjectId} and status = 'open'`.execute(
    trx,
  );
  return rows.length > 0;
}

/** Those whose time is over, a few at a time; answers how many. Refunds lapse by their payment's run. */
export async function lapseApprovals(db: Db): Promise<number> {
  const { rows } = await sql<{ lapsed: number }>`select lapse_approvals() as lapsed`.execute(db);
  return rows[0]?.lapsed ?? 0;
}

export async function askForResolution(trx: Trx, asked: ResolutionAsked): Promise<void> {
  await sql`
    insert into approvals (id, merchant_id, payment_id, kind, binds, request, asked_by, reason, expires_at)
    values (${asked.id}, ${asked.merchantId}, ${asked.paymentId}, ${asked.kind}, ${JSON.stringify(asked.binds)}::jsonb,
      ${JSON.stringify(asked.request)}::jsonb, ${asked.actor}, ${asked.reason},
      tender_now() + ${asked.lifeMs} * interval '1 millisecond')`.execute(trx);
}

function one(rows: readonly { readonly row: ApprovalRow }[]): ApprovalRow {
  const [first] = rows;
  if (first === undefined) throw new Error('the approval is not there');
  return first.row;
}
