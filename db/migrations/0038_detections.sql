-- What has stood still for longer than it should, looked for by a schedule: a row from its first sight to its end.

create table detections (
  id text constraint detections_pkey primary key default 'det_' || uuidv7(),
  kind text not null constraint detections_kind check (kind in ('unknown', 'unanswered', 'pending', 'overdue', 'events', 'report', 'close')),
  -- What it is about: an attempt, an operation, a payment, a provider, or days or months.
  subject text not null,
  provider text,
  payment_id text references payments,
  merchant_id text references merchants,
  -- Since when it has been so, not since when it was seen.
  since timestamptz not null,
  detail jsonb not null default '{}',
  opened_at timestamptz not null default tender_now(),
  closed_at timestamptz,
  constraint detections_in_order check (closed_at >= opened_at)
);
-- Seen again, it is the same one; once it was over, another.
create unique index detections_once on detections (kind, subject) where closed_at is null;
alter table detections enable row level security, force row level security;
create policy owner_all on detections to tender_owner using (true) with check (true);
create policy worker_all on detections to tender_worker using (true) with check (true);
grant select, insert, update on detections to tender_worker;

-- p_rules: [{ provider, doubt_s, report_s }]: how long an unknown, and the silence of its files, may last.
create function find_detections(p_rules jsonb) returns table (kind text, subject text, provider text, payment_id text, merchant_id text,
  since timestamptz, detail jsonb) language sql stable set search_path = public, pg_temp set timezone = 'UTC' as $$
  with rules as (
    select r.provider, r.doubt_s * interval '1 second' as doubt, r.report_s * interval '1 second' as report
    from jsonb_to_recordset(p_rules) as r (provider text, doubt_s float8, report_s float8)
  ), doubtful as (
    select a.status, a.id, a.provider, a.payment_id, a.merchant_id, a.send_by, a.amount, a.currency, 'attempt' as what
    from attempts a where a.status in ('submitting', 'unknown')
    union all
    select o.status, o.id, a.provider, o.payment_id, o.merchant_id, o.send_by, o.amount, o.currency, o.kind
    from operations o left join attempts a on a.id = o.attempt_id where o.status in ('submitting', 'unknown')
  ), covered as (
    select f.provider, f.covers_from, f.covers_to from settlement_files f
    union all
    select c.provider, c.covers_from, c.covers_to from reconciliations c
    where c.kind = 'settlement' and c.status in ('imported', 'matched', 'posted', 'completed') and c.covers_to is not null
  ), ends as (
    -- Where a provider's files leave off, at a hole between two of them or for now.
    select c.provider, c.covers_to, exists (select from covered l where l.provider = c.provider and l.covers_from > c.covers_to) as is_hole
    from covered c
    where not exists (select from covered n where n.provider = c.provider and n.covers_from <= c.covers_to and n.covers_to > c.covers_to)
  ), owing as (
    select b.provider, min(began.at) as at
    from account_balances b, lateral (
      select e.effective_at as at from postings p join journal_entries e on e.id = p.entry_id
      where (p.merchant_id, p.account, p.currency, p.provider) = (b.merchant_id, b.account, b.currency, b.provider)
      order by p.entry_id limit 1) began
    where b.account = '1100' and b.provider <> '' and b.posted_debits <> b.posted_credits group by b.provider
  ), silent as (
    select provider, covers_to as since from ends where is_hole
    union all
    select o.provider, coalesce((select max(e.covers_to) from ends e where e.provider = o.provider), o.at) from owing o
  )
  select case d.status when 'unknown' then 'unknown' else 'unanswered' end, d.id, d.provider, d.payment_id, d.merchant_id, d.send_by,
    jsonb_build_object('what', d.what, 'amount', d.amount::text, 'currency', d.currency)
  from doubtful d left join rules r using (provider)
  where d.send_by < tender_now() - case d.status when 'unknown' then coalesce(r.doubt, interval '1 day') else interval '10 minutes' end
  union all
  -- Nothing waits so long for its provider that is still to be told of.
  select 'pending', a.id, a.provider, a.payment_id, a.merchant_id, a.updated_at, jsonb_build_object('what', 'attempt', 'status', a.status)
  from payments p join attempts a on a.payment_id = p.id
  where p.wake_at is not null and a.status in ('pending', 'voiding') and a.updated_at < tender_now() - interval '15 days'
  union all
  select 'pending', o.id, null, o.payment_id, o.merchant_id, o.updated_at, jsonb_build_object('what', o.kind, 'status', o.status)
  from payments p join operations o on o.payment_id = p.id
  where p.wake_at is not null and o.status = 'pending' and o.updated_at < tender_now() - interval '15 days'
  union all
  select 'overdue', p.id, null, p.id, p.merchant_id, p.wake_at, jsonb_build_object('status', p.status)
  from payments p where p.wake_at < tender_now() - interval '15 minutes'
  union all
  select 'events', i.provider, i.provider, null, null, min(i.received_at), jsonb_object_agg(i.state, i.n)
  from (select n.provider, n.state, min(n.received_at) as received_at, count(*) as n from inbox n
    where n.handled_at is null and n.state in ('unmatched', 'mismatch') group by 1, 2) i
  group by i.provider
  union all
  select 'report', s.provider, s.provider, null, null, min(s.since), jsonb_build_object('gaps', count(*))
  from silent s left join rules r using (provider)
  where s.since < tender_now() - coalesce(r.report, interval '3 days') group by s.provider
  union all
  -- They are closed by schedules of their own, a month after four days.
  select 'close', k.kind, null, null, null, min(d.first_day)::timestamptz, jsonb_build_object('first', min(d.first_day))
  from (values ('day', interval '1 day'), ('month', interval '6 days')) k (kind, after),
    periods_to_close(k.kind, k.after, 1) d (first_day)
  group by k.kind
$$;

-- Answers what has changed; two at once take turns.
create function record_detections(p_rules jsonb) returns table (change text, kind text, subject text, provider text, payment_id text,
  since timestamptz, detail jsonb) language plpgsql set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtextextended('detections', 0));
  return query
  with found as materialized (select * from find_detections(p_rules)),
  gone as (
    update detections d set closed_at = tender_now()
    where d.closed_at is null and not exists (select from found f where (f.kind, f.subject) = (d.kind, d.subject)) returning d.*
  ), again as (
    update detections d set detail = f.detail, since = f.since from found f
    where d.closed_at is null and (f.kind, f.subject) = (d.kind, d.subject) and (f.detail, f.since) is distinct from (d.detail, d.since)
  ), fresh as (
    insert into detections (kind, subject, provider, payment_id, merchant_id, since, detail)
    select f.* from found f where not exists (
      select from detections d where d.closed_at is null and (f.kind, f.subject) = (d.kind, d.subject))
    returning *
  )
  select 'opened', n.kind, n.subject, n.provider, n.payment_id, n.since, n.detail from fresh n
  union all
  select 'closed', g.kind, g.subject, g.provider, g.payment_id, g.since, g.detail from gone g;
end $$;
revoke execute on function find_detections(jsonb), record_detections(jsonb) from public;
grant execute on function find_detections(jsonb), record_detections(jsonb) to tender_worker;
