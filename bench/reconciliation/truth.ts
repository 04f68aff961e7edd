/** What became of every movement, held against what really happened. */
import type pg from 'pg';

export interface Compared {
  readonly movements: number;
  /** Matched with the line that tells of it, and with no other. */
  readonly right: number;
  /** Matches that are not true. */
  readonly wrong: number;
  /** Of these clean files there are none. */
  readonly breaks: number;
}

const movements = `
  select capture_id as subject_id, capture_reference as reference from truth.payments
  union all select refund_id, refund_reference from truth.payments where refund_id is not null`;

export async function compareWithTruth(owner: pg.Pool): Promise<Compared> {
  const { rows } = await owner.query<Record<keyof Compared, string>>(`
    with movements as (${movements}),
    matched as (
      select m.subject_id, l.provider_reference as reference from settlement_matches m
      join settlement_lines l on (l.reconciliation_id, l.line) = (m.reconciliation_id, m.line)
    ), each as (
      select t.subject_id, count(m) as times from movements t left join matched m using (subject_id, reference) group by 1
    )
    select (select count(*) from movements) as movements, (select count(*) from each where times = 1) as right,
      (select count(*) from matched m where not exists (
        select from movements t where (t.subject_id, t.reference) = (m.subject_id, m.reference))) as wrong,
      (select count(*) from breaks) as breaks`);
  const [found] = rows;
  if (found === undefined) throw new Error('no answer');
  return {
    ...{ movements: Number(found.movements), right: Number(found.right) },
    ...{ wrong: Number(found.wrong), breaks: Number(found.breaks) },
  };
}
