-- Payouts: a row first, with its amount taken from what is available; sent once, by whoever has the permit; every move with
-- its entries in one commit. Any process may go on with any of them.

-- What has transitions is for domain/ to say: its tables are all that is written there.
alter table status_transitions drop constraint status_transitions_object,
  add constraint status_transitions_object check (object ~ '^[a-z]+(_[a-z]+)*$');

create table payouts (
  id text constraint payouts_pkey primary key,
  merchant_id text not null references merchants,
  currency text not null constraint payouts_currency check (currency ~ '^[A-Z]{3}$'),
  amount bigint not null constraint payouts_amount check (amount > 0),
  -- { provider, token, last4, holder }, as the settings had it.
  destination jsonb not null constraint payouts_destination check (destination ?& array['provider', 'token', 'last4', 'holder']),
  status text not null default 'requested' constraint payouts_status check (
    status in ('requested', 'submitting', 'pending', 'unknown', 'paid', 'failed')),
  -- Of its schedule's turn; null: asked for by hand.
  turn date,
  provider_reference text,
  send_by timestamptz,
  key_horizon timestamptz,
  sent_count int not null default 0,
  lookups int not null default 0,
  due_at timestamptz default tender_now(),
  failure_code text,
  basis jsonb not null,
  requested_by text not null,
  version bigint not null default 1,
  paid_at timestamptz,
  created_at timestamptz not null default tender_now(),
  updated_at timestamptz not null default tender_now(),
  constraint payouts_permit check (sent_count = 0 or (send_by is not null and key_horizon is not null)),
  constraint payouts_sent check (status in ('requested', 'failed') or sent_count > 0),
  constraint payouts_open_is_due check (status in ('paid', 'failed') or due_at is not null),
  constraint payouts_failed check ((status = 'failed') = (failure_code is not null))
);
create index payouts_by_merchant on payouts (merchant_id, id desc);
create index payouts_due on payouts (due_at) where due_at is not null;
create index payouts_open on payouts (merchant_id, currency) where status not in ('paid', 'failed');
-- One of each turn, however many processes take it.
create unique index payouts_once_per_turn on payouts (merchant_id, currency, turn) where turn is not null;

create function guard_payout() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' or new.version <> old.version + 1
    -- A permit is counted, and only a permit is.
    or new.sent_count - old.sent_count <> (case when new.status = 'submitting' then 1 else 0 end)
    or (new.status = 'submitting' and old.status <> 'requested')
    or (old.id, old.merchant_id, old.currency, old.amount, old.destination, old.turn, old.requested_by, old.created_at)
      is distinct from (new.id, new.merchant_id, new.currency, new.amount, new.destination, new.turn, new.requested_by, new.created_at)
    or (old.paid_at is not null and new.paid_at is distinct from old.paid_at)
  then
    raise exception 'payout % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;
create trigger payouts_fixed before update or delete on payouts for each row execute function guard_payout();
create trigger payouts_no_truncate before truncate on payouts for each statement execute function refuse_rewrite();
create trigger payouts_transition before update on payouts for each row execute function check_status_transition('payout');

-- Its money left what is available with it: at the commit, or there is no payout.
create function check_payout_taken() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.status <> 'requested' or new.sent_count > 0 or not exists (
    select from journal_entries e join postings p on p.entry_id = e.id
    where e.merchant_id || '' = new.merchant_id and e.key = new.id || '/merchant_payout_sent'
      and (p.account, p.side, p.amount, p.currency) = ('2110', 'debit', new.amount, new.currency))
  then
    raise exception 'payout % takes no money', new.id using errcode = 'TD023', constraint = 'payout_takes_its_amount';
  end if;
  return null;
end $$;
create constraint trigger payouts_taken after insert on payouts deferrable initially deferred
  for each row execute function check_payout_taken();

-- What stands in 2130 is what is on its way, at every commit.
create function check_payout_moved() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if (new.status in ('paid', 'failed')) <> exists (select from journal_entries e where e.merchant_id || '' = new.merchant_id
    and e.key in (new.id || '/merchant_payout_confirmed', new.id || '/merchant_payout_failed'))
  then
    raise exception 'payout % is % and its money is not', new.id, new.status
      using errcode = 'TD023', constraint = 'payout_moves_its_money';
  end if;
  return null;
end $$;
create constraint trigger payouts_moved after update of status on payouts deferrable initially deferred
  for each row when (old.status <> new.status) execute function check_payout_moved();

create function payout_view(p payouts) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(p) || jsonb_build_object('amount', p.amount::text, 'now', tender_now())
$$;

-- Compare-and-set by version: { status, due_at, send_by?, key_horizon?, sent_count?, lookups?, provider_reference?, failure_code?,
-- basis }. Null: somebody else was faster. The caller posts its entries in the same transaction.
create function move_payout(p_id text, p_version bigint, patch jsonb) returns jsonb language plpgsql
set search_path = public, pg_temp as $$
declare moved payouts;
begin
  update payouts p set (status, due_at, send_by, key_horizon, sent_count, lookups, provider_reference, basis)
      = (select n.status, n.due_at, n.send_by, n.key_horizon, n.sent_count, n.lookups, n.provider_reference, n.basis
        from jsonb_populate_record(p, patch) n),
    failure_code = case when patch ->> 'status' = 'failed' then coalesce(patch ->> 'failure_code', p.failure_code) end,
    paid_at = case when patch ->> 'status' = 'paid' then coalesce(p.paid_at, tender_now()) else p.paid_at end,
    version = p.version + 1, updated_at = tender_now()
  where p.id = p_id and p.version = p_version returning p.* into moved;
  return case when moved.id is not null then payout_view(moved) end;
end $$;

-- Whose turn has come by schedule and currency: every day, or on Mondays; what was missed is made good at the next look.
create function payout_turns() returns table (merchant_id text, currency text, turn date) language sql stable
set search_path = public, pg_temp as $$
  select m.id, d.key, t.turn from merchants m, payout_terms(m) s, jsonb_object_keys(s.destinations) d (key),
    lateral (select case s.schedule
      when 'daily' then (tender_now() at time zone 'UTC')::date
      when 'weekly' then date_trunc('week', tender_now() at time zone 'UTC')::date end as turn) t
  where m.fund_model = 'facilitator' and t.turn is not null
    and not exists (select from payouts p where p.merchant_id = m.id and p.currency = d.key and p.turn = t.turn)
  order by 1, 2
$$;

revoke execute on function payout_view(payouts), move_payout(text, bigint, jsonb), payout_turns() from public;
grant execute on function payout_view(payouts) to tender_api, tender_worker;
grant execute on function move_payout(text, bigint, jsonb), payout_turns() to tender_worker;
grant select on payouts to tender_api;
grant select, insert on payouts to tender_worker;
grant update (status, due_at, send_by, key_horizon, sent_count, lookups, provider_reference, failure_code, basis, version, paid_at,
  updated_at) on payouts to tender_worker;
alter table payouts enable row level security;
alter table payouts force row level security;
create policy owner_all on payouts to tender_owner using (true) with check (true);
create policy worker_all on payouts to tender_worker using (true) with check (true);
create policy one_merchant on payouts for select to tender_api using (merchant_id = current_setting('tender.merchant_id', true));

-- As in 0049, with what left our account for a merchant and what came back of it, an entry each.
create or replace function booked_at_bank(p_references text[]) returns table (reference text, subject_id text, payment_id text,
  merchant_id text, amount numeric, currency text)
language sql stable set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  select o.id, o.id, o.payment_id, o.merchant_id, sum(case p.side when 'debit' then p.amount else -p.amount::numeric end), p.currency
  from operations o join journal_entries e on e.payment_id = o.payment_id and e.key in (o.id || '/returned', o.id || '/owed_paid')
  join postings p on p.entry_id = e.id and p.account = '1010'
  where o.id = any(p_references) group by o.id, p.currency
  union all
  select w.id, e.key, null, w.merchant_id, case p.side when 'debit' then p.amount else -p.amount::numeric end, p.currency
  from payouts w join journal_entries e on e.merchant_id = w.merchant_id
    and e.key in (w.id || '/merchant_payout_confirmed', w.id || '/merchant_payout_returned', w.id || '/merchant_payout_paid_late')
  join postings p on p.entry_id = e.id and p.account = '1010'
  where w.id = any(p_references)
$$;
