-- Facts beyond their ceilings. A capture that was refused and done all the same, when there is no room for it any
-- more, is no captured amount of the payment: it is excess, given back at once. And sends: a resend needs its key.

alter table operations add column excess boolean not null default false,
  add constraint operations_excess_of_capture check (not excess or (kind = 'capture' and not late));

create function guard_excess() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.excess or (old.status, new.status) <> ('failed', 'succeeded') then
    raise exception 'operation % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;
create trigger operations_excess before update on operations
  for each row when (old.excess <> new.excess) execute function guard_excess();

-- The permit of a resend: the same key again, while the provider is sure to remember it, on this clock.
create function guard_resend() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tender_now() >= old.key_horizon then
    raise exception '% may not be sent again under its key', new.id using errcode = 'TD016', constraint = 'resend_within_key';
  end if;
  return new;
end $$;
create trigger attempts_resend before update on attempts
  for each row when (new.sent_count > old.sent_count) execute function guard_resend();
create trigger operations_resend before update on operations
  for each row when (new.sent_count > old.sent_count and new.provider_key = old.provider_key) execute function guard_resend();

-- `closes` of a change: what the case waited for has happened.
create function close_cases(p_payment_id text, closes jsonb) returns void language sql set search_path = public, pg_temp as $$
  update cases k set status = 'closed', closed_at = tender_now(), closed_by = 'tender', resolution = n.resolution,
    closing_evidence = n.evidence
  from jsonb_to_recordset(closes) as n (kind text, subject_id text, resolution text, evidence jsonb)
  where k.payment_id = p_payment_id and k.kind = n.kind and k.subject_id = n.subject_id and k.status = 'open'
$$;

-- As in 0017, with captures in excess.
create or replace function reserve_operation() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
  was_open bigint := 0; was_done bigint := 0;
  is_open bigint := case when is_open_operation(new.status) then new.amount else 0 end;
  is_done bigint := case when new.status = 'succeeded' then new.amount else 0 end;
  held payments;
begin
  if tg_op = 'INSERT' then
    select * into strict held from payments where id = new.payment_id for no key update;
    if new.currency <> held.currency then
      raise exception 'operation % is in another currency than its payment', new.id using errcode = 'TD002';
    end if;
  end if;
  if new.late then return new; end if;
  if tg_op = 'UPDATE' then
    if old.status = new.status then return new; end if;
    was_open := case when is_open_operation(old.status) then old.amount else 0 end;
    was_done := case when old.status = 'succeeded' then old.amount else 0 end;
  else
    if new.kind in ('capture', 'void', 'increment') and new.status = 'requested' and held.void_open then
      raise exception 'payment % is being canceled', new.payment_id
        using errcode = 'TD003', constraint = 'cancel_pending';
    end if;
    if new.kind in ('capture', 'increment') and new.status = 'requested' and held.capture_closed then
      raise exception 'payment % takes no more captures', new.payment_id
        using errcode = 'TD003', constraint = 'capture_closed';
    end if;
    if new.kind = 'increment' and new.amount > 9007199254740991 - greatest(held.amount, held.amount_authorized) then
      raise exception 'payment % cannot be raised so far', new.payment_id
        using errcode = 'TD003', constraint = 'increment_too_large';
    end if;
  end if;

  if new.kind = 'increment' then
    if was_done <> is_done then perform apply_increment(new.payment_id, was_done, is_done); end if;
  elsif new.kind = 'capture' and new.excess then
    update payments set
      capture_reserved = capture_reserved - was_open + is_open,
      -- Taken back again after it was given back: what was given back stays.
      amount_excess = greatest(amount_excess - was_done + is_done,
        amount_refunded + refund_reserved + amount_disputed - amount_captured)
    where id = new.payment_id;
  elsif new.kind = 'capture' then
    update payments set
      capture_reserved = capture_reserved - was_open + is_open,
      amount_captured = amount_captured - was_done + is_done,
      capture_closed = capture_closed or (new.final and new.status = 'succeeded'),
      -- A capture taken back after refunds is a fact: no ceiling may refuse it, the rest is excess.
      amount_excess = greatest(amount_excess,
        amount_refunded + refund_reserved + amount_disputed - (amount_captured - was_done + is_done))
    where id = new.payment_id;
  elsif new.kind = 'refund' then
    update payments set
      refund_reserved = refund_reserved - was_open + is_open,
      amount_refunded = amount_refunded - was_done + is_done,
      -- A refund found done after it had been refused is a fact too.
      amount_excess = case when tg_op = 'UPDATE' and old.status = 'failed' then greatest(amount_excess,
        amount_refunded + is_done + refund_reserved + amount_disputed - amount_captured) else amount_excess end
    where id = new.payment_id;
  else
    update payments set
      void_open = is_open_operation(new.status),
      capture_closed = capture_closed or new.status = 'succeeded'
    where id = new.payment_id;
  end if;
  return new;
end $$;

-- As in 0026, with excess and what closes a case.
create or replace function commit_change(c jsonb) returns jsonb language plpgsql as $$
declare
  held payments; patch jsonb; moved int; snapshot jsonb; due timestamptz; frozen jsonb;
  p_id text := c ->> 'payment_id';
  at timestamptz := tender_now();
begin
  select * into held from payments where id = p_id for no key update;
  if not found or held.version <> (c ->> 'version')::bigint then
    return jsonb_build_object('committed', false, 'snapshot', payment_snapshot(p_id));
  end if;

  -- The payment moves first: what comes after is judged against the new status and authorized amount.
  if coalesce(c -> 'payment', '{}') <> '{}' then
    update payments p set (status, payment_method, options, amount_authorized, capture_closed,
        amount_excess, submit_by, expires_at, next_action, last_decline, status_basis)
      = (select n.status, n.payment_method, n.options, n.amount_authorized, n.capture_closed,
        n.amount_excess, n.submit_by, n.expires_at, n.next_action, n.last_decline, n.status_basis
        from jsonb_populate_record(p, c -> 'payment') n)
    where p.id = p_id;
  end if;

  for patch in select value from jsonb_array_elements(coalesce(c #> '{attempts,update}', '[]')) loop
    update attempts a set (updated_at, status, provider_reference, sent_count, decline, redirect_url, lookups, absences,
        due_at, expires_at, basis, send_by, parked_at)
      = (select at, n.status, n.provider_reference, n.sent_count, n.decline, n.redirect_url, n.lookups, n.absences,
        n.due_at, n.expires_at, n.basis, n.send_by, n.parked_at
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
        lookups, absences, due_at, failure, basis, final, parked_at, excess)
      = (select at, n.status, n.attempt_id, n.provider_key, n.provider_reference, n.send_by, n.key_horizon, n.sent_count,
        n.lookups, n.absences, n.due_at, n.failure, n.basis, n.final, n.parked_at, n.excess
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
          select from attempts a where a.payment_id = p.id and is_live_attempt(a.status)) then at end,
      case when p.status = 'requires_payment_method' then p.expires_at end)
    into due from payments p where p.id = p_id;
  -- greatest() would skip a null: at rest means never.
  update payments set version = version + 1, updated_at = at,
      wake_at = case when due is not null then greatest(at + direct_delivery(), due) end
    where id = p_id;

  if jsonb_array_length(coalesce(c -> 'cases', '[]')) > 0 then perform open_cases(held, c -> 'cases'); end if;
  if jsonb_array_length(coalesce(c -> 'closes', '[]')) > 0 then perform close_cases(p_id, c -> 'closes'); end if;
  if jsonb_array_length(coalesce(c -> 'statements', '[]')) > 0 then perform handle_statements(c -> 'statements', at); end if;
  perform append_timeline(p_id, coalesce(c -> 'timeline', '[]'));
  snapshot := payment_snapshot(p_id);
  perform append_outbox(snapshot, coalesce(c -> 'events', '[]'));
  select coalesce(jsonb_agg(f), '[]') into frozen from jsonb_array_elements(coalesce(c -> 'answers', '[]')) a,
    freeze_answers(a ->> 'awaits_id', (a ->> 'status')::int, a ->> 'code', a ->> 'detail', snapshot) f;
  -- Last, because every payment of the merchant waits for these rows until this one has committed.
  if jsonb_array_length(coalesce(c -> 'entries', '[]')) > 0 then perform post_facts(c -> 'entries'); end if;
  return jsonb_build_object('committed', true, 'snapshot', snapshot, 'frozen', frozen);
end $$;
