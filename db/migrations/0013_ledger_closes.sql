-- Time in the books: a horizon before which nothing can change any more, reads on both axes, closes with
-- the trial balance of their time, and what others say stands where.

-- What banks and providers say stands where: settlement imports write it, the proofs compare.
create table external_balances (
  id bigint generated always as identity constraint external_balances_pkey primary key,
  account text not null constraint external_balances_account check (account in ('1010', '1100')),
  provider text not null default '',
  currency text not null constraint external_balances_currency check (currency ~ '^[A-Z]{3}$'),
  as_of timestamptz not null,
  -- On the debit side, over all merchants.
  amount numeric(38, 0) not null,
  source text not null,
  recorded_at timestamptz not null default tender_now()
);

-- Nothing recorded up to `settled_at` can be added any more. The sealer looks every second: once all
-- transactions that ran when it looked are over, whatever comes was written after that look.
create table ledger_horizon (
  singleton boolean constraint ledger_horizon_pkey primary key default true constraint ledger_horizon_singleton check (singleton),
  settled_at timestamptz not null,
  looked_at timestamptz not null,
  looked_below xid8 not null
);
insert into ledger_horizon (settled_at, looked_at, looked_below)
values (tender_now() - interval '1 second', tender_now(), pg_snapshot_xmax(pg_current_snapshot()));
create function advance_ledger_horizon() returns timestamptz language plpgsql security definer set search_path = public, pg_temp as $$
declare h ledger_horizon; seen pg_snapshot; at timestamptz;
begin
  select * into strict h from ledger_horizon for no key update;
  -- The time first: a transaction that starts in between has a number not yet seen.
  at := tender_now();
  seen := pg_current_snapshot();
  if pg_snapshot_xmin(seen) >= h.looked_below then
    -- A second less: an entry takes its time a moment before its transaction has a number.
    update ledger_horizon set settled_at = greatest(settled_at, h.looked_at - interval '1 second'),
      looked_at = at, looked_below = pg_snapshot_xmax(seen) returning settled_at into h.settled_at;
  end if;
  return h.settled_at;
end $$;
create function ledger_settled_at() returns timestamptz language sql stable security definer set search_path = public, pg_temp as $$
  select settled_at from ledger_horizon
$$;

-- The books on both axes: of what had been recorded up to p_recorded, what had happened before p_effective.
create function balances_at(p_merchant_id text, p_recorded timestamptz, p_effective timestamptz default 'infinity')
returns table (merchant_id text, account text, provider text, currency text, pending_debits numeric, pending_credits numeric,
  posted_debits numeric, posted_credits numeric) language sql stable
set enable_seqscan = on set enable_bitmapscan = on set plan_cache_mode = auto as $$
  select p.merchant_id, p.account, p.provider, p.currency,
    coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = 'debit'), 0)
      - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = 'credit'), 0),
    coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = 'credit'), 0)
      - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = 'debit'), 0),
    coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = 'debit'), 0),
    coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = 'credit'), 0)
  from postings p join journal_entries e on e.id = p.entry_id
  where (p_merchant_id is null or p.merchant_id = p_merchant_id) and e.recorded_at <= p_recorded and e.effective_at < p_effective
  group by 1, 2, 3, 4
$$;

drop function balances_as_of(text, timestamptz);

-- A day is closed softly (its figures are kept, late facts may still be dated into it), a month hard.
create table ledger_closes (
  period text constraint ledger_closes_pkey primary key constraint ledger_closes_period check (period ~ '^\d{4}-\d\d(-\d\d)?$'),
  kind text not null constraint ledger_closes_kind check (kind in ('day', 'month')),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  -- What had been recorded by then is what the figures are of.
  as_of timestamptz not null,
  closed_at timestamptz not null default tender_now(),
  closed_by text not null,
  reason text not null,
  entries bigint not null,
  chain_head text,
  open_alarms bigint not null,
  unknown_count bigint not null,
  -- Per currency, in minor units.
  unknown_exposure jsonb not null
);
create table ledger_close_balances (
  period text not null constraint ledger_close_balances_period references ledger_closes,
  merchant_id text not null,
  account text not null,
  provider text not null,
  currency text not null,
  pending_debits numeric(38, 0) not null,
  pending_credits numeric(38, 0) not null,
  posted_debits numeric(38, 0) not null,
  posted_credits numeric(38, 0) not null,
  constraint ledger_close_balances_pkey primary key (period, merchant_id, account, provider, currency)
);

-- The end of a month, fixed before its figures are taken: from `fixed_at` on nothing is dated into it any more,
-- and what was dated into it before is committed. A commit of its own, so that postings wait for nothing longer.
create table closed_months (
  period text constraint closed_months_pkey primary key constraint closed_months_period check (period ~ '^\d{4}-\d\d$'),
  ends_at timestamptz not null,
  fixed_at timestamptz not null
);
-- TD014 where the month is not over, or a transaction that has posted does not end: who posts waits meanwhile.
create function fix_month(p_date date) returns void language plpgsql
security definer set search_path = public, pg_temp set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
  month text := to_char(p_date, 'YYYY-MM');
  next_month date := (date_trunc('month', p_date) + interval '1 month')::date;
begin
  if exists (select from closed_months where period = month) then return; end if;
  if tender_now() < next_month then
    raise exception 'month % is not over', month using errcode = 'TD014', constraint = 'period_open';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('ledger_periods', 0));
  update ledger_periods_moved set times = times + 1;
  insert into closed_months values (month, next_month, tender_now()) on conflict do nothing;
  insert into ledger_periods as l (merchant_id, closed_until) select m.id, next_month - 1 from merchants m
  on conflict (merchant_id) do update set closed_until = greatest(l.closed_until, excluded.closed_until);
exception when lock_not_available then
  raise exception 'a transaction that posts still runs' using errcode = 'TD014', constraint = 'period_open';
end $$;

-- Answers the close; closing again answers the first one. TD014: not over yet, or not settled yet; of a month,
-- that it is not fixed.
create function close_period(p_kind text, p_date date, p_actor text, p_reason text) returns ledger_closes language plpgsql
security definer set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
  c ledger_closes;
  first_day date := case p_kind when 'month' then date_trunc('month', p_date)::date else p_date end;
begin
  c.period := to_char(first_day, case p_kind when 'month' then 'YYYY-MM' else 'YYYY-MM-DD' end);
  perform pg_advisory_xact_lock(hashtextextended('close_period', 0));
  select * into c from ledger_closes k where k.period = c.period;
  if found then return c; end if;
  c.period := to_char(first_day, case p_kind when 'month' then 'YYYY-MM' else 'YYYY-MM-DD' end);
  c.kind := p_kind;
  c.starts_at := first_day;
  c.ends_at := first_day + case p_kind when 'month' then interval '1 month' else interval '1 day' end;
  c.as_of := case p_kind when 'month' then (select m.fixed_at from closed_months m where m.period = c.period)
    else advance_ledger_horizon() end;
  if (c.as_of >= c.ends_at) is not true then
    raise exception 'period % is not over, or a transaction of it still runs', c.period using errcode = 'TD014', constraint = 'period_open';
  end if;
  c.closed_at := tender_now();
  c.closed_by := p_actor;
  c.reason := p_reason;
  select count(*) into c.entries from journal_entries e
    where e.recorded_at <= c.as_of and e.effective_at >= c.starts_at and e.effective_at < c.ends_at;
  c.chain_head := ledger_head();
  select count(*) into c.open_alarms from open_ledger_alarms();
  select coalesce(sum(n), 0), coalesce(jsonb_object_agg(currency, amount::text), '{}') into c.unknown_count, c.unknown_exposure from (
    select currency, count(*) as n, sum(amount) as amount from (
      select currency, amount from attempts where status = 'unknown'
      union all select currency, amount from operations where status = 'unknown') u group by 1) per;
  insert into ledger_closes select c.*;
  insert into ledger_close_balances
  select c.period, b.* from balances_at(null, c.as_of, c.ends_at) b;
  return c;
end $$;

-- The first balance of a close that the books no longer give, or null.
create function ledger_close_broken(p_period text) returns text language sql stable
set enable_seqscan = on set enable_bitmapscan = on set jit = off as $$
  select 'close ' || p_period || ' stored another balance of ' || concat_ws('/', merchant_id, account, provider, currency) || ' than its as-of gives'
  from (select b.* from ledger_closes c, balances_at(null, c.as_of, c.ends_at) b where c.period = p_period) n
  full join (select * from ledger_close_balances where period = p_period) s using (merchant_id, account, provider, currency)
  where (n.pending_debits, n.pending_credits, n.posted_debits, n.posted_credits)
    is distinct from (s.pending_debits, s.pending_credits, s.posted_debits, s.posted_credits)
  order by 1 limit 1
$$;

-- A new merchant begins with what is closed already.
create function close_for_merchant() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform hold_ledger_periods();
  insert into ledger_periods (merchant_id, closed_until)
  select new.id, (max(ends_at) at time zone 'UTC')::date - 1 from closed_months having count(*) > 0;
  return null;
end $$;
create trigger merchants_closed_until after insert on merchants for each row execute function close_for_merchant();

do $$
declare t text;
begin
  foreach t in array array['external_balances', 'ledger_closes', 'ledger_close_balances', 'closed_months'] loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_rewrite()', t || '_append_only', t);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_rewrite()', t || '_no_truncate', t);
    execute format('grant select on %I to tender_worker', t);
  end loop;
end $$;
alter table ledger_close_balances enable row level security, force row level security;
create policy owner_all on ledger_close_balances to tender_owner using (true) with check (true);
create policy worker_all on ledger_close_balances to tender_worker using (true) with check (true);
grant insert on external_balances to tender_worker;
revoke execute on function advance_ledger_horizon(), ledger_settled_at(), fix_month(date), close_period(text, date, text, text) from public;
grant execute on function advance_ledger_horizon(), fix_month(date), close_period(text, date, text, text) to tender_worker;
grant execute on function ledger_settled_at() to tender_api, tender_worker;
