-- Whoever pays merchants has a share of a provider of its own: it reads what all processes share, and takes no part of the rest.
drop function read_routing(text, int);
create function read_routing(p_process text, p_known_version int, p_is_caller boolean default true) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare newest int; at timestamptz := clock_timestamp();
begin
  -- Every few seconds only: this is asked for four times a second.
  if p_is_caller and not exists (select from provider_callers where process = p_process and seen_at > at - interval '3 seconds') then
    insert into provider_callers values (p_process, at) on conflict (process) do update set seen_at = at;
    delete from provider_callers where seen_at < at - interval '1 minute';
  end if;
  select max(version) into newest from routing_rules;
  return jsonb_build_object(
    'version', newest,
    'rules', case when newest is distinct from p_known_version then
      (select r.rules from routing_rules r where r.version = newest) end,
    'callers', (select count(*) from provider_callers where seen_at > at - interval '10 seconds'),
    'health', (select coalesce(jsonb_agg(jsonb_build_object(
        'provider', h.provider, 'is_open', h.is_open, 'reason', h.reason, 'opened_at', h.opened_at, 'openings', h.openings,
        'retry_in_ms', ceil(extract(epoch from h.retry_at - at) * 1000)::bigint,
        'probing_ms', ceil(extract(epoch from h.probe_until - at) * 1000)::bigint,
        'left_alone_ms', ceil(extract(epoch from h.left_alone_until - at) * 1000)::bigint)), '[]')
      from provider_health h));
end $$;
revoke execute on function read_routing(text, int, boolean) from public;
grant execute on function read_routing(text, int, boolean) to tender_worker;

-- Payouts that stand still are looked for as payments are.
alter table detections drop constraint detections_kind, add constraint detections_kind check (
  kind in ('unknown', 'unanswered', 'pending', 'overdue', 'payout', 'events', 'report', 'close'));
create or replace function find_detections(p_rules jsonb) returns table (kind text, subject text, provider text, payment_id text, merchant_id text,
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
  -- Nobody can say whether it was paid, the bank has it for longer than banks take, or nobody looks after it.
  select 'payout', w.id, w.destination ->> 'provider', null, w.merchant_id, coalesce(w.send_by, w.created_at),
    jsonb_build_object('status', w.status, 'amount', w.amount::text, 'currency', w.currency, 'told', w.basis ->> 'detail')
  from payouts w where w.due_at is not null and (
    w.status in ('submitting', 'unknown') and w.send_by < tender_now() - interval '1 day'
    or w.status = 'pending' and w.send_by < tender_now() - interval '5 days' or w.due_at < tender_now() - interval '1 hour')
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
