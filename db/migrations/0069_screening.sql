-- Risk in the way of a payment: what was decided is kept with the attempt that follows it, what is held waits for its review, and what
-- happens is written down for whoever comes next, all in the payment's own commits.

-- { appetite: { challenge, review, block }, on_failure, review: { within_hours, on_deadline } }, each optional.
alter table merchants add column risk jsonb not null default '{}' constraint merchants_risk check (jsonb_typeof(risk) = 'object');

-- [{ version, score, action }] of models that only look on.
alter table risk_decisions add column shadows jsonb not null default '[]';

-- The caller holds the payment. Decided already for this attempt: that stands.
create function record_risk(p payments, r jsonb) returns void language sql set search_path = public, pg_temp as $$
  select add_risk_list_entry(jsonb_build_object('merchant_id', p.merchant_id, 'list', t ->> 'list', 'entity', t ->> 'entity',
    'value', t ->> 'value', 'reason', t ->> 'reason', 'added_by', 'tender',
    'expires_at', tender_now() + (t ->> 'expiresInMs')::bigint * interval '1 millisecond'))
  from jsonb_array_elements(coalesce(r -> 'tightenings', '[]')) t order by t ->> 'entity', t ->> 'value';
  insert into risk_decisions (payment_id, attempt_number, merchant_id, outcome, reasons, score, score_action, model_version,
    global_rules_version, merchant_rules_version, facts, lists, mode, fail_reason, shadows)
  select p.id, n.attempt_number, p.merchant_id, n.outcome, n.reasons, n.score, n.score_action, n.model_version,
    n.global_rules_version, n.merchant_rules_version, n.facts, n.lists, n.mode, n.fail_reason, coalesce(n.shadows, '[]')
  from jsonb_populate_record(null::risk_decisions, r) n
  on conflict (payment_id, attempt_number) do nothing
$$;

-- { kind: open, attempt_number } or { kind: close, id, lapses }. The caller holds the payment.
create function commit_review(p_payment_id text, r jsonb) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  if r ->> 'kind' = 'open' then
    perform open_review(jsonb_build_object('payment_id', d.payment_id, 'attempt_number', d.attempt_number, 'score', d.score,
      'reasons', d.reasons, 'within_ms', round(coalesce((m.risk #>> '{review,within_hours}')::numeric, 24) * 3600000)::bigint,
      'on_deadline', coalesce(m.risk #>> '{review,on_deadline}', 'decline')))
    from risk_decisions d join merchants m on m.id = d.merchant_id
    where d.payment_id = p_payment_id and d.attempt_number = (r ->> 'attempt_number')::int;
    return;
  end if;
  if (r ->> 'lapses')::boolean and not (decide_review(r ->> 'id', 'lapsed', 'tender', 'nobody decided it in time') ->> 'decided')::boolean then
    raise exception 'review % is decided, or has time', r ->> 'id' using errcode = 'TD008';
  end if;
  update payments set review_due_at = null where id = p_payment_id;
end $$;

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

  -- What the attempt, or the end without one, was decided by; what waits for a person, or is decided.
  if c ? 'risk' then perform record_risk(held, c -> 'risk'); end if;
  if c ? 'review' then perform commit_review(p_id, c -> 'review'); end if;

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
  -- What features are made of is written down with what made it happen.
  if c -> 'timeline' @? '$[*] ? (@.kind == "attempt.submitting" || @.kind == "payment.requires_payment_method"
    || @.kind == "payment.failed" || @.kind == "payment.blocked" || @.kind == "dispute.opened")' then perform record_risk_events(p_id); end if;
  snapshot := payment_snapshot(p_id);
  perform append_outbox(snapshot, coalesce(c -> 'events', '[]'));
  select coalesce(jsonb_agg(f), '[]') into frozen from jsonb_array_elements(coalesce(c -> 'answers', '[]')) a,
    freeze_answers(a ->> 'awaits_id', (a ->> 'status')::int, a ->> 'code', a ->> 'detail', snapshot) f;
  -- Last, because every payment of the merchant waits for these rows until this one has committed.
  if jsonb_array_length(coalesce(c -> 'entries', '[]')) > 0 then perform post_facts(c -> 'entries'); end if;
  return jsonb_build_object('committed', true, 'snapshot', snapshot, 'frozen', frozen);
end $$;

create or replace function payment_snapshot(p_payment_id text) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'payment', to_jsonb(p),
    'attempts', coalesce((select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = p.id), '[]'),
    'operations', coalesce((select jsonb_agg(to_jsonb(o) order by o.number) from operations o where o.payment_id = p.id), '[]'),
    'disputes', coalesce((select jsonb_agg(dispute_view(d) order by d.id) from disputes d where d.payment_id = p.id), '[]'),
    'review', case when p.review_due_at is not null then (select to_jsonb(v) - 'reasons' from reviews v
      where v.payment_id = p.id order by v.attempt_number desc limit 1) end,
    'customer', (select to_jsonb(c) from customers c where c.id = p.customer_id),
    'fund_model', m.fund_model,
    'refund_limit', refund_limit(m, p.currency),
    'now', tender_now())
  from payments p left join merchants m on m.id = p.merchant_id where p.id = p_payment_id
$$;

create or replace function payment_snapshots(p_ids text[]) returns table (payment_id text, snapshot jsonb) language sql stable as $$
  select p.id, jsonb_build_object(
    'payment', to_jsonb(p),
    'attempts', coalesce((select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = p.id), '[]'),
    'operations', coalesce((select jsonb_agg(to_jsonb(o) order by o.number) from operations o where o.payment_id = p.id), '[]'),
    'disputes', coalesce((select jsonb_agg(dispute_view(d) order by d.id) from disputes d where d.payment_id = p.id), '[]'),
    'review', case when p.review_due_at is not null then (select to_jsonb(v) - 'reasons' from reviews v
      where v.payment_id = p.id order by v.attempt_number desc limit 1) end,
    'customer', (select to_jsonb(c) from customers c where c.id = p.customer_id),
    'fund_model', m.fund_model,
    'refund_limit', refund_limit(m, p.currency),
    'now', tender_now())
  from payments p left join merchants m on m.id = p.merchant_id where p.id = any(p_ids)
$$;

-- As in 0052, with what a merchant wants of risk.
create or replace function apply_merchant_settings(p_approval_id text) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare a approvals; written int;
begin
  select * into a from approvals where id = p_approval_id and kind = 'merchant_settings' and status = 'approved';
  if not found then
    raise exception 'approval % lets nobody change settings', p_approval_id
      using errcode = 'TD015', constraint = 'settings_require_approval';
  end if;
  update merchants set settings_version = settings_version + 1,
    refund_limits = nullif(a.request -> 'refund_limits', 'null'), payouts = coalesce(a.request -> 'payouts', payouts),
    risk = coalesce(a.request -> 'risk', risk)
  where id = a.merchant_id and settings_version = (a.binds ->> 'version')::int returning settings_version into written;
  return written;
end $$;

-- What a payment is judged by, in one call whose plans are kept: its past, as `read_risk_past` has it, and what stands on lists of what
-- it is made of, as `[[id, scope, list, entity, reason]]`. A BIN is looked for in each of its lengths.
create function read_screening(p_payment_id text, out past text, out lists text, out country text, out email_domain text)
language plpgsql stable set search_path = public, pg_temp as $$
declare of_merchant text; f jsonb; b text;
begin
  select p.merchant_id, p.payment_method ->> 'country', nullif(lower(split_part(c.email, '@', 2)), '')
  into of_merchant, country, email_domain
  from payments p left join customers c on c.id = p.customer_id where p.id = p_payment_id;
  if not found then return; end if;
  past := read_risk_past(p_payment_id, null);
  f := split_part(past, E'\n', 2);
  b := f ->> 'bin';
  -- Nearly always there is none, and that is all it costs to know.
  select jsonb_agg(jsonb_build_array(e.id, case when e.merchant_id is null then 'global' else 'merchant' end, e.list, e.entity, e.reason)
    order by e.id)::text into lists
  from (values ('merchant', of_merchant), ('card', f ->> 'card'), ('customer', f ->> 'customer'), ('email', f ->> 'email'),
    ('device', f ->> 'device'), ('ip', f ->> 'ip'), ('country', country), ('bin', left(b, 6)),
    ('bin', case when length(b) > 6 then left(b, 7) end), ('bin', case when length(b) > 7 then b end)) x (entity, value)
  join risk_list_entries e on e.entity = x.entity and e.value = x.value and e.removed_at is null
    and e.scope in ('', of_merchant) and (e.expires_at is null or e.expires_at > tender_now())
  where x.value is not null;
end $$;

-- The rules in force for a merchant, of the installation and its own, and what it wants of risk.
create function risk_policy_of(p_merchant_id text) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('settings', m.risk, 'sets', jsonb_build_array(
    coalesce((select jsonb_build_object('scope', 'global', 'version', r.version, 'rules', r.rules) from risk_rules r
      where r.scope = '' order by r.version desc limit 1), '{"scope": "global", "version": 1, "rules": []}'),
    coalesce((select jsonb_build_object('scope', 'merchant', 'version', r.version, 'rules', r.rules) from risk_rules r
      where r.scope = p_merchant_id order by r.version desc limit 1), '{"scope": "merchant", "version": 1, "rules": []}')))
  from merchants m where m.id = p_merchant_id
$$;

do $$
declare f text;
begin
  foreach f in array array['record_risk(payments, jsonb)', 'commit_review(text, jsonb)', 'read_screening(text)',
    'risk_policy_of(text)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tender_worker', f);
  end loop;
end $$;
