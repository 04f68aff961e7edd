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

-- Who judges by the periods holds them until its commit: shared, so that nobody waits but for a close, which
-- holds them alone while it moves them. Else a posting that found the period open could commit after its close.
create table ledger_periods_moved (
  singleton boolean primary key default true constraint ledger_periods_moved_singleton check (singleton),
  times bigint not null default 0
);
insert into ledger_periods_moved default values;
create function hold_ledger_periods() returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('ledger_periods', 0));
  -- A snapshot taken before the lock, as these levels have it, may not know the last close: 40001 then.
  if current_setting('transaction_isolation') <> 'read committed' then
    perform from ledger_periods_moved for share;
  end if;
end $$;

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

create type balance_key as (merchant_id text, account text, provider text, currency text, stripe smallint);

-- Opens the balances that are not there, then locks them all, each in key order and in one go: no two
-- writers wait in a circle.
create function lock_balances(keys balance_key[]) returns void language plpgsql as $$
begin
  insert into account_balances (merchant_id, account, provider, currency, stripe)
  select k.* from unnest(keys) k
  where not exists (select from account_balances b where (b.merchant_id, b.account, b.provider, b.currency, b.stripe)
    = (k.merchant_id, k.account, k.provider, k.currency, k.stripe))
  order by 1, 2, 3, 4, 5 on conflict do nothing;
  perform from unnest(keys) k join account_balances b on (b.merchant_id, b.account, b.provider, b.currency, b.stripe)
    = (k.merchant_id, k.account, k.provider, k.currency, k.stripe)
  order by b.merchant_id, b.account, b.provider, b.currency, b.stripe for no key update of b;
end $$;

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

-- Fires where a writer says what is not his to say, or names what is pending. An honest entry is never
-- recorded before its transaction began, since the clock's offset only adds.
drop trigger journal_entries_check on journal_entries;
create trigger journal_entries_check before insert on journal_entries for each row
  when (new.resolves_id is not null or new.expires_in_seconds is not null or new.expires_at is not null
    or new.release_number is not null or new.transaction_id <> pg_current_xact_id()
    or new.recorded_at < transaction_timestamp())
  execute function check_entry();

create type balance_delta as (merchant_id text, account text, provider text, currency text, stripe smallint, pending_debits numeric,
  pending_credits numeric, posted_debits numeric, posted_credits numeric);

-- Statement by statement: postings join an entry of this transaction and merchant only, balanced within the
-- statement, and go to one balance row each. So nothing can be added after the deferred proof has run.
create or replace function apply_postings() returns trigger language plpgsql
-- Rows of tables are found by key, whatever a planner thinks of tables it has no statistics of.
security definer set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
declare wrong record; deltas balance_delta[]; moved int;
begin
  with l as materialized (
    select p.*, e.state, e.resolves_id is not null as gives_back,
      (e.transaction_id <> pg_current_xact_id()) is not false as closed, p.merchant_id <> e.merchant_id as strange
    from new_postings p left join journal_entries e on e.id = p.entry_id
  ), d as (
    select merchant_id, account, provider, currency,
      own_stripe((select s.stripes from account_settings s where (s.merchant_id, s.account, s.provider, s.currency)
        = (l.merchant_id, l.account, l.provider, l.currency))) as stripe,
      sum(case when state = 'posted' then 0 when side = 'debit' and not gives_back then amount
        when side = 'credit' and gives_back then -amount else 0 end) as pending_debits,
      sum(case when state = 'posted' then 0 when side = 'credit' and not gives_back then amount
        when side = 'debit' and gives_back then -amount else 0 end) as pending_credits,
      sum(case when state = 'posted' and side = 'debit' then amount else 0 end) as posted_debits,
      sum(case when state = 'posted' and side = 'credit' then amount else 0 end) as posted_credits
    from l group by 1, 2, 3, 4
  ), w as (
    select entry_id, bool_or(closed) as closed, bool_or(strange) as strange from l group by entry_id, currency
    having bool_or(closed) or bool_or(strange) or sum(case side when 'debit' then amount else -amount::numeric end) <> 0 limit 1
  ) select w.*, (select array_agg(row(d.*)::balance_delta) from d) as deltas into wrong from (select 1) one left join w on true;
  if wrong.entry_id is not null then
    raise exception 'postings do not fit journal entry %', wrong.entry_id
      using errcode = case when wrong.closed or wrong.strange then 'TD004' else 'TD005' end,
        constraint = case when wrong.closed then 'journal_entry_closed' when wrong.strange then 'postings_of_merchant'
          else 'journal_entry_balanced' end;
  end if;
  deltas := wrong.deltas;
  -- The proof of what is written so far, before the balances that others wait for are locked.
  set constraints journal_entries_balanced immediate;
  set constraints journal_entries_balanced deferred;
  perform lock_balances((select array_agg(row(d.merchant_id, d.account, d.provider, d.currency, d.stripe)::balance_key)
    from unnest(deltas) d));
  update account_balances b set pending_debits = b.pending_debits + d.pending_debits,
    pending_credits = b.pending_credits + d.pending_credits, posted_debits = b.posted_debits + d.posted_debits,
    posted_credits = b.posted_credits + d.posted_credits
  from unnest(deltas) d where (b.merchant_id, b.account, b.provider, b.currency, b.stripe)
    = (d.merchant_id, d.account, d.provider, d.currency, d.stripe);
  get diagnostics moved = row_count;
  if moved <> coalesce(cardinality(deltas), 0) then
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
  if (select coalesce(sum(c.lines), 0) < 2 or bool_or(c.difference <> 0) from (
    select count(*) as lines, sum(case p.side when 'debit' then p.amount else -p.amount::numeric end) as difference
    from postings p where p.entry_id = new.id group by p.currency) c)
  then
    raise exception 'journal entry % does not balance', new.id
      using errcode = 'TD005', constraint = 'journal_entry_balanced';
  end if;
  -- Of one merchant, both posted, and the same sums on the other sides.
  if new.reverses_id is not null and (new.state <> 'posted'
    or not exists (select from journal_entries e where e.id = new.reverses_id and e.merchant_id = new.merchant_id and e.state = 'posted')
    or exists (
      select from postings p where p.entry_id in (new.id, new.reverses_id) group by p.account, p.provider, p.currency
      having sum(case when p.side = 'credit' and p.entry_id = new.id then p.amount else 0 end)
          <> sum(case when p.side = 'debit' and p.entry_id <> new.id then p.amount else 0 end)
        or sum(case when p.side = 'debit' and p.entry_id = new.id then p.amount else 0 end)
          <> sum(case when p.side = 'credit' and p.entry_id <> new.id then p.amount else 0 end)))
  then
    raise exception 'journal entry % reverses what it is no mirror of', new.id
      using errcode = 'TD005', constraint = 'journal_entry_mirrored';
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
