/** What risk is watched by: samples that stay as large however much is stored, and what is known of them by now. */
import { sql, type RawBuilder } from 'kysely';
import type { Facts } from '../domain/risk/facts.ts';
import type { ScoredDecision, Tally } from '../domain/risk/monitoring.ts';
import type { Db } from './client.ts';
import { isFraudByNow } from './risk-labels.ts';

/** Of one merchant; null: of all. */
export type Whose = string | null;

/** ISO 8601; `to` is not included. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

export interface Sampled<T> {
  readonly rows: readonly T[];
  /** So many were looked at: the newest. */
  readonly decisions: number;
  /** Of the oldest that was looked at; null: there are none. */
  readonly from: string | null;
}

const ofMerchant = (whose: Whose): RawBuilder<unknown> =>
  whose === null ? sql`` : sql`and d.merchant_id = any(${[whose]}::text[])`;

/**
 * With `ofMerchant` it is the order of the merchant's index alone: by time alone PostgreSQL may look through everybody's
 * decisions for a small merchant's.
 */
const newestFirst = (whose: Whose): RawBuilder<unknown> =>
  whose === null ? sql`order by d.at desc` : sql`order by d.merchant_id, d.at desc`;

const oldestFirst = (whose: Whose): RawBuilder<unknown> =>
  whose === null ? sql`order by d.at` : sql`order by d.merchant_id desc, d.at`;

/** The days that end now, and when the first decision in them was made. */
export async function findSpan(
  db: Db,
  whose: Whose,
  days: number,
): Promise<Span & { readonly first: string | null }> {
  const { rows } = await sql<Span & { readonly first: string | null }>`
    select to_json(n.at - ${days} * interval '1 day') #>> '{}' as from, to_json(n.at) #>> '{}' as to, (
      select to_json(d.at) #>> '{}' from risk_decisions d
      where d.at >= n.at - ${days} * interval '1 day' and d.at < n.at ${ofMerchant(whose)} ${oldestFirst(whose)} limit 1) as first
    from (select tender_now() as at) n`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('there is no time');
  return row;
}

/**
 * Facts of decisions all over the span: of each hour the newest, at most so many. So samples of a day and of a week
 * have their hours of the day in the same shares, and none is larger than its hours allow.
 */
export async function sampleFacts(
  db: Db,
  whose: Whose,
  { from, to }: Span,
  perHour: number,
): Promise<readonly Facts[]> {
  const { rows } = await sql<{ facts: Facts }>`
    select n.facts from generate_series(${from}::timestamptz, ${to}::timestamptz - interval '1 microsecond', interval '1 hour') h (at)
    cross join lateral (
      select d.facts, d.mode from risk_decisions d
      where d.at >= h.at and d.at < least(h.at + interval '1 hour', ${to}::timestamptz) ${ofMerchant(whose)}
      ${newestFirst(whose)} limit ${perHour}) n
    where n.mode = 'scored'`.execute(db);
  return rows.map(({ facts }) => facts);
}

/** What was done to the newest, `limit` at most. */
export async function tallyDecisions(
  db: Db,
  whose: Whose,
  { from, to }: Span,
  limit: number,
): Promise<Sampled<Tally>> {
  const { rows } = await sql<Tally & { readonly first: string }>`
    select (n.at at time zone 'UTC')::date::text as day, n.outcome, n.mode, n.fail_reason as "failReason", count(*)::int as count,
      to_json(min(n.at)) #>> '{}' as first
    from (
      select d.at, d.outcome, d.mode, d.fail_reason from risk_decisions d
      where d.at >= ${from}::timestamptz and d.at < ${to}::timestamptz ${ofMerchant(whose)} ${newestFirst(whose)} limit ${limit}) n
    group by 1, 2, 3, 4`.execute(db);
  const decisions = rows.reduce((total, { count }) => total + count, 0);
  const [first] = rows.map((row) => row.first).toSorted();
  return { rows, decisions, from: first ?? null };
}

interface ScoredRow extends Omit<ScoredDecision, 'amount'> {
  readonly amount: string;
  readonly modelVersion: string;
}

interface Looked {
  readonly decisions: number;
  readonly first: string | null;
  readonly scored: readonly ScoredRow[];
}

/**
 * The newest of the span, `limit` at most; of these, oldest first, those that were scored. `model`: by this version.
 * What the span ends before is old enough for its label.
 */
export async function listScored(
  db: Db,
  whose: Whose,
  { from, to }: Span,
  limit: number,
  model: string | undefined,
): Promise<Sampled<ScoredDecision>> {
  const { rows } = await sql<Looked>`
    with newest as materialized (
      select d.payment_id, d.attempt_number, d.at, d.mode, d.score, d.score_action, d.model_version, d.shadows from risk_decisions d
      where d.at >= ${from}::timestamptz and d.at < ${to}::timestamptz ${ofMerchant(whose)}
      ${newestFirst(whose)} limit ${limit})
    select count(*)::int as decisions, to_json(min(n.at)) #>> '{}' as first,
      coalesce(json_agg(json_build_object('day', (n.at at time zone 'UTC')::date, 'score', n.score, 'action', n.score_action,
        'amount', coalesce(a.amount, 0)::text, 'currency', coalesce(a.currency, ''), 'isFraud', ${isFraudByNow},
        'modelVersion', n.model_version, 'shadows', n.shadows) order by n.at) filter (where n.mode = 'scored'), '[]') as scored
    from newest n left join attempts a on a.payment_id = n.payment_id and a.number = n.attempt_number`.execute(
    db,
  );
  const [{ decisions, first, scored } = { decisions: 0, first: null, scored: [] }] = rows;
  const by = scored.filter(({ modelVersion }) => model === undefined || modelVersion === model);
  const asTold = by.map(({ amount, ...row }) => ({ ...row, amount: BigInt(amount) }));
  return { rows: asTold, decisions, from: first };
}

export interface RiskFigures {
  /** Of the last hour. */
  readonly decisions: readonly Omit<Tally, 'day'>[];
  /** Of the last hour, that stood in an attack. */
  readonly attacked: number;
  readonly openReviews: number;
  readonly oldestReviewSeconds: number;
  /** On lists because of attacks, by kind of entity. */
  readonly automaticEntries: Readonly<Record<string, number>>;
}

/** Of the whole installation. */
export async function readRiskFigures(db: Db): Promise<RiskFigures> {
  const { rows } = await sql<{ figures: RiskFigures }>`
    select jsonb_build_object(
      'decisions', (select coalesce(jsonb_agg(to_jsonb(g)), '[]') from (
        select d.outcome, d.mode, d.fail_reason as "failReason", count(*) as count from risk_decisions d
        where d.at > tender_now() - interval '1 hour' group by 1, 2, 3) g),
      'attacked', (select count(*) from risk_decisions d
        where d.at > tender_now() - interval '1 hour' and d.reasons @> '[{"kind": "attack"}]'),
      'openReviews', (select count(*) from reviews where status = 'open'),
      'oldestReviewSeconds', (select coalesce(floor(extract(epoch from tender_now() - min(opened_at))), 0)
        from reviews where status = 'open'),
      'automaticEntries', (select coalesce(jsonb_object_agg(entity, n), '{}') from (
        select entity, count(*) as n from risk_list_entries
        where added_by = 'tender' and removed_at is null and expires_at > tender_now() group by 1) e)) as figures`.execute(
    db,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('no figures of risk');
  return row.figures;
}
