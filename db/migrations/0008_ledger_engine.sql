-- One entry point that answers per entry, final resolutions of what is pending, limits that refuse requests
-- and never facts, striped balances, and one proof per entry instead of one per posting.

-- How the balance of an account is kept. Bounded: a request never takes pending + posted below -overdraft
-- on the account's normal side. Stripes: rows among which writers spread; reads add them up (ADR 30).
create table account_settings (
  merchant_id text not null references merchants,
  account text not null references accounts (code),
  provider text not null default '',
  currency text not null,
  stripes smallint not null default 1 constraint account_settings_stripes check (stripes between 1 and 64),
  bounded boolean not null default false,
  overdraft bigint not null default 0 constraint account_settings_overdraft check (overdraft >= 0),
  primary key (merchant_id, account, provider, currency),
  -- Judged on one row, under its lock.
  constraint account_settings_bounded_is_exact check (not bounded or stripes = 1)
);
create function keep_stripes() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if new.stripes < old.stripes then
    raise exception 'account % keeps its stripes: they hold balances', old.account
      using errcode = 'TD006', constraint = 'account_settings_stripes_kept';
  end if;
  return new;
end $$;
create trigger account_settings_stripes_kept before update on account_settings
  for each row execute function keep_stripes();

-- Requests effective up to this date (UTC) are refused; facts move to the day after and keep their own date.
create table ledger_periods (merchant_id text primary key references merchants, closed_until date not null);

-- A failed key stays failed: the same refusal for ever, also when funds have come since.
create table refused_entries (
  merchant_id text not null references merchants,
  key text not null,
  result text not null,
  field text,
  body_hash bytea not null,
  recorded_at timestamptz not null default tender_now(),
  primary key (merchant_id, key)
);
create trigger refused_entries_append_only before update or delete on refused_entries
  for each row execute function refuse_rewrite();
create trigger refused_entries_no_truncate before truncate on refused_entries
  for each statement execute function refuse_rewrite();

alter table journal_entries
  add column resolution text constraint journal_entries_resolution check (resolution in ('post', 'void', 'expire')),
  -- Counts the releases of one pending entry: two that did not see each other collide, at any isolation.
  add column release_number int,
  -- Of a pending entry: an interval by the database's clock, and final.
  add column expires_in_seconds int constraint journal_entries_expiry check (
    expires_in_seconds is null or (expires_in_seconds > 0 and state = 'pending' and resolves_id is null)),
  add column expires_at timestamptz,
  -- Where effective_at had to move out of a closed period.
  add column occurred_at timestamptz,
  add constraint journal_entries_resolves check (resolution is null or resolves_id is not null);
drop index journal_entries_by_resolved;
create unique index journal_entries_released_in_order on journal_entries (resolves_id, release_number)
  where resolves_id is not null;
create unique index journal_entries_resolved_once on journal_entries (resolves_id) where resolution is not null;
-- Without the entries that reverse nothing and belong to no payment.
alter table journal_entries drop constraint journal_entries_reversed_once;
create unique index journal_entries_reversed_once on journal_entries (reverses_id) where reverses_id is not null;
-- Led by the key: an entry is looked up by `key = … and merchant_id || '' = …`. Without statistics a planner
-- could else take the index by merchant, and read all entries of one for each that is posted.
alter table journal_entries drop constraint journal_entries_key, add constraint journal_entries_key unique (key, merchant_id);
drop index journal_entries_by_payment;
create index journal_entries_by_payment on journal_entries (payment_id, id) where payment_id is not null;

-- Every posting goes to a balance, whose foreign keys prove merchant and account once, not per posting;
-- that its entry is there is what the trigger below checks first.
alter table postings drop constraint postings_entry_id_fkey, drop constraint postings_account_fkey;
alter table journal_entries drop constraint journal_entries_merchant_id_fkey;

-- Stripe 0 is the exact balance; on stripes 1 to n a release may meet another stripe than its reservation.
alter table account_balances add column stripe smallint not null default 0,
  drop constraint account_balances_pkey, add primary key (merchant_id, account, provider, currency, stripe),
  drop constraint account_balances_never_below_zero,
  add constraint account_balances_never_below_zero check (posted_debits >= 0 and posted_credits >= 0
    and (stripe > 0 or (pending_debits >= 0 and pending_credits >= 0)));

create function own_stripe(stripes smallint) returns smallint language sql stable as $$
  select case when stripes > 1 then 1 + pg_backend_pid() % stripes else 0 end::smallint
$$;

create or replace function check_entry() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  new.recorded_at := tender_now();
  new.transaction_id := pg_current_xact_id();
  new.expires_at := new.recorded_at + make_interval(secs => new.expires_in_seconds);
  new.release_number := null;
  if new.resolves_id is null then return new; end if;
  perform from journal_entries e where e.id = new.resolves_id and e.merchant_id || '' = new.merchant_id
    and e.state = 'pending' and e.resolves_id is null for no key update;
  if not found then
    raise exception 'journal entry % releases what is not held', new.key using errcode = 'TD005', constraint = 'journal_entry_released';
  end if;
  select coalesce(max(e.release_number), 0) + 1 into new.release_number
    from journal_entries e where e.resolves_id = new.resolves_id;
  return new;
end $$;

-- Statement by statement: postings join an entry of this transaction and merchant only, balanced within the
-- statement, and go to one balance row each. So nothing can be added after the deferred proof has run.
create or replace function apply_postings() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
declare wrong record; groups int; moved int;
begin
  select p.entry_id, e.id is null or e.transaction_id <> pg_current_xact_id() as closed into wrong
  from new_postings p left join journal_entries e on e.id = p.entry_id
  group by p.entry_id, e.id, e.transaction_id, e.merchant_id
  having e.id is null or e.transaction_id <> pg_current_xact_id() or bool_or(p.merchant_id <> e.merchant_id) limit 1;
  if found then
    raise exception 'journal entry % is closed to these postings', wrong.entry_id using errcode = 'TD004',
      constraint = case when wrong.closed then 'journal_entry_closed' else 'postings_of_merchant' end;
  end if;
  select p.entry_id into wrong from new_postings p group by p.entry_id, p.currency
  having sum(case p.side when 'debit' then p.amount else -p.amount::numeric end) <> 0 limit 1;
  if found then
    raise exception 'postings of journal entry % do not balance', wrong.entry_id
      using errcode = 'TD005', constraint = 'journal_entry_balanced';
  end if;
  insert into account_balances (merchant_id, account, provider, currency, stripe)
  select distinct p.merchant_id, p.account, p.provider, p.currency, own_stripe(s.stripes)
  from new_postings p left join account_settings s on (s.merchant_id, s.account, s.provider, s.currency)
    = (p.merchant_id, p.account, p.provider, p.currency)
  where not exists (select from account_balances b where (b.merchant_id, b.account, b.provider, b.currency, b.stripe)
    = (p.merchant_id, p.account, p.provider, p.currency, own_stripe(s.stripes)))
  order by 1, 2, 3, 4, 5 on conflict do nothing;
  with deltas as (
    select p.merchant_id, p.account, p.provider, p.currency, own_stripe(s.stripes) as stripe,
      sum(case when e.state = 'posted' then 0 when e.resolves_id is null then (p.side = 'debit')::int * p.amount
        else -((p.side = 'credit')::int * p.amount) end) as pending_debits,
      sum(case when e.state = 'posted' then 0 when e.resolves_id is null then (p.side = 'credit')::int * p.amount
        else -((p.side = 'debit')::int * p.amount) end) as pending_credits,
      sum(case when e.state = 'posted' and p.side = 'debit' then p.amount else 0 end) as posted_debits,
      sum(case when e.state = 'posted' and p.side = 'credit' then p.amount else 0 end) as posted_credits
    from new_postings p join journal_entries e on e.id = p.entry_id
    left join account_settings s on (s.merchant_id, s.account, s.provider, s.currency)
      = (p.merchant_id, p.account, p.provider, p.currency)
    group by 1, 2, 3, 4, 5
  ), applied as (
    update account_balances b set pending_debits = b.pending_debits + d.pending_debits,
      pending_credits = b.pending_credits + d.pending_credits, posted_debits = b.posted_debits + d.posted_debits,
      posted_credits = b.posted_credits + d.posted_credits
    from deltas d where (b.merchant_id, b.account, b.provider, b.currency, b.stripe)
      = (d.merchant_id, d.account, d.provider, d.currency, d.stripe)
    returning 1
  ) select (select count(*) from deltas), (select count(*) from applied) into groups, moved;
  if groups <> moved then
    raise exception 'postings without their balances' using errcode = 'TD005', constraint = 'account_balances_missing';
  end if;
  return null;
end $$;
drop trigger postings_check on postings;
drop function check_posting();
-- The last line, for every writer: once per entry, at commit.
create or replace function check_entry_balanced() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if (select count(*) < 2 from postings where entry_id = new.id) or exists (
    select from postings where entry_id = new.id group by currency
    having sum(case side when 'debit' then amount else -amount::numeric end) <> 0)
  then
    raise exception 'journal entry % does not balance', new.id
      using errcode = 'TD005', constraint = 'journal_entry_balanced';
  end if;
  if new.resolves_id is null then return null; end if;
  -- All releases of a pending entry together give back at most what it holds, line by line.
  if exists (
    select from journal_entries sibling join postings p on p.entry_id = sibling.id
    where sibling.resolves_id = new.resolves_id
    group by p.account, p.provider, p.side, p.currency
    having sum(p.amount) > coalesce((
      select sum(h.amount) from postings h
      where h.entry_id = new.resolves_id and h.account = p.account and h.provider = p.provider
        and h.side <> p.side and h.currency = p.currency), 0))
  then
    raise exception 'journal entry % releases more than is held', new.id
      using errcode = 'TD005', constraint = 'journal_entry_released';
  end if;
  return null;
end $$;
drop trigger postings_balanced on postings;
