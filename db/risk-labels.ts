/**
 * Which decisions turned out to be about frauds. Fraud: the attempt that followed came to be disputed as one. None:
 * money was taken with it and nobody has said so by now. No label: it was stopped, refused, given back before capture
 * or is still open; nobody will ever dispute it, and to call it good would teach that what was stopped was good.
 */
import { sql, type RawBuilder } from 'kysely';
import type { Facts } from '../domain/risk/facts.ts';
import type { Db } from './client.ts';

/** Of the attempt `a` of a decision; null: no label. */
export const isFraudByNow: RawBuilder<boolean | null> = sql`case
  when exists (select from disputes x where x.payment_id = a.payment_id and x.attempt_id = a.id and is_fraud_reason(x.reason)) then true
  when exists (select from operations o where o.attempt_id = a.id and o.kind = 'capture' and o.status = 'succeeded') then false end`;

export interface LabelledFacts {
  readonly facts: Facts;
  readonly isFraud: boolean;
  /** Ms since 1970. */
  readonly atMs: number;
}

export interface LabelRange {
  /** ISO 8601; null: from the first on. */
  readonly from: string | null;
  /** Not included; null: as late as there are labels. */
  readonly to: string | null;
  /** What is younger has none. */
  readonly delayDays: number;
}

export interface LabelsRead {
  /** All that was decided in the range. */
  readonly decisions: number;
  /** Of them, those without features: risk could not be told. */
  readonly unscored: number;
  readonly unlabelled: number;
}

interface Row {
  readonly facts: Facts | null;
  readonly isFraud: boolean | null;
  readonly atMs: number;
}

const pageSize = 500;

/** All of one moment, oldest first, a page at a time: `take` is waited for before the next is read. */
export function readLabelled(
  db: Db,
  { from, to, delayDays }: LabelRange,
  take: (page: readonly LabelledFacts[]) => Promise<void>,
): Promise<LabelsRead> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      await sql`
      declare labels no scroll cursor for
      select case when d.mode = 'scored' then d.facts end as facts, ${isFraudByNow} as "isFraud", epoch_ms(d.at)::float8 as "atMs"
      from risk_decisions d left join attempts a on a.payment_id = d.payment_id and a.number = d.attempt_number
      where d.at >= coalesce(${sql.lit(from)}::timestamptz, '-infinity')
        and d.at < least(${sql.lit(to)}::timestamptz, tender_now() - ${sql.lit(delayDays)} * interval '1 day')
      order by d.at, d.payment_id, d.attempt_number`.execute(trx);
      const read = { decisions: 0, unscored: 0, unlabelled: 0 };
      for (;;) {
        const { rows } = await sql<Row>`fetch ${sql.lit(pageSize)} from labels`.execute(trx);
        if (rows.length === 0) return read;
        read.decisions += rows.length;
        read.unscored += rows.filter(({ facts }) => facts === null).length;
        read.unlabelled += rows.filter(
          ({ facts, isFraud }) => facts !== null && isFraud === null,
        ).length;
        await take(
          rows.flatMap(({ facts, isFraud, atMs }) =>
            facts === null || isFraud === null ? [] : [{ facts, isFraud, atMs }],
          ),
        );
      }
    });
}
