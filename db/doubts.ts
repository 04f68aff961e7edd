/** What is in doubt, as one merchant: found by partial indexes, however many payments there are. */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';

type Trx = Transaction<Database>;

export interface DoubtRow {
  readonly payment_id: string;
  readonly payment_status: string;
  readonly merchant_reference: string | null;
  readonly attempt_id: string;
  /** Null: the attempt itself. */
  readonly operation_id: string | null;
  readonly kind: 'sale' | 'authorize' | 'capture' | 'void' | 'refund' | 'increment';
  readonly status: 'submitting' | 'unknown';
  readonly provider: string;
  readonly provider_reference: string | null;
  readonly amount: number;
  readonly currency: string;
  /** ISO 8601: since the request whose outcome nobody knows was sent. */
  readonly since: string;
  readonly age_seconds: number;
  readonly lookups: number;
  readonly due_at: string | null;
  readonly parked_at: string | null;
  readonly case_id: string | null;
}

export interface DoubtTotal {
  readonly currency: string;
  readonly provider: string;
  readonly count: number;
  /** Minor units, decimal. */
  readonly shopper: string;
  readonly merchant: string;
  readonly oldest: string;
}

/** The very words of the indexes' predicates; whoever sent what is past its time has not come back. */
const inDoubt = (row: 'a' | 'd' | 'o'): RawBuilder<unknown> => {
  const status = sql.ref(`${row}.status`);
  const due = sql.ref(`${row}.due_at`);
  return sql`${status} in ('submitting', 'unknown') and (${status} = 'unknown' or ${due} <= tender_now())`;
};

/** Of one page of payments, newest payment first; one payment more than `limit` tells of more. */
export async function listDoubts(
  trx: Trx,
  merchantId: string,
  { limit, after }: Page,
): Promise<readonly DoubtRow[]> {
  const paymentsOf = (table: 'attempts' | 'operations'): RawBuilder<unknown> => sql`
    (select distinct d.payment_id from ${sql.table(table)} d
     where d.merchant_id = ${merchantId} and ${inDoubt('d')} ${after === undefined ? sql`` : sql`and d.payment_id < ${after}`}
     order by d.payment_id desc limit ${limit + 1})`;
  const { rows } = await sql<{ row: DoubtRow }>`
    with page as (
      select u.payment_id from (${paymentsOf('attempts')} union ${paymentsOf('operations')}) u
      order by u.payment_id desc limit ${limit + 1}),
    doubts as (
      select a.payment_id, a.id as attempt_id, null::text as operation_id, a.id as subject_id, a.kind, a.status, a.provider,
        a.provider_reference, a.amount, a.currency, a.created_at, a.lookups, a.due_at, a.parked_at
      from page join attempts a on a.payment_id = page.payment_id where ${inDoubt('a')}
      union all
      select o.payment_id, o.attempt_id, o.id, o.id, o.kind, o.status, a.provider,
        o.provider_reference, o.amount, o.currency,
        -- Asked for long before, perhaps, or sent a second time: the last permit is what counts.
        coalesce((select max(t.at) from timeline t where t.payment_id = o.payment_id and t.to_status = 'submitting'
          and t.evidence ->> 'operation_id' = o.id), o.created_at),
        o.lookups, o.due_at, o.parked_at
      from page join operations o on o.payment_id = page.payment_id join attempts a on a.id = o.attempt_id
      where ${inDoubt('o')})
    select to_jsonb(d) || jsonb_build_object('since', d.created_at,
        'age_seconds', floor(extract(epoch from tender_now() - d.created_at)),
        'payment_status', p.status, 'merchant_reference', p.merchant_reference,
        'case_id', (select c.id from cases c where c.subject_id = d.subject_id and c.kind = 'unknown' and c.status = 'open'))
      as row
    from doubts d join payments p on p.id = d.payment_id
    order by d.payment_id desc, d.created_at, d.subject_id`.execute(trx);
  return rows.map(({ row }) => row);
}

/** All there is, by currency and provider: as many rows are read as are in doubt. */
export async function doubtTotals(trx: Trx, merchantId: string): Promise<readonly DoubtTotal[]> {
  const { rows } = await sql<{ row: DoubtTotal }>`
    select jsonb_build_object('currency', d.currency, 'provider', d.provider, 'count', count(*),
      'shopper', coalesce(sum(d.amount) filter (where d.kind <> 'refund'), 0)::text,
      'merchant', coalesce(sum(d.amount) filter (where d.kind = 'refund'), 0)::text,
      'oldest', min(d.created_at)) as row
    from (
      select a.currency, a.provider, a.kind, a.amount, a.created_at from attempts a
      where a.merchant_id = ${merchantId} and ${inDoubt('a')}
      union all
      select o.currency, a.provider, o.kind, o.amount, o.created_at from operations o join attempts a on a.id = o.attempt_id
      where o.merchant_id = ${merchantId} and ${inDoubt('o')}) d
    group by d.currency, d.provider order by d.currency, d.provider`.execute(trx);
  return rows.map(({ row }) => row);
}
