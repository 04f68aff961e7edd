-- Who may ask (merchants, API keys), what time it is, and what has been asked before (idempotency keys).

create table clock (
  singleton boolean primary key default true constraint clock_singleton check (singleton),
  offset_seconds bigint not null default 0 constraint clock_forward check (offset_seconds >= 0)
);
insert into clock default values;

-- The one clock of every decision: PostgreSQL's time plus an offset that only sandbox mode moves.
create function tender_now() returns timestamptz language sql stable as $$
  select clock_timestamp() + make_interval(secs => (select offset_seconds from clock))
$$;

create table merchants (
  id text primary key,
  name text not null,
  fund_model text not null default 'own' constraint merchants_fund_model check (fund_model in ('own', 'facilitator')),
  unique_reference boolean not null default false,
  created_at timestamptz not null default clock_timestamp()
);

create table api_keys (
  id text primary key default 'key_' || uuidv7(),
  merchant_id text not null references merchants,
  name text not null,
  mode text not null constraint api_keys_mode check (mode in ('test', 'live')),
  secret_hash bytea not null constraint api_keys_secret_hash unique,
  last4 text not null,
  scopes text[] not null,
  created_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz
);

-- A key is permanent. The first clear answer is frozen in the transaction that makes it clear.
create table idempotency_keys (
  merchant_id text not null references merchants,
  person text not null default '',
  key text not null,
  fingerprint bytea not null,
  method text not null,
  path text not null,
  resource_kind text not null constraint idempotency_keys_kind check (resource_kind in ('payment', 'operation', 'refund')),
  payment_id text not null,
  -- What the answer waits for: the payment itself or one of its operations.
  awaits_id text not null,
  answer_status int,
  answer_code text,
  answer_detail text,
  answer jsonb,
  created_at timestamptz not null default tender_now(),
  constraint idempotency_keys_pkey primary key (merchant_id, person, key)
);
create function refuse_answer_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.answer_status is not null or
    (old.merchant_id, old.person, old.key, old.fingerprint, old.method, old.path, old.resource_kind, old.payment_id, old.awaits_id)
    is distinct from
    (new.merchant_id, new.person, new.key, new.fingerprint, new.method, new.path, new.resource_kind, new.payment_id, new.awaits_id)
  then
    raise exception 'the answer of key % is frozen', old.key using errcode = 'TD010', constraint = 'idempotency_keys_frozen';
  end if;
  return new;
end $$;
create trigger idempotency_keys_frozen before update on idempotency_keys for each row execute function refuse_answer_change();
create index idempotency_keys_open on idempotency_keys (awaits_id) where answer_status is null;
