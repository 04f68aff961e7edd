-- The books: double entry, append-only. Every entry balances per currency (deferred constraint
-- trigger), nothing is ever updated or deleted, and stored balances follow the postings by trigger.

create table accounts (
  code text primary key,
  name text not null,
  type text not null constraint accounts_type check (type in ('asset', 'liability', 'equity', 'income', 'expense')),
  normal_side text not null constraint accounts_normal_side check (normal_side in ('debit', 'credit')),
  must_drain boolean not null
);

create table journal_entries (
  id text primary key default 'je_' || uuidv7(),
  merchant_id text not null references merchants,
  key text not null,
  payment_id text references payments,
  event text not null,
  state text not null constraint journal_entries_state check (state in ('pending', 'posted')),
  -- A pending entry is released by mirrored pending postings that name it.
  resolves_id text references journal_entries,
  reverses_id text references journal_entries constraint journal_entries_reversed_once unique,
  effective_at timestamptz not null,
  recorded_at timestamptz not null default tender_now(),
  body_hash bytea not null,
  transaction_id xid8 not null default pg_current_xact_id(),
  constraint journal_entries_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id),
  constraint journal_entries_key unique (merchant_id, key),
  constraint journal_entries_release_is_pending check (resolves_id is null or state = 'pending')
);
create index journal_entries_by_payment on journal_entries (payment_id, id);
create index journal_entries_by_resolved on journal_entries (resolves_id) where resolves_id is not null;
create index journal_entries_by_merchant on journal_entries (merchant_id, id desc);

create table postings (
  entry_id text not null references journal_entries,
  line int not null,
  merchant_id text not null,
  account text not null references accounts (code),
  provider text not null default '',
  side text not null constraint postings_side check (side in ('debit', 'credit')),
  amount bigint not null constraint postings_amount_positive check (amount > 0),
  currency text not null constraint postings_currency check (currency ~ '^[A-Z]{3}$'),
  primary key (entry_id, line)
);
create index postings_by_account on postings (merchant_id, account, currency);

create table account_balances (
  merchant_id text not null references merchants,
  account text not null references accounts (code),
  provider text not null,
  currency text not null,
  pending_debits numeric(38, 0) not null default 0,
  pending_credits numeric(38, 0) not null default 0,
  posted_debits numeric(38, 0) not null default 0,
  posted_credits numeric(38, 0) not null default 0,
  primary key (merchant_id, account, provider, currency),
  constraint account_balances_never_below_zero check (
    pending_debits >= 0 and pending_credits >= 0 and posted_debits >= 0 and posted_credits >= 0)
);

-- When it was recorded, and by which transaction, is not the writer's to say; what it releases must be held.
create function check_entry() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  new.recorded_at := tender_now();
  new.transaction_id := pg_current_xact_id();
  if new.resolves_id is not null and not exists (
    select from journal_entries e where e.id = new.resolves_id and e.merchant_id = new.merchant_id
      and e.state = 'pending' and e.resolves_id is null)
  then
    raise exception 'journal entry % releases what is not held', new.key using errcode = 'TD005', constraint = 'journal_entry_released';
  end if;
  return new;
end $$;
create trigger journal_entries_check before insert on journal_entries for each row execute function check_entry();

-- Postings join an entry only in the transaction that wrote it, and only its owner's.
create function check_posting() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare entry journal_entries;
begin
  select * into strict entry from journal_entries where id = new.entry_id;
  if entry.transaction_id <> pg_current_xact_id() then
    raise exception 'journal entry % is closed', new.entry_id using errcode = 'TD004', constraint = 'journal_entry_closed';
  end if;
  if entry.merchant_id <> new.merchant_id then
    raise exception 'posting and entry % name different merchants', new.entry_id using errcode = 'TD004';
  end if;
  return new;
end $$;
create trigger postings_check before insert on postings for each row execute function check_posting();

-- Rows in key order: every transaction takes these locks in the same order, so none can deadlock.
-- Postings of a releasing entry are mirrored, so they take back from the other side.
create function apply_postings() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare d record;
begin
  for d in
    select p.merchant_id, p.account, p.provider, p.currency,
      coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = 'debit'), 0)
        - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = 'credit'), 0) as pending_debits,
      coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = 'credit'), 0)
        - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = 'debit'), 0) as pending_credits,
      coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = 'debit'), 0) as posted_debits,
      coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = 'credit'), 0) as posted_credits
    from new_postings p join journal_entries e on e.id = p.entry_id
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
  loop
    insert into account_balances (merchant_id, account, provider, currency)
    values (d.merchant_id, d.account, d.provider, d.currency) on conflict do nothing;
    update account_balances b set
      pending_debits = b.pending_debits + d.pending_debits,
      pending_credits = b.pending_credits + d.pending_credits,
      posted_debits = b.posted_debits + d.posted_debits,
      posted_credits = b.posted_credits + d.posted_credits
    where (b.merchant_id, b.account, b.provider, b.currency) = (d.merchant_id, d.account, d.provider, d.currency);
  end loop;
  return null;
end $$;
create trigger postings_apply after insert on postings
  referencing new table as new_postings for each statement execute function apply_postings();

create function check_entry_balanced() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare entry text := case tg_table_name when 'postings' then to_jsonb(new) ->> 'entry_id' else to_jsonb(new) ->> 'id' end;
begin
  if (select count(*) < 2 from postings where entry_id = entry)
    or exists (
      select from postings where entry_id = entry group by currency
      having sum(case side when 'debit' then amount else -amount::numeric end) <> 0)
  then
    raise exception 'journal entry % does not balance', entry
      using errcode = 'TD005', constraint = 'journal_entry_balanced';
  end if;
  -- All releases of a pending entry together give back at most what it holds, line by line.
  if exists (
    select from journal_entries e
    join journal_entries sibling on sibling.resolves_id = e.resolves_id
    join postings p on p.entry_id = sibling.id
    where e.id = entry
    group by e.resolves_id, p.account, p.provider, p.side, p.currency
    having sum(p.amount) > coalesce((
      select sum(h.amount) from postings h
      where h.entry_id = e.resolves_id and h.account = p.account and h.provider = p.provider
        and h.side <> p.side and h.currency = p.currency), 0))
  then
    raise exception 'journal entry % releases more than is held', entry
      using errcode = 'TD005', constraint = 'journal_entry_released';
  end if;
  return null;
end $$;
create constraint trigger journal_entries_balanced after insert on journal_entries
  deferrable initially deferred for each row execute function check_entry_balanced();
create constraint trigger postings_balanced after insert on postings
  deferrable initially deferred for each row execute function check_entry_balanced();

create function refuse_rewrite() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'TD006', constraint = 'append_only';
end $$;
create trigger journal_entries_append_only before update or delete on journal_entries
  for each row execute function refuse_rewrite();
create trigger journal_entries_no_truncate before truncate on journal_entries
  for each statement execute function refuse_rewrite();
create trigger postings_append_only before update or delete on postings
  for each row execute function refuse_rewrite();
create trigger postings_no_truncate before truncate on postings
  for each statement execute function refuse_rewrite();

-- Posts a batch. Each entry: { key, merchant_id, payment_id, event, state, resolves_key?, reverses_id?,
-- effective_at, postings: [{ account, provider, side, amount, currency }] }. An identical repeat is the
-- first entry; the same key with another body is the error TD007.
create function post_entries(entries jsonb) returns void language plpgsql as $$
declare
  entry jsonb; entry_hash bytea; entry_id text; stored bytea;
  lines jsonb := '[]';
begin
  for entry in select value from jsonb_array_elements(entries) loop
    entry_hash := sha256(convert_to((entry - 'effective_at')::text, 'UTF8'));
    insert into journal_entries (merchant_id, key, payment_id, event, state, resolves_id, reverses_id, effective_at, body_hash)
    values (
      entry ->> 'merchant_id', entry ->> 'key', entry ->> 'payment_id', entry ->> 'event', entry ->> 'state',
      (select e.id from journal_entries e where e.merchant_id = entry ->> 'merchant_id' and e.key = entry ->> 'resolves_key'),
      entry ->> 'reverses_id', coalesce((entry ->> 'effective_at')::timestamptz, tender_now()), entry_hash)
    on conflict (merchant_id, key) do nothing returning id into entry_id;
    if entry_id is null then
      select body_hash into stored from journal_entries e
        where e.merchant_id = entry ->> 'merchant_id' and e.key = entry ->> 'key';
      if stored <> entry_hash then
        raise exception 'journal entry key % was used for another body', entry ->> 'key'
          using errcode = 'TD007', constraint = 'journal_entries_key';
      end if;
      continue;
    end if;
    if entry ->> 'resolves_key' is not null and (select resolves_id is null from journal_entries where id = entry_id) then
      raise exception 'journal entry % releases one that does not exist', entry ->> 'key' using errcode = 'TD007';
    end if;
    lines := lines || (
      select coalesce(jsonb_agg(l.value || jsonb_build_object(
        'entry_id', entry_id, 'line', l.ordinality, 'merchant_id', entry ->> 'merchant_id')), '[]')
      from jsonb_array_elements(entry -> 'postings') with ordinality l);
  end loop;
  insert into postings (entry_id, line, merchant_id, account, provider, side, amount, currency)
  select l.entry_id, l.line, l.merchant_id, l.account, coalesce(l.provider, ''), l.side, l.amount, l.currency
  from jsonb_to_recordset(lines)
    as l (entry_id text, line int, merchant_id text, account text, provider text, side text, amount bigint, currency text);
end $$;
