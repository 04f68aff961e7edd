-- The commits of a payment, one function and so one round trip each.

-- A payment with its attempts and operations, as one JSON value: what is decided on, frozen and shown.
create function payment_snapshot(p_payment_id text) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'payment', to_jsonb(p),
    'attempts', coalesce((select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = p.id), '[]'),
    'operations', coalesce((select jsonb_agg(to_jsonb(o) order by o.number) from operations o where o.payment_id = p.id), '[]'),
    'customer', (select to_jsonb(c) from customers c where c.id = p.customer_id),
    'fund_model', (select m.fund_model from merchants m where m.id = p.merchant_id),
    'now', tender_now())
  from payments p where p.id = p_payment_id
$$;

-- Claims an idempotency key for a resource. Null: it is ours. Otherwise the row that holds it.
-- Two at once: the second waits here for the first one's commit.
create function claim_key(k jsonb) returns jsonb language plpgsql as $$
declare held idempotency_keys;
begin
  insert into idempotency_keys
    (merchant_id, person, key, fingerprint, method, path, resource_kind, payment_id, awaits_id)
  values (k ->> 'merchant_id', k ->> 'person', k ->> 'key', decode(k ->> 'fingerprint', 'hex'), k ->> 'method',
    k ->> 'path', k ->> 'resource_kind', k ->> 'payment_id', k ->> 'awaits_id')
  on conflict (merchant_id, person, key) do nothing;
  if found then return null; end if;
  select * into strict held from idempotency_keys
    where merchant_id = k ->> 'merchant_id' and person = k ->> 'person' and key = k ->> 'key';
  return to_jsonb(held) || jsonb_build_object('fingerprint', encode(held.fingerprint, 'hex'));
end $$;

-- Freezes the answer of every key that waits for this resource; a frozen answer is never replaced.
create function freeze_answers(p_awaits_id text, p_status int, p_code text, p_detail text, p_answer jsonb)
returns void language sql as $$
  update idempotency_keys set answer_status = p_status, answer_code = p_code, answer_detail = p_detail, answer = p_answer
  where awaits_id = p_awaits_id and answer_status is null
    -- A key of another merchant that names this payment is not answered with it.
    and merchant_id = p_answer #>> '{payment,merchant_id}'
$$;

create function append_timeline(p_payment_id text, lines jsonb) returns void language sql as $$
  insert into timeline (payment_id, actor, kind, from_status, to_status, evidence)
  select p_payment_id, l.actor, l.kind, l.from_status, l.to_status, l.evidence
  from jsonb_to_recordset(lines) as l (actor text, kind text, from_status text, to_status text, evidence jsonb)
$$;

-- Events carry the object as of this transaction; the caller holds the payment's row lock.
create function append_outbox(snapshot jsonb, events jsonb) returns void language sql as $$
  insert into outbox (merchant_id, payment_id, sequence, type, object)
  select snapshot #>> '{payment,merchant_id}', snapshot #>> '{payment,id}',
    (select coalesce(max(o.sequence), 0) from outbox o where o.payment_id = snapshot #>> '{payment,id}') + e.ordinality,
    e.value ->> 'type', snapshot || jsonb_build_object('operation_id', e.value ->> 'operation_id')
  from jsonb_array_elements(events) with ordinality e
$$;

-- Commit 1: key, payment, timeline, event. { key, payment, customer?, timeline, events }
-- Answers { outcome: 'created' | 'key_held' | 'duplicate_reference', held?, snapshot? }.
create function accept_payment(c jsonb) returns jsonb language plpgsql as $$
declare
  held jsonb; snapshot jsonb; new_customer customers; first payments; one_per_reference boolean;
  new_id text := c #>> '{payment,id}';
begin
  perform set_config('tender.merchant_id', c #>> '{payment,merchant_id}', true);
  held := claim_key(c -> 'key');
  if held is not null then
    return jsonb_build_object('outcome', 'key_held', 'held', held);
  end if;
  -- A foreign key would see other merchants' customers; row-level security does not.
  if c #>> '{payment,customer_id}' is not null and not exists (
    select from customers k where k.id = c #>> '{payment,customer_id}' and k.merchant_id = c #>> '{payment,merchant_id}')
  then
    raise exception 'customer % is not there', c #>> '{payment,customer_id}' using errcode = 'TD011', constraint = 'customer_not_found';
  end if;
  one_per_reference := c #>> '{payment,merchant_reference}' is not null
    and (select m.unique_reference from merchants m where m.id = c #>> '{payment,merchant_id}');
  if one_per_reference then
    -- Serialises the reference: a committed duplicate is then seen by the select, not by an exception.
    perform pg_advisory_xact_lock(hashtextextended(
      (c #>> '{payment,merchant_id}') || ' ' || (c #>> '{payment,merchant_reference}'), 0));
    select * into first from payments p
      where p.merchant_id = c #>> '{payment,merchant_id}' and p.merchant_reference = c #>> '{payment,merchant_reference}'
        and p.unique_reference and p.status not in ('canceled', 'failed', 'expired', 'blocked');
    if found then
      snapshot := payment_snapshot(first.id);
      perform freeze_answers(new_id, 409, 'duplicate_reference', null, snapshot);
      return jsonb_build_object('outcome', 'duplicate_reference', 'snapshot', snapshot);
    end if;
  end if;
  if c -> 'customer' is not null and c -> 'customer' <> 'null' then
    insert into customers (merchant_id, email, name)
    values (c #>> '{payment,merchant_id}', c #>> '{customer,email}', c #>> '{customer,name}') returning * into new_customer;
  end if;
  insert into payments (id, merchant_id, status, amount, currency, capture_method, payment_method, merchant_reference,
    unique_reference, customer_id, metadata, options, regulated, submit_within_ms, submit_by, expires_at, wake_at, status_basis)
  select new_id, n.merchant_id, n.status, n.amount, n.currency, n.capture_method, n.payment_method, n.merchant_reference,
    one_per_reference, coalesce(n.customer_id, new_customer.id), n.metadata, n.options, n.regulated, n.submit_within_ms,
    tender_now() + n.submit_within_ms * interval '1 millisecond',
    tender_now() + (c ->> 'lifetime_ms')::bigint * interval '1 millisecond',
    tender_now() + direct_delivery(), n.status_basis
  from jsonb_populate_record(null::payments, c -> 'payment') n;
  perform append_timeline(new_id, c -> 'timeline');
  snapshot := payment_snapshot(new_id);
  perform append_outbox(snapshot, c -> 'events');
  return jsonb_build_object('outcome', 'created', 'snapshot', snapshot);
end $$;

-- An operation that must let earlier ones finish is not due itself; what it waits for wakes the payment.
-- Mirrors `mustQueue` in domain/next-step.ts.
create function is_queued(o operations) returns boolean language sql stable as $$
  select o.status = 'requested' and not o.late and (o.kind = 'void' or (o.kind = 'capture' and o.final)) and (
    exists (select from attempts a where a.payment_id = o.payment_id and a.status in ('submitting', 'pending', 'unknown'))
    or exists (select from operations e where e.payment_id = o.payment_id and e.kind = 'capture'
      and e.number < o.number and is_open_operation(e.status)))
$$;

-- Commits 2 and 3, and every later one: applies a change decided in domain/ if the payment is still the
-- version it was decided on (compare-and-set under the row lock), all of it or nothing.
-- { payment_id, version, payment, attempts: { insert, update }, operations: { insert, update }, entries,
--   timeline, events, answers }. Answers { committed, snapshot }; not committed: the truth to decide on again.
create function commit_change(c jsonb) returns jsonb language plpgsql as $$
declare
  held payments; patch jsonb; moved int; snapshot jsonb; due timestamptz;
  p_id text := c ->> 'payment_id';
begin
  select * into held from payments where id = p_id for no key update;
  if not found or held.version <> (c ->> 'version')::bigint then
    return jsonb_build_object('committed', false, 'snapshot', payment_snapshot(p_id));
  end if;

  -- The payment moves first: what comes after is judged against the new status and authorized amount.
  update payments p set (version, updated_at, status, payment_method, options, amount_authorized, capture_closed,
      amount_excess, submit_by, expires_at, next_action, last_decline, status_basis)
    = (select p.version + 1, tender_now(), n.status, n.payment_method, n.options, n.amount_authorized, n.capture_closed,
      n.amount_excess, n.submit_by, n.expires_at, n.next_action, n.last_decline, n.status_basis
      from jsonb_populate_record(p, coalesce(c -> 'payment', '{}')) n)
  where p.id = p_id;

  for patch in select value from jsonb_array_elements(coalesce(c #> '{attempts,update}', '[]')) loop
    update attempts a set (updated_at, status, provider_reference, sent_count, decline, redirect_url, lookups, absences,
        due_at, expires_at, basis, send_by)
      = (select tender_now(), n.status, n.provider_reference, n.sent_count, n.decline, n.redirect_url, n.lookups, n.absences,
        n.due_at, n.expires_at, n.basis, n.send_by
        from jsonb_populate_record(a, patch) n)
    where a.id = patch ->> 'id' and a.payment_id = p_id and a.status = patch ->> 'from_status';
    get diagnostics moved = row_count;
    if moved <> 1 then raise exception 'attempt % is not %', patch ->> 'id', patch ->> 'from_status' using errcode = 'TD008'; end if;
  end loop;
  -- Guarded, because a statement needs its privilege even for no rows, and the API may not write attempts.
  if jsonb_array_length(coalesce(c #> '{attempts,insert}', '[]')) > 0 then
  insert into attempts (id, payment_id, merchant_id, number, provider, kind, status, amount, currency, payment_method, route,
      provider_key, send_by, key_horizon, due_at, return_token, basis)
  select n.id, p_id, held.merchant_id,
    (select coalesce(max(a.number), 0) + 1 from attempts a where a.payment_id = p_id), n.provider, n.kind, n.status,
    held.amount, held.currency, n.payment_method, n.route, n.provider_key, n.send_by, n.key_horizon, n.due_at,
    n.return_token, n.basis
  from jsonb_populate_recordset(null::attempts, c #> '{attempts,insert}') n;
  end if;

  for patch in select value from jsonb_array_elements(coalesce(c #> '{operations,update}', '[]')) loop
    update operations o set (updated_at, status, attempt_id, provider_key, provider_reference, send_by, key_horizon, sent_count,
        lookups, absences, due_at, failure, basis, final)
      = (select tender_now(), n.status, n.attempt_id, n.provider_key, n.provider_reference, n.send_by, n.key_horizon, n.sent_count,
        n.lookups, n.absences, n.due_at, n.failure, n.basis, n.final
        from jsonb_populate_record(o, patch) n)
    where o.id = patch ->> 'id' and o.payment_id = p_id and o.status = patch ->> 'from_status';
    get diagnostics moved = row_count;
    if moved <> 1 then raise exception 'operation % is not %', patch ->> 'id', patch ->> 'from_status' using errcode = 'TD008'; end if;
  end loop;
  if jsonb_array_length(coalesce(c #> '{operations,insert}', '[]')) > 0 then
  insert into operations (id, payment_id, merchant_id, attempt_id, number, kind, cause, status, amount, currency, final, late,
      reason, provider_key, provider_reference, send_by, due_at, basis, requested_by, sent_count)
  select n.id, p_id, held.merchant_id, n.attempt_id,
    (select coalesce(max(o.number), 0) from operations o where o.payment_id = p_id) + row_number() over (),
    n.kind, n.cause, n.status, n.amount, held.currency, coalesce(n.final, false), coalesce(n.late, false), n.reason, n.provider_key,
    n.provider_reference, n.send_by, n.due_at, n.basis, n.requested_by, coalesce(n.sent_count, 0)
  from jsonb_populate_recordset(null::operations, c #> '{operations,insert}') n;
  end if;

  -- When this payment next wants attention. The work is being done now, so not before direct delivery
  -- has had its time; the sweeper comes after that (DESIGN 3, "Nothing committed is left undelivered").
  select least(
      (select min(a.due_at) from attempts a where a.payment_id = p.id 
        -- Only the expiry means nothing any more: a lookup that is due is due.
        and not (a.status = 'authorized' and p.capture_closed and a.due_at is not distinct from a.expires_at)),
      (select min(o.due_at) from operations o where o.payment_id = p.id and not is_queued(o)),
      case when p.status = 'processing' and not exists (
          select from attempts a where a.payment_id = p.id and is_live_attempt(a.status)) then tender_now() end,
      case when p.status = 'requires_payment_method' then p.expires_at end)
    into due from payments p where p.id = p_id;
  -- greatest() would skip a null: at rest means never.
  update payments set wake_at = case when due is not null then greatest(tender_now() + direct_delivery(), due) end
    where id = p_id;

  if jsonb_array_length(coalesce(c -> 'entries', '[]')) > 0 then perform post_entries(c -> 'entries'); end if;
  perform append_timeline(p_id, coalesce(c -> 'timeline', '[]'));
  snapshot := payment_snapshot(p_id);
  perform append_outbox(snapshot, coalesce(c -> 'events', '[]'));
  perform freeze_answers(a ->> 'awaits_id', (a ->> 'status')::int, a ->> 'code', a ->> 'detail', snapshot)
    from jsonb_array_elements(coalesce(c -> 'answers', '[]')) a;
  return jsonb_build_object('committed', true, 'snapshot', snapshot);
end $$;

-- Authentication comes before the merchant is known, so it may not depend on row-level security.
create function find_api_key(p_hash bytea) returns table (id text, merchant_id text, mode text, scopes text[])
language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.merchant_id, k.mode, k.scopes from api_keys k where k.secret_hash = p_hash and k.revoked_at is null
$$;

-- Balances as of a recorded time, from the postings themselves.
create function balances_as_of(p_merchant_id text, p_as_of timestamptz)
returns table (account text, provider text, currency text, pending_debits numeric, pending_credits numeric,
  posted_debits numeric, posted_credits numeric) language sql stable as $$
  select p.account, p.provider, p.currency,
    coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = 'debit'), 0)
      - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = 'credit'), 0),
    coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = 'credit'), 0)
      - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = 'debit'), 0),
    coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = 'debit'), 0),
    coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = 'credit'), 0)
  from postings p join journal_entries e on e.id = p.entry_id
  where p.merchant_id = p_merchant_id and e.recorded_at <= p_as_of
  group by 1, 2, 3
$$;
