-- What is held stays held: until its review is over, and for good once that was declined, whoever asks.

-- Of the authorization that stands: one after it, once it has expired, is judged anew.
create function is_review_declined(p_payment_id text) returns boolean language sql stable set search_path = public, pg_temp as $$
  select exists (select from reviews v join attempts a on a.payment_id = v.payment_id and a.number = v.attempt_number and a.status = 'authorized'
    where v.payment_id = p_payment_id and (v.status = 'declined' or v.status = 'lapsed' and v.on_deadline = 'decline'))
$$;

-- As in 0069, with whether its review was declined.
create or replace function payment_snapshot(p_payment_id text) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'payment', to_jsonb(p),
    'attempts', coalesce((select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = p.id), '[]'),
    'operations', coalesce((select jsonb_agg(to_jsonb(o) order by o.number) from operations o where o.payment_id = p.id), '[]'),
    'disputes', coalesce((select jsonb_agg(dispute_view(d) order by d.id) from disputes d where d.payment_id = p.id), '[]'),
    'review', case when p.review_due_at is not null then (select to_jsonb(v) - 'reasons' from reviews v
      where v.payment_id = p.id order by v.attempt_number desc limit 1) end,
    'review_declined', case when p.status in ('requires_capture', 'partially_captured') then is_review_declined(p.id) else false end,
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
    'review_declined', case when p.status in ('requires_capture', 'partially_captured') then is_review_declined(p.id) else false end,
    'customer', (select to_jsonb(c) from customers c where c.id = p.customer_id),
    'fund_model', m.fund_model,
    'refund_limit', refund_limit(m, p.currency),
    'now', tender_now())
  from payments p left join merchants m on m.id = p.merchant_id where p.id = any(p_ids)
$$;

-- The API's own connection neither ends a review nor captures past one.
create function refuse_review_deadline() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'the review of payment % is a worker''s to end', old.id using errcode = '42501';
end $$;
create trigger payments_review_is_ours before update on payments for each row
  when (new.review_due_at is distinct from old.review_due_at and current_user = 'tender_api')
  execute function refuse_review_deadline();
create policy api_waits_for_reviews on operations as restrictive for insert to tender_api
  with check (kind not in ('capture', 'increment')
    or not exists (select from payments p where p.id = payment_id and p.review_due_at is not null));

-- As in 0069. What goes back to its shopper or merchant made no attempt, and the try that does has the same number.
create or replace function record_risk(p payments, r jsonb) returns void language sql set search_path = public, pg_temp as $$
  select add_risk_list_entry(jsonb_build_object('merchant_id', p.merchant_id, 'list', t ->> 'list', 'entity', t ->> 'entity',
    'value', t ->> 'value', 'reason', t ->> 'reason', 'added_by', 'tender',
    'expires_at', tender_now() + (t ->> 'expiresInMs')::bigint * interval '1 millisecond'))
  from jsonb_array_elements(coalesce(r -> 'tightenings', '[]')) t order by t ->> 'entity', t ->> 'value';
  insert into risk_decisions (payment_id, attempt_number, merchant_id, outcome, reasons, score, score_action, model_version,
    global_rules_version, merchant_rules_version, facts, lists, mode, fail_reason, shadows)
  select p.id, n.attempt_number, p.merchant_id, n.outcome, n.reasons, n.score, n.score_action, n.model_version,
    n.global_rules_version, n.merchant_rules_version, n.facts, n.lists, n.mode, n.fail_reason, coalesce(n.shadows, '[]')
  from jsonb_populate_record(null::risk_decisions, r) n
  where not exists (select from payments q where q.id = p.id and q.status in ('requires_payment_method', 'expired'))
  on conflict (payment_id, attempt_number) do nothing
$$;

-- As in 0069, but it ends an hour before its authorization does, or half way there: else nothing is left to capture.
create or replace function commit_review(p_payment_id text, r jsonb) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  if r ->> 'kind' = 'open' then
    perform open_review(jsonb_build_object('payment_id', d.payment_id, 'attempt_number', d.attempt_number, 'score', d.score,
      'reasons', d.reasons, 'within_ms', least(
        round(coalesce((m.risk #>> '{review,within_hours}')::numeric, 24) * 3600000)::bigint, greatest(x.left_ms - 3600000, x.left_ms / 2)),
      'on_deadline', coalesce(m.risk #>> '{review,on_deadline}', 'decline')))
    from risk_decisions d join merchants m on m.id = d.merchant_id
    join attempts a on a.payment_id = d.payment_id and a.number = d.attempt_number
    cross join lateral (select (extract(epoch from a.expires_at - tender_now()) * 1000)::bigint as left_ms) x
    where d.payment_id = p_payment_id and d.attempt_number = (r ->> 'attempt_number')::int;
    return;
  end if;
  if (r ->> 'lapses')::boolean and not (decide_review(r ->> 'id', 'lapsed', 'tender', 'nobody decided it in time') ->> 'decided')::boolean then
    raise exception 'review % is decided, or has time', r ->> 'id' using errcode = 'TD008';
  end if;
  update payments set review_due_at = null where id = p_payment_id;
end $$;

revoke execute on function is_review_declined(text), refuse_review_deadline() from public;
grant execute on function is_review_declined(text) to tender_api, tender_worker;
