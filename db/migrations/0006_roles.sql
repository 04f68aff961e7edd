-- Three roles. The API sees one merchant at a time (row-level security, forced: no merchant set, no
-- rows); workers see all merchants; neither may rewrite the ledger, the timeline or the outbox.

grant usage on schema public to tender_api, tender_worker;
revoke create on schema public from public;

grant select on all tables in schema public to tender_worker;
revoke select on api_keys from tender_worker;
grant insert on payments, attempts, operations, customers, idempotency_keys, journal_entries, postings, timeline, outbox, inbox
  to tender_worker;
grant update on payments, attempts, operations, idempotency_keys to tender_worker;
grant update (handled_at, payment_id) on inbox to tender_worker;

grant select on clock, status_transitions, merchants, customers, payments, attempts, operations, idempotency_keys, accounts,
  journal_entries, postings, account_balances, timeline, outbox to tender_api;
grant insert on idempotency_keys, customers, payments, operations, timeline, outbox to tender_api;
grant update on idempotency_keys, payments, operations to tender_api;

-- The clock moves only through here, and only forward; the caller checks that this is sandbox mode.
create function set_clock_offset(p_seconds bigint) returns void language sql security definer set search_path = public, pg_temp as $$
  update clock set offset_seconds = greatest(offset_seconds, p_seconds)
$$;
-- A provider's webhook arrives before any merchant is known; it may only append to the inbox and set the
-- payment it belongs to in motion.
create function receive_webhook(p_provider text, p_event_id text, p_type text, p_reference text, p_raw bytea, p_delay_ms int)
returns table (payment_id text, fresh boolean) language plpgsql security definer set search_path = public, pg_temp as $$
declare owner text; inserted int;
begin
  select a.payment_id into owner from attempts a where a.id = p_reference;
  if owner is null then select o.payment_id into owner from operations o where o.id = p_reference; end if;
  insert into inbox (provider, event_id, type, reference, raw, payment_id)
  values (p_provider, p_event_id, p_type, p_reference, p_raw, owner) on conflict do nothing;
  get diagnostics inserted = row_count;
  if inserted = 1 and owner is not null then
    perform from payments p where p.id = owner for no key update;
    -- Look again even at what is closed: a provider that speaks up has something to say.
    update attempts a set due_at = tender_now() where a.id = p_reference;
    update operations o set due_at = tender_now() where o.id = p_reference;
    update payments p set version = p.version + 1,
      wake_at = least(p.wake_at, tender_now() + p_delay_ms * interval '1 millisecond') where p.id = owner;
  end if;
  return query select owner, inserted = 1;
end $$;
-- The return page knows a token, no merchant. Whoever comes back has news: the attempt is looked up now.
create function arrive_at_return(p_token text) returns table (payment_id text, merchant_id text, return_url text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare found_attempt attempts;
begin
  select * into found_attempt from attempts a where a.return_token = p_token;
  if not found then return; end if;
  if found_attempt.status = 'requires_action' then
    perform from payments p where p.id = found_attempt.payment_id for no key update;
    update attempts a set due_at = tender_now() where a.id = found_attempt.id and a.status = 'requires_action';
    update payments p set version = p.version + 1, wake_at = tender_now() + direct_delivery()
      where p.id = found_attempt.payment_id;
  end if;
  return query select p.id, p.merchant_id, p.options ->> 'return_url' from payments p where p.id = found_attempt.payment_id;
end $$;
create function merchant_exists(p_id text) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from merchants where id = p_id)
$$;
revoke execute on function set_clock_offset(bigint), receive_webhook(text, text, text, text, bytea, int), arrive_at_return(text), merchant_exists(text) from public;
grant execute on function set_clock_offset(bigint), receive_webhook(text, text, text, text, bytea, int), arrive_at_return(text), merchant_exists(text) to tender_api;

do $$
declare t text; own text;
begin
  foreach t in array array['merchants', 'api_keys', 'idempotency_keys', 'customers', 'payments', 'attempts', 'operations',
    'journal_entries', 'postings', 'account_balances', 'timeline', 'outbox', 'inbox'] loop
    own := case t when 'merchants' then 'id' when 'inbox' then null else 'merchant_id' end;
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner_all on %I to tender_owner using (true) with check (true)', t);
    execute format('create policy worker_all on %I to tender_worker using (true) with check (true)', t);
    if own is not null then
      execute format('create policy one_merchant on %I to tender_api using (%I = current_setting(''tender.merchant_id'', true))
        with check (%I = current_setting(''tender.merchant_id'', true))', t, own, own);
    end if;
  end loop;
end $$;

-- Whoever asks, asks: what became of it is the worker's to write.
create policy api_requests on operations as restrictive for insert to tender_api with check (status = 'requested' and not late);
create policy api_accepts on payments as restrictive for insert to tender_api with check (
  status = 'processing' and amount_authorized + amount_captured + capture_reserved + amount_refunded + refund_reserved
    + amount_disputed + amount_excess = 0 and not void_open and not capture_closed);

-- Reads of one merchant in one round trip: the merchant is set for the statement, row-level security does the rest.
create function read_payment(p_merchant_id text, p_payment_id text) returns jsonb language plpgsql as $$
begin
  perform set_config('tender.merchant_id', p_merchant_id, true);
  return payment_snapshot(p_payment_id);
end $$;
create function read_key(p_merchant_id text, p_person text, p_key text) returns jsonb language plpgsql as $$
declare held idempotency_keys;
begin
  perform set_config('tender.merchant_id', p_merchant_id, true);
  select * into held from idempotency_keys where merchant_id = p_merchant_id and person = p_person and key = p_key;
  if not found then return null; end if;
  return to_jsonb(held) || jsonb_build_object(
    'fingerprint', encode(held.fingerprint, 'hex'),
    -- Nobody knows whether the money moved: said at once, with the payment as it is.
    'in_doubt', case when held.answer_status is null and (
        exists (select from attempts a where a.payment_id = held.payment_id and a.status = 'unknown')
        or exists (select from operations o where o.payment_id = held.payment_id and o.status = 'unknown'
          and held.awaits_id in (o.id, o.payment_id)))
      then payment_snapshot(held.payment_id) end);
end $$;
