-- What a merchant is owed becomes its own: from not yet available (2100) to available (2110), a part of it into the rolling
-- reserve (2120) and out of it again, its debts (1310) first. Set-wise, each posting to 2100 once (ADR 60).

alter table merchants add column payouts jsonb not null default '{}'
  constraint merchants_payouts check (jsonb_typeof(payouts) = 'object');

create type payout_terms as (
  -- Days after its capture; null: only what the provider has announced is available.
  delay_days int, reserve_basis_points int, reserve_days int,
  -- manual, daily or weekly; minor units by currency; { provider, token, last4, holder } by currency.
  schedule text, minimums jsonb, destinations jsonb);
create function payout_terms(m merchants) returns payout_terms language sql immutable as $$
  select row((m.payouts ->> 'delay_days')::int, coalesce((m.payouts ->> 'reserve_basis_points')::int, 0),
    coalesce((m.payouts ->> 'reserve_days')::int, 0), coalesce(m.payouts ->> 'schedule', 'manual'),
    coalesce(m.payouts -> 'minimums', '{}'), coalesce(m.payouts -> 'destinations', '{}'))::payout_terms
$$;

-- As in 0025, and what is said of payouts.
create or replace function apply_merchant_settings(p_approval_id text) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare a approvals; written int;
begin
  select * into a from approvals where id = p_approval_id and kind = 'merchant_settings' and status = 'approved';
  if not found then
    raise exception 'approval % lets nobody change settings', p_approval_id
      using errcode = 'TD015', constraint = 'settings_require_approval';
  end if;
  update merchants set settings_version = settings_version + 1,
    refund_limits = nullif(a.request -> 'refund_limits', 'null'), payouts = coalesce(a.request -> 'payouts', payouts)
  where id = a.merchant_id and settings_version = (a.binds ->> 'version')::int returning settings_version into written;
  return written;
end $$;

-- What was taken over from 2100 in one commit.
create table availabilities (
  id text constraint availabilities_pkey primary key,
  merchant_id text not null references merchants,
  currency text not null,
  day date not null,
  -- Of that day, from 1.
  number int not null,
  -- Below zero: more was given back than came.
  amount bigint not null,
  recorded_at timestamptz not null default tender_now(),
  constraint availabilities_once unique (merchant_id, currency, day, number)
);

-- Each posting to 2100 until it is part of one of those. Amounts as the merchant sees them: below zero, given back.
create table merchant_funds (
  entry_id text not null,
  line int not null,
  merchant_id text not null references merchants,
  currency text not null,
  payment_id text,
  -- The operation that was captured; what is given back or corrected follows its payment instead.
  subject_id text not null,
  follows boolean not null,
  amount bigint not null constraint merchant_funds_amount check (amount <> 0),
  earned_at timestamptz not null,
  availability_id text references availabilities,
  constraint merchant_funds_pkey primary key (entry_id, line)
);
create index merchant_funds_waiting on merchant_funds (merchant_id, currency, earned_at) where availability_id is null;
create index merchant_funds_by_payment on merchant_funds (payment_id) where payment_id is not null and not follows;
create function guard_funds() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.availability_id is null and to_jsonb(old) - 'availability_id' = to_jsonb(new) - 'availability_id' then
    return new;
  end if;
  raise exception 'what was earned is fixed' using errcode = 'TD002';
end $$;
create trigger merchant_funds_fixed before update or delete on merchant_funds for each row execute function guard_funds();
create trigger merchant_funds_no_truncate before truncate on merchant_funds for each statement execute function refuse_rewrite();
create trigger availabilities_append_only before update or delete on availabilities for each row execute function refuse_rewrite();
create trigger availabilities_no_truncate before truncate on availabilities for each statement execute function refuse_rewrite();

-- Posted, and not by what makes available itself.
create function funds_of(e journal_entries, p postings) returns setof merchant_funds language sql immutable as $$
  select row(p.entry_id, p.line, p.merchant_id, p.currency, e.payment_id, split_part(e.key, '/', 1),
    e.event <> 'capture',
    case p.side when 'credit' then p.amount else -p.amount end, e.effective_at, null)::merchant_funds
  where e.state = 'posted' and e.event not in ('funds_available', 'funds_taken_back')
$$;
-- Once per statement: a call for each posting would cost a batch of them a third of its speed.
create function await_availability() returns trigger language plpgsql security definer
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if not exists (select from new_postings p where p.account = '2100') then return null; end if;
  insert into merchant_funds
  select f.* from new_postings p join merchants m on m.id = p.merchant_id and m.fund_model = 'facilitator'
    join journal_entries e on e.id = p.entry_id, funds_of(e, p) f where p.account = '2100';
  return null;
end $$;
create trigger postings_await_availability after insert on postings referencing new table as new_postings
  for each statement execute function await_availability();
insert into merchant_funds
select f.* from postings p join journal_entries e on e.id = p.entry_id, funds_of(e, p) f where p.account = '2100';

create table reserves (
  id text constraint reserves_pkey primary key references availabilities,
  merchant_id text not null references merchants,
  currency text not null,
  amount bigint not null constraint reserves_amount check (amount > 0),
  release_at timestamptz not null,
  released_at timestamptz
);
create index reserves_held on reserves (release_at) where released_at is null;
create function guard_reserve() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.released_at is null and new.released_at >= old.release_at
    and to_jsonb(old) - 'released_at' = to_jsonb(new) - 'released_at'
  then return new; end if;
  raise exception 'reserve % is released once, in its time', old.id using errcode = 'TD002';
end $$;
create trigger reserves_fixed before update or delete on reserves for each row execute function guard_reserve();
create trigger reserves_no_truncate before truncate on reserves for each statement execute function refuse_rewrite();

-- Minor units, decimal, each on the side on which it grows. Held: what refunds under way and disputes in progress may still
-- take, so no payout may.
create function merchant_balance(p_merchant_id text, p_currency text) returns jsonb language sql stable
set search_path = public, pg_temp as $$
  with b as (
    select account, sum(posted_credits - posted_debits) as owed, sum(pending_debits) as asked
    from account_balances
    where merchant_id = p_merchant_id and currency = p_currency and account in ('1300', '1310', '2100', '2110', '2120', '2130')
    group by 1)
  select jsonb_build_object(
    'pending', coalesce(sum(owed) filter (where account = '2100'), 0)::text,
    'available', coalesce(sum(owed) filter (where account = '2110'), 0)::text,
    'reserved', coalesce(sum(owed) filter (where account = '2120'), 0)::text,
    'in_payout', coalesce(sum(owed) filter (where account = '2130'), 0)::text,
    'negative', coalesce(-sum(owed) filter (where account = '1310'), 0)::text,
    'held', (coalesce(sum(asked) filter (where account in ('2100', '2110')), 0)
      + greatest(coalesce(-sum(owed) filter (where account = '1300'), 0), 0))::text)
  from b
$$;

-- The lock of one merchant's money in one currency: availability, reserves and payouts come one after the other, and nothing
-- else moves these balances until the commit. Periods first, as whoever posts has it.
create function hold_merchant_balance(p_merchant_id text, p_currency text) returns jsonb language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  perform hold_ledger_periods();
  insert into account_settings (merchant_id, account, currency, bounded)
  select p_merchant_id, a, p_currency, true from unnest(array['2110', '2120']) a on conflict do nothing;
  perform lock_balances((select array_agg(row(p_merchant_id, a, '', p_currency, 0)::balance_key)
    from unnest(array['1310', '2100', '2110', '2120', '2130']) a));
  return merchant_balance(p_merchant_id, p_currency);
end $$;

-- Whose money may have become available or has a debt to pay, and what of a reserve is due: by what waits, not by what is stored.
create function balances_due() returns table (merchant_id text, currency text) language sql stable
set search_path = public, pg_temp as $$
  select distinct f.merchant_id, f.currency from merchant_funds f where f.availability_id is null
  union
  select b.merchant_id, b.currency from account_balances b where b.account = '1310' and b.posted_debits <> b.posted_credits
$$;
create function reserves_due() returns table (merchant_id text, currency text) language sql stable
set search_path = public, pg_temp as $$
  select distinct r.merchant_id, r.currency from reserves r where r.released_at is null and r.release_at <= tender_now()
$$;

-- Takes over what is available by now: at most p_limit captures, and all that follows what is available. The caller holds the
-- balance and posts the entries in the same transaction. Null: there is none, and no debt that could be paid now.
create function take_available_funds(p_merchant_id text, p_currency text, p_limit int) returns availabilities
language plpgsql security definer set search_path = public, pg_temp as $$
declare delay int; a availabilities; taken record;
begin
  select t.delay_days into strict delay from merchants m, payout_terms(m) t where m.id = p_merchant_id;
  with earned as (
    select f.entry_id, f.line, f.payment_id, f.amount from merchant_funds f
    where f.merchant_id = p_merchant_id and f.currency = p_currency and f.availability_id is null and not f.follows
      and (f.earned_at + delay * interval '1 day' <= tender_now() or exists (
        select from settlement_matches s join reconciliations r on r.id = s.reconciliation_id
        where s.subject_id = f.subject_id and r.status in ('posted', 'completed'))
        -- Of a transfer what is matched is each credit.
        or exists (select from payments p where p.id = f.payment_id and p.status = 'settled'))
    order by f.earned_at, f.entry_id limit p_limit
  ), following as (
    select f.entry_id, f.line, f.payment_id, f.amount from merchant_funds f
    where f.merchant_id = p_merchant_id and f.currency = p_currency and f.availability_id is null and f.follows
      and (f.payment_id is null or exists (select from earned e where e.payment_id = f.payment_id)
        or exists (select from merchant_funds x where x.payment_id = f.payment_id and not x.follows and x.availability_id is not null))
  ), both_of as (select * from earned union all select * from following)
  select sum(b.amount) as amount, array_agg(b.entry_id) as entries, array_agg(b.line) as lines into taken from both_of b;
  if taken.entries is null and not exists (
    select from (select merchant_balance(p_merchant_id, p_currency) as b) x
    where (b ->> 'negative')::numeric < 0 or least((b ->> 'negative')::numeric, (b ->> 'available')::numeric) > 0)
  then return null; end if;
  insert into availabilities (id, merchant_id, currency, day, number, amount)
  select 'avl_' || uuidv7(), p_merchant_id, p_currency, d.day, 1 + (select count(*) from availabilities x
    where x.merchant_id = p_merchant_id and x.currency = p_currency and x.day = d.day), coalesce(taken.amount, 0)
  from (select (tender_now() at time zone 'UTC')::date as day) d returning * into a;
  update merchant_funds f set availability_id = a.id
  from unnest(taken.entries, taken.lines) t (entry_id, line) where (f.entry_id, f.line) = (t.entry_id, t.line);
  return a;
end $$;

-- Those of one merchant that are due, once. The caller holds the balance and posts what they are.
create function take_due_reserves(p_merchant_id text, p_currency text, p_limit int) returns setof reserves language sql
set search_path = public, pg_temp as $$
  update reserves r set released_at = tender_now()
  where r.id in (select d.id from reserves d where d.merchant_id = p_merchant_id and d.currency = p_currency
    and d.released_at is null and d.release_at <= tender_now() order by d.release_at, d.id limit p_limit)
  returning r.*
$$;

revoke execute on function payout_terms(merchants), funds_of(journal_entries, postings), merchant_balance(text, text),
  hold_merchant_balance(text, text), balances_due(), reserves_due(), take_available_funds(text, text, int),
  take_due_reserves(text, text, int) from public;
grant execute on function merchant_balance(text, text) to tender_api, tender_worker;
grant execute on function payout_terms(merchants), hold_merchant_balance(text, text), balances_due(), reserves_due(),
  take_available_funds(text, text, int), take_due_reserves(text, text, int) to tender_worker;
grant select on availabilities, merchant_funds to tender_worker;
grant select, insert on reserves to tender_worker;
grant update (released_at) on reserves to tender_worker;
do $$
declare t text;
begin
  foreach t in array array['availabilities', 'merchant_funds', 'reserves'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner_all on %I to tender_owner using (true) with check (true)', t);
    execute format('create policy worker_all on %I to tender_worker using (true) with check (true)', t);
  end loop;
end $$;
