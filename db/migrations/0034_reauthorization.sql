-- What has expired may be authorized again, on the same payment: new attempts, counted apart from those before them.
-- What is authorized is then the new hold alone, for nothing of the old one was captured.

alter table payments
  -- What is being authorized again; null: nothing is.
  add column reauthorize_amount bigint constraint payments_reauthorize_within_amount check (reauthorize_amount between 1 and amount),
  add column reauthorizations int not null default 0;
alter table attempts add column reauthorization int not null default 0;
insert into status_transitions (object, from_status, to_status) values ('payment', 'expired', 'processing');

-- Never a second hold while the first may stand. A live attempt is for the index of one live attempt to refuse.
create function guard_reauthorization() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if (old.status, new.status) <> ('expired', 'processing') or new.reauthorize_amount is null
    or new.reauthorizations <> old.reauthorizations + 1
    or old.capture_method <> 'manual' or old.amount_authorized = 0 or old.amount_captured + old.amount_excess > 0
    or exists (select from attempts a where a.payment_id = old.id
      and (is_live_attempt(a.status) or a.status = 'late' or a.due_at is not null))
    or exists (select from operations o where o.payment_id = old.id
      and (is_open_operation(o.status) or o.due_at is not null))
  then
    raise exception 'payment % may not be authorized again', old.id using errcode = 'TD017', constraint = 'reauthorization';
  end if;
  return new;
end $$;
create trigger payments_reauthorization before update on payments for each row
  when (old.status = 'expired' and new.status = 'processing'
    or new.reauthorizations <> old.reauthorizations
    or new.reauthorize_amount is not null and new.reauthorize_amount is distinct from old.reauthorize_amount)
  execute function guard_reauthorization();

-- What is said late of a void or an increment of an authorization that is over says nothing of the one that stands.
create function is_of_earlier_hold(p_payment_id text, p_attempt_id text) returns boolean language sql stable
set search_path = public, pg_temp as $$
  select exists (select from attempts a join payments p on p.id = a.payment_id
    where a.id = p_attempt_id and p.id = p_payment_id and a.reauthorization < p.reauthorizations)
$$;
drop trigger operations_reserve on operations;
create trigger operations_reserve after insert or update on operations for each row
  when (new.kind not in ('void', 'increment') or not is_of_earlier_hold(new.payment_id, new.attempt_id))
  execute function reserve_operation();

-- As in 0002, with what a re-authorization opens.
create or replace function refuse_identity_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare same boolean;
begin
  case tg_table_name
    when 'payments' then same := (old.id, old.merchant_id, old.amount, old.currency, old.capture_method, old.unique_reference)
      is not distinct from (new.id, new.merchant_id, new.amount, new.currency, new.capture_method, new.unique_reference)
      and new.version >= old.version and (new.capture_closed or not old.capture_closed
        -- Open again by a re-authorization alone, when it has its answer.
        or (old.reauthorize_amount is not null and new.reauthorize_amount is null));
    when 'attempts' then same :=
      (old.id, old.merchant_id, old.amount, old.currency, old.payment_id, old.number, old.provider, old.kind, old.provider_key,
        old.reauthorization)
      is not distinct from
      (new.id, new.merchant_id, new.amount, new.currency, new.payment_id, new.number, new.provider, new.kind, new.provider_key,
        new.reauthorization);
    else same :=
      (old.id, old.merchant_id, old.amount, old.currency, old.payment_id, old.number, old.kind, old.cause, old.late)
      is not distinct from
      (new.id, new.merchant_id, new.amount, new.currency, new.payment_id, new.number, new.kind, new.cause, new.late);
  end case;
  if not same then
    raise exception '% % is fixed once written', tg_table_name, old.id using errcode = 'TD002';
  end if;
  return new;
end $$;

-- As in 0027, with what is authorized again.
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
        amount_excess, submit_by, expires_at, next_action, last_decline, status_basis, reauthorize_amount, reauthorizations)
      = (select n.status, n.payment_method, n.options, n.amount_authorized, n.capture_closed,
        n.amount_excess, n.submit_by, n.expires_at, n.next_action, n.last_decline, n.status_basis, n.reauthorize_amount,
        n.reauthorizations
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
      provider_key, send_by, key_horizon, due_at, return_token, basis, reauthorization)
  select n.id, p_id, held.merchant_id,
    (select coalesce(max(a.number), 0) + 1 from attempts a where a.payment_id = p_id), n.provider, n.kind, n.status,
    coalesce(held.reauthorize_amount, held.amount), held.currency, n.payment_method, n.route, n.provider_key,
    n.send_by, n.key_horizon, n.due_at,
    n.return_token, n.basis, held.reauthorizations
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
