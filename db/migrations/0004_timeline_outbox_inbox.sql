-- What happened and on what evidence (timeline, hash-chained), what others must be told (outbox, in
-- the same transaction) and what providers told us (inbox, raw and deduplicated).

create table timeline (
  payment_id text not null references payments,
  sequence int not null,
  merchant_id text not null references merchants,
  at timestamptz not null,
  actor text not null,
  kind text not null,
  from_status text,
  to_status text,
  evidence jsonb not null,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (payment_id, sequence)
);

-- sha256 over the previous hash and the row's fields, one per line; an absent field is an empty line.
create function timeline_hash(previous bytea, line timeline) returns bytea language sql immutable as $$
  select sha256(previous || convert_to(concat_ws(E'\n',
    line.payment_id, line.sequence, to_char(line.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    line.actor, line.kind, coalesce(line.from_status, ''), coalesce(line.to_status, ''), line.evidence::text), 'UTF8'))
$$;

-- The database numbers and chains: a writer can neither skip, reorder nor forge a link.
create function chain_timeline() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare last timeline;
begin
  select merchant_id into strict new.merchant_id from payments where id = new.payment_id for no key update;
  select * into last from timeline where payment_id = new.payment_id order by sequence desc limit 1;
  new.sequence := coalesce(last.sequence, 0) + 1;
  new.at := tender_now();
  new.previous_hash := coalesce(last.hash, sha256(convert_to(new.payment_id, 'UTF8')));
  new.hash := timeline_hash(new.previous_hash, new);
  return new;
end $$;
create trigger timeline_chain before insert on timeline for each row execute function chain_timeline();
create trigger timeline_append_only before update or delete on timeline
  for each row execute function refuse_rewrite();
create trigger timeline_no_truncate before truncate on timeline
  for each statement execute function refuse_rewrite();

-- The first link that does not hold, or null.
create function timeline_first_broken(p_payment_id text) returns int language sql stable as $$
  select min(sequence) from (
    select t.sequence, t.hash = timeline_hash(t.previous_hash, t) as own,
      t.previous_hash = lag(t.hash, 1, sha256(convert_to(t.payment_id, 'UTF8'))) over w as linked,
      t.sequence = row_number() over w as numbered
    from timeline t where t.payment_id = p_payment_id window w as (order by t.sequence)) c
  where not (own and linked and numbered)
$$;

create table outbox (
  id text primary key default 'evt_' || uuidv7(),
  merchant_id text not null references merchants,
  payment_id text not null references payments,
  sequence int not null,
  type text not null,
  object jsonb not null,
  created_at timestamptz not null default tender_now(),
  transaction_id xid8 not null default pg_current_xact_id(),
  constraint outbox_ordered unique (payment_id, sequence),
  constraint outbox_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id)
);
create index outbox_by_merchant on outbox (merchant_id, id desc);

create table inbox (
  provider text not null,
  event_id text not null,
  type text not null,
  reference text not null,
  raw bytea not null,
  received_at timestamptz not null default tender_now(),
  payment_id text references payments,
  handled_at timestamptz,
  primary key (provider, event_id)
);
create index inbox_waiting on inbox (reference) where handled_at is null;
