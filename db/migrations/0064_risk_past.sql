-- What a payment's card, customer, e-mail, device, address, BIN and merchant did before: read by key when it is judged. All of
-- it follows from payments, timeline and disputes, and can be made again from them (`npm run risk:rebuild`).

-- Entities are kept as keyed hashes. The key is this installation's and leaves the database only with the whole of it.
create table risk_key (
  singleton boolean primary key default true constraint risk_key_singleton check (singleton),
  key bytea not null constraint risk_key_long check (length(key) >= 32)
);
insert into risk_key (key) values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

-- Appended, never changed. Instants are ms since the epoch and amounts hundredths of a major unit, as `domain/risk/past.ts` has them.
create table risk_events (
  -- Of the attempt the try began with; of a payment, where none was made.
  id text not null,
  -- 1 attempt, 2 declined, 3 blocked, 4 fraud.
  kind smallint not null constraint risk_events_kind check (kind between 1 and 4),
  payment_id text not null,
  merchant_id text not null,
  at bigint not null,
  attempt_at bigint not null,
  amount bigint not null,
  currency text not null,
  card bigint, customer bigint, email bigint, device bigint, ip bigint,
  bin text,
  primary key (id, kind)
) with (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
create index risk_events_by_payment on risk_events (payment_id);
-- All that is asked of an entity is in its index.
create index risk_events_by_card on risk_events (card, at) include (kind, amount) where card is not null;
create index risk_events_by_customer on risk_events (customer, at) include (kind, amount, card) where customer is not null;
create index risk_events_by_email on risk_events (email, at) include (kind, amount, card) where email is not null;
create index risk_events_by_device on risk_events (device, at) include (kind, amount, card) where device is not null;
create index risk_events_by_ip on risk_events (ip, at) include (kind, amount, card) where ip is not null;

-- What is not in the counters yet: added by payments, none of which waits for another, and taken out by one keeper.
create table risk_unfolded (
  sequence bigint generated always as identity primary key,
  kind smallint not null,
  merchant_id text not null,
  at bigint not null,
  attempt_at bigint not null,
  amount bigint not null,
  currency text not null,
  bin text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1);
create index risk_unfolded_by_merchant on risk_unfolded (merchant_id, sequence);
create index risk_unfolded_by_bin on risk_unfolded (bin, sequence) where bin is not null;

-- Of what many payments share. Only the keeper writes them (`domain/risk/counters.ts`).
create table risk_counters (
  kind text not null constraint risk_counters_kind check (kind in ('merchant', 'bin', 'same_amount')),
  key text not null,
  counters text not null,
  primary key (kind, key)
-- Read far more often than written: neither packed nor put aside.
) with (toast_tuple_target = 8160, fillfactor = 50);

do $$
declare t text;
begin
  foreach t in array array['risk_key', 'risk_events', 'risk_unfolded', 'risk_counters'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner_all on %I to tender_owner using (true) with check (true)', t);
    continue when t = 'risk_key';
    execute format('create policy worker_all on %I to tender_worker using (true) with check (true)', t);
  end loop;
end $$;
grant select, insert, delete on risk_events, risk_unfolded to tender_worker;
grant select, insert, update, delete on risk_counters to tender_worker;

create function epoch_ms(at timestamptz) returns bigint language sql immutable set search_path = public, pg_temp as $$
  select floor(extract(epoch from at) * 1000)::bigint
$$;

-- Of minor units; a test holds the currencies against `domain/currency.ts`. What is beyond all sense is cut, so that sums stay exact.
create function risk_amount(p_minor bigint, p_currency text) returns bigint language sql immutable set search_path = public, pg_temp as $$
  select least(10000000000000, case
    when p_currency in ('CLP', 'ISK', 'JPY', 'KRW', 'VND') then least(p_minor, 10000000000000) * 100
    when p_currency in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then round(p_minor / 10.0)::bigint
    else p_minor end)
$$;

-- 52 bits, so that it is a number also in JSON. Only for those who may read the key.
create function risk_hash(p_key bytea, p_kind text, p_value text) returns bigint language sql immutable strict
set search_path = public, pg_temp as $$
  select ('x' || encode(substr(sha256(p_key || convert_to(p_kind || E'\n' || p_value, 'UTF8')), 1, 7), 'hex'))::bit(56)::bigint >> 4
$$;

-- A shopper's address and device are hashed before they are written down anywhere. An IPv6 address stands for its /64, which
-- is what a household or a host has.
create function hash_shopper() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  key bytea := (select k.key from risk_key k);
  ip inet := regexp_replace(new.options #>> '{shopper,ip}', '^::ffff:(?=\d+\.)', '', 'i');
begin
  new.options := jsonb_set(new.options, '{shopper}', jsonb_strip_nulls(jsonb_build_object(
    'ip', risk_hash(key, 'ip', case family(ip) when 6 then text(network(set_masklen(ip, 64))) else host(ip) end),
    'device', risk_hash(key, 'device', new.options #>> '{shopper,device_id}'))));
  return new;
end $$;
create trigger payments_hash_shopper before insert on payments for each row
  when (new.options ? 'shopper') execute function hash_shopper();

-- Who pays. The customer is who the merchant knows: by e-mail, else by its own customer, else by the card. The card is the
-- fingerprint that was given, else the token, else of tokens by provider that of the first by name.
create function risk_entities(p_merchant_id text, p_method jsonb, p_customer_id text, p_email text, p_options jsonb,
  out card bigint, out customer bigint, out email bigint, out device bigint, out ip bigint, out bin text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  charged text := coalesce(p_method ->> 'fingerprint', p_method ->> 'token',
    (select t.value from jsonb_each_text(p_method -> 'tokens') t order by t.key collate "C" limit 1));
  written text := lower(btrim(p_email));
  key bytea := (select k.key from risk_key k);
begin
  card := risk_hash(key, 'card', charged);
  email := risk_hash(key, 'email', written);
  customer := risk_hash(key, 'customer', p_merchant_id || E'\n' || coalesce(written, p_customer_id, charged));
  device := (p_options #>> '{shopper,device}')::bigint;
  ip := (p_options #>> '{shopper,ip}')::bigint;
  bin := p_method ->> 'bin';
end $$;

-- The schemes' words for "it was not me": in a provider's reason, by name or by number.
create function is_fraud_reason(p_reason text) returns boolean language sql immutable set search_path = public, pg_temp as $$
  select p_reason ~* 'fraud|unauthori[sz]ed|no cardholder authori[sz]ation|\m10\.[1-5]\M|\m(4837|4840|4863|4870|4871)\M'
$$;

-- What happened to these payments, from what never changes. A try begins with the first attempt and with each one after the
-- shopper was asked for another card; an attempt at the next provider is part of it.
create function risk_events_of(p_payment_ids text[]) returns setof risk_events language sql stable
set search_path = public, pg_temp as $$
  with lines as (
    select t.payment_id, t.sequence, t.kind, t.at, t.evidence ->> 'attempt_id' as attempt_id,
      count(*) filter (where t.kind = 'payment.requires_payment_method') over w as asked
    from unnest(p_payment_ids) i (id) join timeline t on t.payment_id = i.id
    where t.kind in ('attempt.submitting', 'attempt.declined', 'payment.requires_payment_method', 'payment.failed', 'payment.blocked')
    window w as (partition by t.payment_id order by t.sequence)
  ), tries as (
    select distinct on (l.payment_id, l.asked) l.payment_id, l.sequence, l.attempt_id as id, l.at,
      (select min(n.sequence) from lines n where n.payment_id = l.payment_id and n.asked > l.asked) as asked_again
    from lines l where l.kind = 'attempt.submitting' order by l.payment_id, l.asked, l.sequence
  ), facts as (
    select t.payment_id, t.id, 1 as kind, t.at, t.at as attempt_at, t.id as attempt_id from tries t
    union all
    (select distinct on (t.id) t.payment_id, t.id, 2, l.at, t.at, t.id from tries t join lines l
      on l.payment_id = t.payment_id and l.sequence > t.sequence and l.sequence <= coalesce(t.asked_again, l.sequence)
    where l.kind in ('payment.requires_payment_method', 'payment.failed') and exists (
      select from lines d where d.payment_id = t.payment_id and d.kind = 'attempt.declined' and d.sequence between t.sequence and l.sequence)
    order by t.id, l.sequence)
    union all
    select l.payment_id, l.payment_id, k.kind, l.at, l.at, null from lines l cross join (values (1), (3)) k (kind)
    where l.kind = 'payment.blocked'
    union all
    (select distinct on (d.attempt_id) d.payment_id, d.attempt_id, 4, d.opened_at, a.created_at, d.attempt_id
    from unnest(p_payment_ids) i (id) join disputes d on d.payment_id = i.id join attempts a on a.id = d.attempt_id
    where is_fraud_reason(d.reason) order by d.attempt_id, d.opened_at)
  )
  select f.id, f.kind::smallint, f.payment_id, p.merchant_id, epoch_ms(f.at), epoch_ms(f.attempt_at),
    risk_amount(p.amount, p.currency), p.currency, e.*
  from facts f join payments p on p.id = f.payment_id left join attempts a on a.id = f.attempt_id
  left join customers c on c.id = p.customer_id
  cross join lateral risk_entities(p.merchant_id, coalesce(a.payment_method, p.payment_method), p.customer_id, c.email, p.options) e
$$;

-- Writes down what is new of this payment, for its entities and for the counters; answers how much that was. Any number of times,
-- in the transaction that made it happen or after it.
create function record_risk_events(p_payment_id text) returns int language sql set search_path = public, pg_temp as $$
  with fresh as (
    insert into risk_events select * from risk_events_of(array[p_payment_id]) on conflict do nothing returning *
  ), queued as (
    insert into risk_unfolded (kind, merchant_id, at, attempt_at, amount, currency, bin)
    select f.kind, f.merchant_id, f.at, f.attempt_at, f.amount, f.currency, f.bin from fresh f order by f.at, f.kind returning 1
  )
  select count(*)::int from queued
$$;

revoke execute on function epoch_ms(timestamptz), risk_amount(bigint, text), risk_hash(bytea, text, text), hash_shopper(),
  risk_entities(text, jsonb, text, text, jsonb), is_fraud_reason(text), risk_events_of(text[]), record_risk_events(text) from public;
grant execute on function epoch_ms(timestamptz), risk_amount(bigint, text), risk_entities(text, jsonb, text, text, jsonb),
  is_fraud_reason(text), risk_events_of(text[]), record_risk_events(text) to tender_worker;
