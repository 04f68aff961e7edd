/**
 * Which movements of the month something is to be wrong about, before anything is made from it: each has one
 * mistake at most. `truth.planted` has a row per break that is to be found: its kind, what it is about in our
 * books (null: nothing), and where it is told of: the provider's id on its line, else that of ours or the file.
 */
import type pg from 'pg';
import { dayMs, processors, type Month } from '../reconciliation/movements.ts';

/** What the day files of processors can have wrong. */
export const dayKinds = [
  ...(['missing_internal', 'missing_external', 'amount', 'fee', 'currency'] as const),
  ...(['duplicate_external', 'duplicate_internal', 'time', 'state', 'reference'] as const),
];
export type DayKind = (typeof dayKinds)[number];

export interface Planted {
  readonly kind: string;
  readonly provider: string;
  readonly key: string;
  readonly subject: string | null;
}

/** Numbers of the second rows of what we recorded twice, beside those of the month. */
export const twins = 10_000_000;

/** Not in the last days: what is missing is looked for when the files of two more days are there. */
export async function plan(owner: pg.Pool, month: Month, each: number): Promise<void> {
  const day = (count: number): string =>
    `to_timestamp(${String((month.from + count * dayMs) / 1_000)})`;
  await owner.query(`
    create table truth.planted (kind text not null, provider text not null, key text not null, subject_id text, n int,
      primary key (provider, key));
    create table truth.chosen as
    select n, (array['${dayKinds.join("','")}'])[1 + (place - 1) / ${String(each)}] as kind
    from (select n, row_number() over (order by truth.draw(n, 100, 2147483647), n) as place from truth.payments
      where refund_id is null and at >= ${day(2)} and at < ${day(24)} and provider in ('${processors.join("','")}')) drawn
    where place <= ${String(each * dayKinds.length)};
    insert into truth.unbooked select n from truth.chosen where kind = 'state';
    insert into truth.payments
    select p.n + ${String(twins)}, p.template, p.provider, p.merchant_id, p.currency, p.amount, p.refund, x.at, p.refunded_at, p.is_sale,
      'pay_' || uuidv7(x.at - clock_timestamp()), 'att_' || uuidv7(x.at - clock_timestamp()), 'op_' || uuidv7(x.at - clock_timestamp()), null,
      p.attempt_reference, p.capture_reference, p.refund_reference
    from truth.payments p join truth.chosen c on c.n = p.n and c.kind = 'duplicate_internal'
    -- The one that the file names is the earlier as often as the later.
    cross join lateral (select p.at + interval '1 second' * case when p.n % 2 = 0 then 1 else -1 end as at) x;
    insert into truth.planted
    select c.kind, p.provider, case c.kind when 'missing_internal' then p.provider || '_lost_' || p.n
        when 'duplicate_external' then p.provider || '_again_' || p.n when 'missing_external' then p.capture_id
        when 'duplicate_internal' then twin.capture_id else p.capture_reference end,
      case when c.kind = 'missing_internal' then null when c.kind = 'duplicate_internal' then twin.capture_id
        when c.kind = 'state' and p.is_sale then p.attempt_id else p.capture_id end, p.n
    from truth.chosen c join truth.payments p on p.n = c.n left join truth.payments twin on twin.n = p.n + ${String(twins)}`);
}

export async function writeDown(owner: pg.Pool, planted: readonly Planted[]): Promise<void> {
  await owner.query(
    `insert into truth.planted (kind, provider, key, subject_id)
     select kind, provider, key, subject from jsonb_to_recordset($1::jsonb) x (kind text, provider text, key text, subject text)`,
    [JSON.stringify(planted)],
  );
}
