/** What the whole installation is watched by; each figure costs what is open, not what is stored. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

export interface ServiceFigures {
  readonly nowMs: number;
  readonly openBreaks: Readonly<Record<string, number>>;
  readonly oldestBreakSeconds: number;
  readonly openCases: Readonly<Record<string, number>>;
  readonly standsStill: Readonly<Record<string, number>>;
  readonly inDoubt: readonly {
    readonly provider: string;
    readonly currency: string;
    readonly count: number;
    /** Minor units, decimal. */
    readonly exposure: string;
  }[];
  readonly ledgerAlarms: number;
  readonly ledgerStopped: boolean;
}

export async function readServiceFigures(db: Db): Promise<ServiceFigures> {
  const { rows } = await sql<{ figures: ServiceFigures }>`
    select jsonb_build_object('nowMs', floor(extract(epoch from tender_now()) * 1000),
      'openBreaks', (select coalesce(jsonb_object_agg(kind, n), '{}')
        from (select kind, count(*) as n from breaks where status = 'open' group by 1) b),
      'oldestBreakSeconds', (select coalesce(floor(extract(epoch from tender_now() - min(opened_at))), 0)
        from breaks where status = 'open'),
      'openCases', (select coalesce(jsonb_object_agg(kind, n), '{}')
        from (select kind, count(*) as n from cases where status = 'open' group by 1) c),
      'standsStill', (select coalesce(jsonb_object_agg(kind, n), '{}')
        from (select kind, count(*) as n from detections where closed_at is null group by 1) d),
      'inDoubt', (select coalesce(jsonb_agg(to_jsonb(g) order by g.provider, g.currency), '[]') from (
        select u.provider, u.currency, count(*) as count, sum(u.amount)::text as exposure from (
          select a.provider, a.currency, a.amount from attempts a
          where a.status in ('submitting', 'unknown') and (a.status = 'unknown' or a.due_at <= tender_now())
          union all
          select a.provider, o.currency, o.amount from operations o join attempts a on a.id = o.attempt_id
          where o.status in ('submitting', 'unknown') and (o.status = 'unknown' or o.due_at <= tender_now())) u
        group by 1, 2) g),
      'ledgerAlarms', (select count(*) from open_ledger_alarms()),
      'ledgerStopped', ledger_is_stopped()) as figures`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('no figures of the service');
  return row.figures;
}
