-- What proves the books afterwards: a hash chain over batches of entries (sealed behind the posting
-- transactions, so it makes none of them wait), alarms that stop new payments, a horizon before which
-- nothing can change any more, and closes with the trial balance of their day.

create table ledger_batches (
  number bigint constraint ledger_batches_pkey primary key,
  previous_hash bytea not null,
  hash bytea not null,
  entries int not null,
  postings int not null,
  sealed_at timestamptz not null,
  -- Every entry of a transaction before this one is sealed, here or earlier.
  sealed_below xid8 not null
);
create table ledger_batch_entries (
  entry_id text constraint ledger_batch_entries_pkey primary key,
  batch bigint not null constraint ledger_batch_entries_batch references ledger_batches deferrable initially deferred,
  position int not null,
  hash bytea not null,
  constraint ledger_batch_entries_place unique (batch, position)
);
create index journal_entries_by_transaction on journal_entries (transaction_id);

-- An entry and its postings, all columns: one that is added later is part of it where it is not null.
create function ledger_entry_hash(entry journal_entries) returns bytea language sql stable as $$
  select sha256(convert_to(jsonb_strip_nulls(to_jsonb(entry))::text || coalesce((
    select string_agg(jsonb_strip_nulls(to_jsonb(p))::text, E'\n' order by p.line) from postings p where p.entry_id = entry.id), ''), 'UTF8'))
$$;
create function ledger_batch_hash(batch ledger_batches, hashes bytea) returns bytea language sql stable as $$
  select sha256(batch.previous_hash || convert_to(concat_ws('|', batch.number, batch.entries, batch.postings,
    extract(epoch from batch.sealed_at), batch.sealed_below), 'UTF8') || hashes)
$$;
create function ledger_genesis() returns bytea language sql immutable as $$ select sha256('tender ledger'::bytea) $$;

-- Seals whatever is committed and not sealed yet, at most p_limit entries; answers how many. One sealer at
-- a time: the lock is the sealer's alone. Transactions below the oldest running one add nothing more, so
-- the next look begins there.
create function seal_ledger(p_limit int) returns int language plpgsql security definer
set search_path = public, pg_temp set timezone = 'UTC' set enable_seqscan = off set enable_bitmapscan = off as $$
declare last ledger_batches; batch ledger_batches; below xid8; found_entries int; hashes bytea;
begin
  perform pg_advisory_xact_lock(hashtextextended('seal_ledger', 0));
  select * into last from ledger_batches order by number desc limit 1;
  batch.number := coalesce(last.number, 0) + 1;
  batch.previous_hash := coalesce(last.hash, ledger_genesis());
  below := pg_snapshot_xmin(pg_current_snapshot());
  -- Deferred: the batch itself comes after its entries are known.
  with fresh as (
    select e as entry, e.id, e.transaction_id from journal_entries e
    where e.transaction_id >= coalesce(last.sealed_below, '0')
      and not exists (select from ledger_batch_entries b where b.entry_id = e.id)
    order by e.transaction_id, e.id limit p_limit
  ), sealed as (
    insert into ledger_batch_entries (entry_id, batch, position, hash)
    select f.id, batch.number, row_number() over (order by f.transaction_id, f.id), ledger_entry_hash(f.entry) from fresh f
    returning entry_id, position, hash
  )
  select count(*), string_agg(s.hash, ''::bytea order by s.position),
      (select count(*) from sealed s2 join postings p on p.entry_id = s2.entry_id),
      case when count(*) = p_limit then least(below, (select max(f.transaction_id) from fresh f)) else below end
    into found_entries, hashes, batch.postings, batch.sealed_below from sealed s;
  if found_entries = 0 then return 0; end if;
  batch.entries := found_entries;
  batch.sealed_at := tender_now();
  batch.hash := ledger_batch_hash(batch, hashes);
  insert into ledger_batches select batch.*;
  return found_entries;
end $$;

-- The head as one publishes it outside: `<number>:<hash>`; null while nothing is sealed.
create function ledger_head() returns text language sql stable as $$
  select number || ':' || encode(hash, 'hex') from ledger_batches order by number desc limit 1
$$;

-- Checks the batches p_from to p_to against the books; the first row that does not hold, in chain order.
create function check_ledger_chain(p_from bigint, p_to bigint, out entries bigint, out postings bigint, out broken text)
language plpgsql stable set timezone = 'UTC' set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
  with lines as materialized (
    select s.batch, s.position, s.entry_id, s.hash as stored, e.id is null as missing, x.lines,
      case when e.id is not null then sha256(convert_to(jsonb_strip_nulls(to_jsonb(e))::text || coalesce(x.body, ''), 'UTF8')) end as actual
    from ledger_batch_entries s
    left join journal_entries e on e.id = s.entry_id
    left join lateral (
      select count(*) as lines, string_agg(jsonb_strip_nulls(to_jsonb(p))::text, E'\n' order by p.line) as body
      from postings p where p.entry_id = s.entry_id) x on true
    where s.batch between p_from and p_to
  ), made as (
    select b.number, b.entries as said_entries, b.postings as said_postings,
      coalesce(l.n, 0) as entries, coalesce(l.last, 0) as last, coalesce(l.postings, 0) as postings,
      b.hash = ledger_batch_hash(b, coalesce(l.hashes, ''::bytea)) as own,
      b.previous_hash = coalesce((select p.hash from ledger_batches p where p.number = b.number - 1),
        case when b.number = 1 then ledger_genesis() end) as linked
    from ledger_batches b
    left join (select l.batch, count(*) as n, max(l.position) as last, sum(l.lines) as postings, string_agg(l.stored, ''::bytea order by l.position) as hashes
      from lines l group by 1) l on l.batch = b.number
    where b.number between p_from and p_to
  ), faults as (
    select l.batch, l.position, 'journal entry ' || l.entry_id || case when l.missing
      then ' is gone' else ' is not what was sealed, or a posting of it is not' end as what
    from lines l where l.missing or l.actual <> l.stored
    union all
    select m.number, 0, 'batch ' || m.number || case
      when m.linked is not true then ' does not follow on the batch before it'
      when m.said_entries <> m.entries or m.last <> m.entries or m.said_postings <> m.postings then ' has another number of rows than was sealed'
      else ' is not what was sealed' end
    from made m where not (coalesce(m.linked, false) and m.own and m.said_entries = m.entries and m.last = m.entries and m.said_postings = m.postings)
    union all
    select n, 0, 'batch ' || n || ' is gone' from generate_series(p_from, p_to) n
    where not exists (select from made m where m.number = n)
  )
  select (select count(*) from lines), (select coalesce(sum(m.postings), 0) from made m),
    -- A row before its batch: it says more.
    (select f.what from faults f order by f.batch, f.position = 0, f.position limit 1)
  into entries, postings, broken;
end $$;

-- Opened by the proof runner, ended by a person with a reason; while one is open no new payment is accepted.
create table ledger_alarms (
  id bigint generated always as identity constraint ledger_alarms_pkey primary key,
  proof text not null,
  what text not null,
  raised_at timestamptz not null default tender_now()
);
create table ledger_alarm_acknowledgements (
  alarm_id bigint constraint ledger_alarm_acknowledgements_pkey primary key
    constraint ledger_alarm_acknowledgements_alarm references ledger_alarms,
  actor text not null constraint ledger_alarm_acknowledgements_actor check (actor <> ''),
  reason text not null constraint ledger_alarm_acknowledgements_reason check (reason <> ''),
  at timestamptz not null default tender_now()
);
create function open_ledger_alarms() returns setof ledger_alarms language sql stable security definer set search_path = public, pg_temp as $$
  select a from ledger_alarms a where not exists (select from ledger_alarm_acknowledgements k where k.alarm_id = a.id) order by a.id
$$;
-- The same finding is one alarm for as long as that is open.
create function raise_ledger_alarm(p_proof text, p_what text) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('ledger_alarms', 0));
  if exists (select from open_ledger_alarms() a where (a.proof, a.what) = (p_proof, p_what)) then return false; end if;
  insert into ledger_alarms (proof, what) values (p_proof, p_what);
  return true;
end $$;
create function acknowledge_ledger_alarm(p_id bigint, p_actor text, p_reason text) returns boolean
language sql security definer set search_path = public, pg_temp as $$
  with done as (
    insert into ledger_alarm_acknowledgements (alarm_id, actor, reason)
    select id, p_actor, p_reason from ledger_alarms where id = p_id
    on conflict (alarm_id) do nothing returning 1)
  select exists (select from done)
$$;
create function ledger_is_stopped() returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from open_ledger_alarms())
$$;

do $$
declare t text;
begin
  foreach t in array array['ledger_batches', 'ledger_batch_entries', 'ledger_alarms', 'ledger_alarm_acknowledgements'] loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_rewrite()', t || '_append_only', t);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_rewrite()', t || '_no_truncate', t);
    execute format('grant select on %I to tender_worker', t);
  end loop;
end $$;
revoke execute on function seal_ledger(int), open_ledger_alarms(), raise_ledger_alarm(text, text),
  acknowledge_ledger_alarm(bigint, text, text), ledger_is_stopped() from public;
grant execute on function seal_ledger(int), open_ledger_alarms(), raise_ledger_alarm(text, text),
  acknowledge_ledger_alarm(bigint, text, text) to tender_worker;
grant execute on function ledger_is_stopped() to tender_api, tender_worker;

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
  posted_debits numeric, posted_credits numeric) language sql stable as $$
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

-- Answers the close; closing again answers the first one. TD014: not over yet, or not settled yet.
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
  c.as_of := advance_ledger_horizon();
  if c.as_of < c.ends_at then
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
  if p_kind = 'month' then
    insert into ledger_periods as l (merchant_id, closed_until) select m.id, c.ends_at::date - 1 from merchants m
    on conflict (merchant_id) do update set closed_until = greatest(l.closed_until, excluded.closed_until);
  end if;
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

-- Who posts asks here, per merchant: up to this date (UTC) requests are refused and facts move on.
create table if not exists ledger_periods (
  merchant_id text primary key references merchants,
  closed_until date not null
);
create function close_for_merchant() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into ledger_periods (merchant_id, closed_until)
  select new.id, (max(ends_at) at time zone 'UTC')::date - 1 from ledger_closes where kind = 'month' having count(*) > 0;
  return null;
end $$;
create trigger merchants_closed_until after insert on merchants for each row execute function close_for_merchant();

-- A fact dated into a hard-closed period belongs to the open one; its true date is kept.
alter table journal_entries add column if not exists occurred_at timestamptz;
create function date_into_open_period() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if (new.effective_at at time zone 'UTC')::date <= (select closed_until from ledger_periods where merchant_id = new.merchant_id) then
    new.occurred_at := coalesce(new.occurred_at, new.effective_at);
    new.effective_at := tender_now();
  end if;
  return new;
end $$;
-- Only where the posting function does not do it by itself, as it does once it answers requests.
do $$ begin
  if not exists (select from pg_proc where proname = 'write_entries') then
    create trigger journal_entries_period before insert on journal_entries for each row execute function date_into_open_period();
  end if;
end $$;

do $$
declare t text;
begin
  foreach t in array array['external_balances', 'ledger_closes', 'ledger_close_balances'] loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_rewrite()', t || '_append_only', t);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_rewrite()', t || '_no_truncate', t);
    execute format('grant select on %I to tender_worker', t);
  end loop;
end $$;
do $$
declare t text;
begin
  foreach t in array array['ledger_close_balances', 'ledger_periods'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('drop policy if exists owner_all on %I', t);
    execute format('drop policy if exists worker_all on %I', t);
    execute format('create policy owner_all on %I to tender_owner using (true) with check (true)', t);
    execute format('create policy worker_all on %I to tender_worker using (true) with check (true)', t);
    execute format('grant select on %I to tender_worker', t);
  end loop;
end $$;
grant insert on external_balances to tender_worker;
revoke execute on function advance_ledger_horizon(), ledger_settled_at(), close_period(text, date, text, text) from public;
grant execute on function advance_ledger_horizon(), close_period(text, date, text, text) to tender_worker;
grant execute on function ledger_settled_at() to tender_api, tender_worker;
