/** The review queue: opened with the payment's own commit, decided once, the payment awake until its run has acted. */
import { sql, type Transaction } from 'kysely';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import { asMerchant, type Page } from './payments.ts';

type Trx = Transaction<Database>;

export type ReviewStatus = 'open' | 'approved' | 'declined' | 'lapsed';
export type ReviewVerdict = 'approve' | 'decline';

export interface ReviewRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly attempt_number: number;
  /** Minor units of the payment. */
  readonly amount: number;
  readonly currency: string;
  /** 0 to 1; null: there was none. */
  readonly score: number | null;
  readonly reasons: readonly Readonly<Record<string, unknown>>[];
  readonly status: ReviewStatus;
  readonly opened_at: string;
  readonly due_at: string;
  readonly on_deadline: ReviewVerdict;
  readonly decided_by: string | null;
  readonly decided_at: string | null;
  readonly decision_reason: string | null;
}

export interface ReviewAsked {
  readonly paymentId: string;
  readonly attemptNumber: number;
  readonly score: number | null;
  readonly reasons: ReviewRow['reasons'];
  readonly withinMs: number;
  /** By the merchant's setting. */
  readonly onDeadline: ReviewVerdict;
}

/** In the commit that parks the payment. A repeat is the same review, whatever became of it. */
export async function openReview(trx: Trx, asked: ReviewAsked): Promise<ReviewRow> {
  const { paymentId, attemptNumber, score, reasons, withinMs, onDeadline } = asked;
  const review = {
    ...{ payment_id: paymentId, attempt_number: attemptNumber, score, reasons },
    ...{ within_ms: withinMs, on_deadline: onDeadline },
  };
  const { rows } = await sql<{ review: ReviewRow }>`
    select open_review(${JSON.stringify(review)}::jsonb) as review`.execute(trx);
  if (rows[0] === undefined) throw new Error('no answer from open_review');
  return rows[0].review;
}

/** Its newest. Null: it never was reviewed. */
export async function reviewOf(db: Db | Trx, paymentId: string): Promise<ReviewRow | null> {
  const { rows } = await sql<{ row: ReviewRow }>`
    select to_jsonb(r) - 'risk' as row from reviews r where r.payment_id = ${paymentId}
    order by r.attempt_number desc limit 1`.execute(db);
  return rows[0]?.row ?? null;
}

/** What its payment's run is to do. Null: nobody has said, and there is time. */
export function verdictOf({ status, on_deadline }: ReviewRow): ReviewVerdict | null {
  if (status === 'lapsed') return on_deadline;
  return status === 'open' ? null : status === 'approved' ? 'approve' : 'decline';
}

export interface ReviewDecided {
  /** False: it was decided before, its time is over, or it is not over yet. */
  readonly decided: boolean;
  readonly review: ReviewRow;
}

/** By a person, in time; one decides. The payment is awake from then on. */
export async function decideReview(
  trx: Trx,
  id: string,
  verdict: ReviewVerdict,
  by: { readonly actor: string; readonly reason: string },
): Promise<ReviewDecided> {
  return end(trx, id, verdict === 'approve' ? 'approved' : 'declined', by);
}

/** By its payment's run, once its time is over: what the merchant wants then holds. */
export async function lapseReview(trx: Trx, id: string): Promise<ReviewDecided> {
  return end(trx, id, 'lapsed', { actor: 'tender', reason: 'nobody decided it in time' });
}

async function end(
  trx: Trx,
  id: string,
  status: ReviewStatus,
  { actor, reason }: { readonly actor: string; readonly reason: string },
): Promise<ReviewDecided> {
  const { rows } = await sql<{ result: ReviewDecided }>`
    select decide_review(${id}, ${status}, ${actor}, ${reason}) as result`.execute(trx);
  if (rows[0] === undefined) throw new Error('no answer from decide_review');
  return rows[0].result;
}

/** The run has acted on what was decided, in this very commit: the review wants no attention any more. */
export async function closeReview(trx: Trx, paymentId: string): Promise<void> {
  await sql`
    update payments p set review_due_at = null
    where p.id = ${paymentId} and p.review_due_at is not null
      and not exists (select from reviews r where r.payment_id = p.id and r.status = 'open')`.execute(
    trx,
  );
}

/** As one merchant. Null: there is no such one, or it is another's. */
export async function findReview(
  db: Db,
  merchantId: string,
  id: string,
): Promise<ReviewRow | null> {
  return asMerchant(db, merchantId, async (trx) => {
    const { rows } = await sql<{ row: ReviewRow }>`
      select to_jsonb(r) - 'risk' as row from reviews r
      where r.id = ${id} and r.merchant_id = ${merchantId}`.execute(trx);
    return rows[0]?.row ?? null;
  });
}

export interface ReviewFilter {
  readonly status?: ReviewStatus | undefined;
  readonly paymentId?: string | undefined;
  /** Instant, excluded. */
  readonly openedBefore?: string | undefined;
}

/** The greatest risk first, then the oldest; one row more than `limit` tells of more. */
export async function listReviews(
  db: Db,
  merchantId: string,
  { status, paymentId, openedBefore }: ReviewFilter,
  { limit, after }: Page,
): Promise<readonly ReviewRow[]> {
  return asMerchant(db, merchantId, async (trx) => {
    const { rows } = await sql<{ row: ReviewRow }>`
      select to_jsonb(r) - 'risk' as row from reviews r
      where r.merchant_id = ${merchantId}
        and (${status ?? null}::text is null or r.status = ${status ?? null})
        and (${paymentId ?? null}::text is null or r.payment_id = ${paymentId ?? null})
        and (${openedBefore ?? null}::timestamptz is null or r.opened_at < ${openedBefore ?? null})
        and (${after ?? null}::text is null or (-r.risk, r.id) > (
          select -a.risk, a.id from reviews a where a.id = ${after ?? null} and a.merchant_id = ${merchantId}))
      order by -r.risk, r.id limit ${limit + 1}`.execute(trx);
    return rows.map(({ row }) => row);
  });
}
