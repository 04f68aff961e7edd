/** Every break that there is held against those that were planted, and every line that nothing was said of. */
import type pg from 'pg';

export interface OfKind {
  readonly planted: number;
  /** Planted ones that something was said of. */
  readonly found: number;
  /** By exactly their name, about the right one of ours, and by no other. */
  readonly named: number;
  /** Breaks of this name where it is not what is wrong. */
  readonly wrong: number;
}

export interface Judged {
  readonly kinds: Readonly<Record<string, OfKind>>;
  readonly cleanLines: number;
  /** Movements in files that are neither matched nor questioned. */
  readonly silent: number;
  /** Lines matched with what they are not. */
  readonly mismatched: number;
  /** A few of what went wrong, in words. */
  readonly examples: readonly string[];
}

const examplesOfEach = 3;

/** `key`: as in `truth.planted`. */
const said = `
  create table truth.said as
  select b.id, b.kind, b.provider, b.subject_id, b.status, b.resolution ->> 'reason' as reason,
    coalesce(l.provider_reference, p.provider_reference, b.subject_id, r.file_name, b.id) as key
  from breaks b left join reconciliations r on r.id = b.reconciliation_id
  left join settlement_lines l on (l.reconciliation_id, l.line) = (b.reconciliation_id, b.line)
  -- A payout is known by its line.
  left join announced_payouts a on b.kind = 'bank' and a.id = b.subject_id
  left join settlement_lines p on p.reconciliation_id = a.reconciliation_id
    and a.id = p.reconciliation_id || '/' || p.line;
  create table truth.verdicts as
  select p.kind, p.provider, p.key, p.n, count(s.id) as told, coalesce(bool_and(s.kind = p.kind
    and (p.subject_id is null or s.subject_id = p.subject_id)
    -- Open until it is explained; that a line is of another day Tender takes as it is.
    and s.status = case p.kind when 'time' then 'resolved' else 'open' end), false) and count(s.id) = 1 as is_right
  from truth.planted p left join truth.said s using (provider, key) group by 1, 2, 3, 4`;

const ofKinds = `
  select kind, coalesce(v.planted, 0)::int as planted, coalesce(v.found, 0)::int as found, coalesce(v.named, 0)::int as named,
    coalesce(f.wrong, 0)::int as wrong
  from (select kind, count(*) as planted, count(*) filter (where told > 0) as found, count(*) filter (where is_right) as named
    from truth.verdicts group by 1) v
  full join (select s.kind, count(*) as wrong from truth.said s left join truth.verdicts v using (provider, key)
    where v.is_right is not true group by 1) f using (kind) order by 1`;

const ofLines = `
  with movements as (
    select capture_id as id, capture_reference as reference from truth.payments
    union all select attempt_id, capture_reference from truth.payments where is_sale
    union all select refund_id, refund_reference from truth.payments where refund_id is not null
    union all select dispute_id, 'dp_' || n from truth.stripe where dispute_id is not null
  ), l as (
    select l.* from settlement_lines l join reconciliations r on r.id = l.reconciliation_id
    where r.kind = 'settlement' and l.kind not in ('payout', 'collection'))
  select (select count(*) from l where not exists (select from truth.planted p where p.key = l.provider_reference))::int as clean,
    (select count(*) from l where not exists (select from settlement_matches m where (m.reconciliation_id, m.line) = (l.reconciliation_id, l.line))
      and not exists (select from breaks b where (b.reconciliation_id, b.line) = (l.reconciliation_id, l.line)))::int as silent,
    (select count(*) from settlement_matches m join l on (l.reconciliation_id, l.line) = (m.reconciliation_id, m.line)
      where not exists (select from movements t where (t.id, t.reference) = (m.subject_id, l.provider_reference)))::int as mismatched`;

const examples = `
  select * from (
    select v.kind || ' planted at ' || v.key || coalesce(' (n ' || v.n || ')', '') || ': ' || coalesce(string_agg(concat_ws(' ', s.kind, 'about', s.subject_id,
      s.status, s.reason), '; '), 'nothing') as told, row_number() over (partition by v.kind order by v.key) as place
    from truth.verdicts v left join truth.said s using (provider, key) where not v.is_right group by v.kind, v.provider, v.key, v.n
    union all
    select 'nothing planted at ' || s.provider || ' ' || s.key || ': ' || s.kind, row_number() over (partition by s.kind order by s.key)
    from truth.said s where not exists (select from truth.planted p where (p.provider, p.key) = (s.provider, s.key))) x
  where place <= ${String(examplesOfEach)} order by told`;

export async function judge(owner: pg.Pool): Promise<Judged> {
  await owner.query(said);
  const kinds = await owner.query<OfKind & { kind: string }>(ofKinds);
  const { rows } = await owner.query<{ clean: number; silent: number; mismatched: number }>(
    ofLines,
  );
  const [lines] = rows;
  if (lines === undefined) throw new Error('no answer');
  const told = await owner.query<{ told: string }>(examples);
  return {
    kinds: Object.fromEntries(kinds.rows.map(({ kind, ...counts }) => [kind, counts])),
    ...{ cleanLines: lines.clean, silent: lines.silent, mismatched: lines.mismatched },
    examples: told.rows.map((row) => row.told),
  };
}
