/** Disputes: told by providers, recorded under the payment's row lock, read as one merchant. */
import { sql, type Transaction } from 'kysely';
import type { DisputeRecord, ToldDispute } from '../domain/dispute.ts';
import type { DisputeState, DisputeStatus } from '../domain/dispute-state.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import type { DisputeNews } from '../domain/provider-disputes.ts';
import type { NewWebhook, ReceivedWebhook } from './access.ts';
import { encodeChange, type Committed } from './changes.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import { disputeState, type DisputeRow } from './dispute-rows.ts';
import type { Page } from './payments.ts';

type Trx = Transaction<Database>;

interface StoredNews {
  readonly kind: 'dispute';
  /** Ours: what the dispute is about. */
  readonly subject: string;
  readonly what: DisputeNews['what'];
  /** Absent: the first. */
  readonly round?: number;
  readonly provider_reference: string;
  readonly amount: string;
  readonly fee: string;
  readonly fee_returned: boolean;
  readonly currency: string;
  readonly reason: string;
  readonly due_by: string;
}

/** One commit: the raw event, deduplicated, and its payment set in motion `delayMs` from now. */
export async function receiveDispute(
  db: Db,
  event: NewWebhook,
  news: DisputeNews,
  delayMs: number,
): Promise<ReceivedWebhook> {
  const claim: StoredNews = {
    ...{ kind: 'dispute', subject: event.reference, what: news.what, round: news.round ?? 1 },
    provider_reference: news.providerReference,
    amount: String(news.amountMinor),
    fee: String(news.feeMinor),
    fee_returned: news.feeReturned,
    ...{ currency: news.currency, reason: news.reason, due_by: news.dueBy },
  };
  const toldAt = event.toldAt === undefined ? null : new Date(event.toldAt).toISOString();
  const { rows } = await sql<ReceivedWebhook>`
    select * from receive_dispute(${event.provider}, ${event.eventId}, ${event.type}, ${news.providerReference},
      ${event.raw}, ${delayMs}, ${JSON.stringify(claim)}::jsonb, ${toldAt}::timestamptz)`.execute(
    db,
  );
  const [received] = rows;
  if (received === undefined) throw new Error('no answer from receive_dispute');
  return received;
}

/** What is told of a payment's disputes and not recorded yet: the first of it. */
export async function nextTold(
  db: Db,
  paymentId: string,
): Promise<{ readonly told: ToldDispute; readonly known: DisputeState | null } | null> {
  const { rows } = await sql<{
    result: null | {
      readonly event_id: string;
      readonly provider: string;
      readonly attempt_id: string;
      readonly claim: StoredNews;
      readonly known: DisputeRow | null;
    };
  }>`select told_dispute(${paymentId}) as result`.execute(db);
  const found = rows[0]?.result ?? null;
  if (found === null) return null;
  const { event_id: eventId, provider, attempt_id: attemptId, claim, known } = found;
  const news: DisputeNews = {
    ...{ what: claim.what, providerReference: claim.provider_reference },
    ...{ amountMinor: BigInt(claim.amount), feeMinor: BigInt(claim.fee) },
    ...{ feeReturned: claim.fee_returned, currency: claim.currency },
    ...{ reason: claim.reason, dueBy: claim.due_by },
    round: claim.round ?? 1,
  };
  return {
    told: { eventId, provider, attemptId, news },
    known: known === null ? null : disputeState(known),
  };
}

/** The fact, the pot, the books, the timeline and the events: all of it or nothing, on this version. */
export async function commitDispute(
  db: Db,
  payment: PaymentState,
  record: DisputeRecord,
): Promise<Committed> {
  const { insert, update, change, eventId, provider, state } = record;
  const value = {
    ...(encodeChange(payment, change) as object),
    dispute: {
      ...{ event_id: eventId, provider, state },
      evidence: { dispute_id: insert?.id ?? update?.id ?? null, version: String(payment.version) },
      ...(insert !== undefined && { insert: rowOf(insert) }),
      ...(update !== undefined && { update: patchOf(update) }),
    },
  };
  const { rows } = await sql<{ result: Committed }>`
    select record_dispute(${JSON.stringify(value)}::jsonb) as result`.execute(db);
  const result = rows[0]?.result;
  if (result === undefined) throw new Error(`no answer from record_dispute for ${payment.id}`);
  return result;
}

function patchOf(u: NonNullable<DisputeRecord['update']>): object {
  return {
    ...{ id: u.id, from_status: u.fromStatus, status: u.status, round: u.round },
    ...{ amount_excess: String(u.amountExcess), fee: String(u.fee), due_by: u.dueBy },
    remind_at: u.remindAt === null ? null : new Date(u.remindAt).toISOString(),
  };
}

function rowOf(d: DisputeState): object {
  return {
    round: d.round,
    ...{ id: d.id, attempt_id: d.attemptId, provider: d.provider, status: d.status },
    ...{ provider_reference: d.providerReference, currency: d.currency, reason: d.reason },
    ...{ amount: String(d.amount), amount_excess: String(d.amountExcess), fee: String(d.fee) },
    due_by: d.dueBy,
    remind_at: d.remindAt === null ? null : new Date(d.remindAt).toISOString(),
  };
}

export async function findDispute(trx: Trx, id: string): Promise<DisputeRow | null> {
  const { rows } = await sql<{ row: DisputeRow }>`
    select dispute_view(d) as row from disputes d where d.id = ${id}`.execute(trx);
  return rows[0]?.row ?? null;
}

export interface DisputeFilter {
  readonly status?: DisputeStatus | undefined;
  readonly paymentId?: string | undefined;
  /** ISO 8601: may be answered until a moment before it. */
  readonly dueBefore?: string | undefined;
}

/** Newest first. */
export async function listDisputes(
  trx: Trx,
  { status, paymentId, dueBefore }: DisputeFilter,
  page: Page,
): Promise<readonly DisputeRow[]> {
  // Only what is asked for, as for events: a generic plan would read past every newer dispute.
  const older = page.after === undefined ? sql`` : sql`and d.id < ${page.after}`;
  const inStatus = status === undefined ? sql`` : sql`and d.status = ${status}`;
  const ofPayment = paymentId === undefined ? sql`` : sql`and d.payment_id = ${paymentId}`;
  const isDue = dueBefore === undefined ? sql`` : sql`and d.due_by < ${dueBefore}::timestamptz`;
  const { rows } = await sql<{ row: DisputeRow }>`
    select dispute_view(d) as row from disputes d
    where true ${older} ${inStatus} ${ofPayment} ${isDue}
    order by d.id desc limit ${page.limit + 1}`.execute(trx);
  return rows.map(({ row }) => row);
}
