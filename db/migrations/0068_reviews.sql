-- Reviews: payments whose capture waits for a person, for so long and no longer. Decided once; what was decided wakes the payment,
-- and keeps it awake until its run has acted on it.

create table reviews (
  id text constraint reviews_pkey primary key default 'rev_' || uuidv7(),
  merchant_id text not null,
  payment_id text not null,
  attempt_number int not null,
  amount bigint not null constraint reviews_amount check (amount > 0),
  currency text not null,
  -- Calibrated, 0 to 1; null: there was none, which is the greatest risk of all.
  score double precision constraint reviews_score check (score between 0 and 1),
  risk double precision generated always as (coalesce(score, 1)) stored,
  reasons jsonb not null,
  status text not null default 'open' constraint reviews_status check (status in ('open', 'approved', 'declined', 'lapsed')),
  opened_at timestamptz not null default tender_now(),
  due_at timestamptz not null constraint reviews_due check (due_at > opened_at),
  -- What is done when nobody says anything in time.
  on_deadline text not null constraint reviews_on_deadline check (on_deadline in ('approve', 'decline')),
  decided_by text,
  decided_at timestamptz,
  decision_reason text,
  constraint reviews_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id),
  constraint reviews_once unique (payment_id, attempt_number),
  constraint reviews_decided check ((status = 'open') = (decided_at is null) and (status = 'open') = (decided_by is null)
    and (status = 'open') = (decision_reason is null))
);
create unique index reviews_one_open on reviews (payment_id) where status = 'open';
create index reviews_queue on reviews (merchant_id, (-risk), id) where status = 'open';
create index reviews_by_risk on reviews (merchant_id, (-risk), id);

create function guard_review() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  -- `risk` is not computed yet.
  if tg_op = 'DELETE' or old.status <> 'open'
    or to_jsonb(old) - '{risk,status,decided_by,decided_at,decision_reason}'::text[]
      <> to_jsonb(new) - '{risk,status,decided_by,decided_at,decision_reason}'::text[]
  then
    raise exception 'review % is fixed once written', old.id using errcode = 'TD002';
  end if;
  if new.status in ('approved', 'declined') and old.due_at <= tender_now() then
    raise exception 'review % has lapsed', old.id using errcode = 'TD022', constraint = 'review_lapsed';
  end if;
  return new;
end $$;
create trigger reviews_fixed before update or delete on reviews for each row execute function guard_review();
create trigger reviews_no_truncate before truncate on reviews for each statement execute function refuse_rewrite();

-- The deadline of an open review; now, once it is decided; null when the run has acted on it.
alter table payments add column review_due_at timestamptz;
create function wake_for_review() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  new.wake_at := least(new.wake_at, greatest(new.review_due_at, tender_now() + direct_delivery()));
  return new;
end $$;
create trigger payments_wake_for_review before update on payments for each row
  when (new.review_due_at is not null) execute function wake_for_review();

-- Nobody decides about what has ended otherwise, whoever ended it.
create function end_review_with_payment() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  update reviews set status = 'lapsed', decided_at = tender_now(), decided_by = 'tender',
    decision_reason = 'the payment is ' || new.status
  where payment_id = new.id and status = 'open';
  new.review_due_at := null;
  return new;
end $$;
-- Named to come before `payments_wake_for_review`.
create trigger payments_end_review before update on payments for each row
  when (new.review_due_at is not null and new.status in ('canceled', 'failed', 'expired', 'blocked'))
  execute function end_review_with_payment();

create function tell_review(r reviews, p_actor text, p_what text, p_evidence jsonb) returns void language sql
set search_path = public, pg_temp as $$
  select append_timeline(r.payment_id, jsonb_build_array(jsonb_build_object('actor', p_actor, 'kind', 'review.' || p_what,
    'evidence', p_evidence || jsonb_build_object('review_id', r.id))))
$$;

-- The caller holds the payment's row lock. Open about this attempt already, or decided: it is the same review.
create function open_review(r jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare n reviews; opened reviews; held payments;
begin
  n := jsonb_populate_record(null::reviews, r);
  select * into strict held from payments where id = n.payment_id for no key update;
  insert into reviews (merchant_id, payment_id, attempt_number, amount, currency, score, reasons, due_at, on_deadline)
  values (held.merchant_id, n.payment_id, n.attempt_number, held.amount, held.currency, n.score, n.reasons,
    tender_now() + (r ->> 'within_ms')::bigint * interval '1 millisecond', n.on_deadline)
  on conflict (payment_id, attempt_number) do nothing returning * into opened;
  if not found then
    select * into strict opened from reviews where payment_id = n.payment_id and attempt_number = n.attempt_number;
    return to_jsonb(opened);
  end if;
  update payments set review_due_at = opened.due_at where id = held.id;
  perform tell_review(opened, 'tender', 'opened',
    jsonb_build_object('kind', 'rule', 'due_at', opened.due_at, 'on_deadline', opened.on_deadline, 'reasons', opened.reasons));
  return to_jsonb(opened);
end $$;

-- Decided or lapsed: the payment is awake from then on. { decided, review }; not decided: it was before, or it has lapsed.
create function decide_review(p_id text, p_status text, p_actor text, p_reason text) returns jsonb language plpgsql
set search_path = public, pg_temp as $$
declare r reviews;
begin
  -- The payment before the review, as everybody has it.
  perform from payments p where p.id = (select payment_id from reviews where id = p_id) for no key update;
  update reviews set status = p_status, decided_by = p_actor, decided_at = tender_now(), decision_reason = p_reason
    where id = p_id and status = 'open' and (p_status = 'lapsed') = (due_at <= tender_now()) returning * into r;
  if not found then
    select * into r from reviews where id = p_id;
    return jsonb_build_object('decided', false, 'review', to_jsonb(r));
  end if;
  perform tell_review(r, p_actor, p_status,
    jsonb_build_object('kind', case p_status when 'lapsed' then 'timer' else 'staff' end, 'detail', p_reason)
      || case p_status when 'lapsed' then jsonb_build_object('on_deadline', r.on_deadline) else '{}' end);
  update payments set version = version + 1, review_due_at = tender_now(), wake_at = tender_now() + direct_delivery()
    where id = r.payment_id;
  return jsonb_build_object('decided', true, 'review', to_jsonb(r));
end $$;

alter table reviews enable row level security;
alter table reviews force row level security;
create policy owner_all on reviews to tender_owner using (true) with check (true);
create policy worker_all on reviews to tender_worker using (true) with check (true);
create policy one_merchant on reviews for select to tender_api using (merchant_id = current_setting('tender.merchant_id', true));
grant select, insert on reviews to tender_worker;
grant update (status, decided_by, decided_at, decision_reason) on reviews to tender_worker;
grant select on reviews to tender_api;
revoke execute on function tell_review(reviews, text, text, jsonb), open_review(jsonb), decide_review(text, text, text, text)
  from public;
grant execute on function tell_review(reviews, text, text, jsonb), open_review(jsonb), decide_review(text, text, text, text)
  to tender_worker;

create index risk_list_entries_by_added on risk_list_entries (added_at, id);
create index risk_list_entries_by_removed on risk_list_entries (removed_at, id) where removed_at is not null;
create index reviews_by_decided on reviews (decided_at, id) where decided_at is not null;
-- As in 0058, with what is done about risk.
create or replace function audit_acts(p_merchant_id text, p_kind text, p_actor text, p_object_id text, p_from timestamptz, p_to timestamptz,
  p_before timestamptz, p_before_id text, p_limit int) returns setof jsonb language sql stable set search_path = public, pg_temp as $$
  with acts as (
    (select a.created_at as at, a.id || '/asked' as id, 'approval.asked' as kind, a.asked_by as actor, a.reason,
        'approval' as object_type, a.id as object_id, a.merchant_id, a.payment_id, jsonb_build_object('kind', a.kind, 'binds', a.binds) as detail
      from approvals a where (a.merchant_id = p_merchant_id or a.merchant_id is null)
        and (p_kind is null or p_kind = 'approval.asked') and (p_actor is null or a.asked_by = p_actor)
        and (p_object_id is null or p_object_id in (a.id, a.binds ->> 'id', a.payment_id))
        and a.created_at >= p_from and a.created_at < p_to and (a.created_at, a.id || '/asked') < (p_before, p_before_id)
      order by a.created_at desc, a.id desc limit p_limit)
    union all
    (select a.decided_at, a.id || '/decided', 'approval.' || a.status, a.decided_by, coalesce(a.decision_reason, ''), 'approval', a.id,
        a.merchant_id, a.payment_id, jsonb_build_object('kind', a.kind, 'binds', a.binds, 'asked_by', a.asked_by)
      from approvals a where (a.merchant_id = p_merchant_id or a.merchant_id is null) and a.decided_at is not null
        and (p_kind is null or p_kind = 'approval.' || a.status) and (p_actor is null or a.decided_by = p_actor)
        and (p_object_id is null or p_object_id in (a.id, a.binds ->> 'id', a.payment_id))
        and a.decided_at >= p_from and a.decided_at < p_to and (a.decided_at, a.id || '/decided') < (p_before, p_before_id)
      order by a.decided_at desc, a.id desc limit p_limit)
    union all
    (select b.resolved_at, b.id || '/resolved', 'break.resolved', b.resolution ->> 'by', coalesce(b.resolution ->> 'reason', ''), 'break',
        b.id, b.merchant_id, b.payment_id, jsonb_build_object('kind', b.kind, 'action', b.resolution ->> 'action',
          'approved_by', b.resolution ->> 'approved_by', 'amount', b.amount::text, 'currency', b.currency)
      from breaks b where (b.merchant_id = p_merchant_id or b.merchant_id is null) and b.status = 'resolved'
        and (p_kind is null or p_kind = 'break.resolved') and (p_actor is null or b.resolution ->> 'by' = p_actor)
        and (p_object_id is null or p_object_id in (b.id, b.subject_id, b.payment_id))
        and b.resolved_at >= p_from and b.resolved_at < p_to and (b.resolved_at, b.id || '/resolved') < (p_before, p_before_id)
      order by b.resolved_at desc, b.id desc limit p_limit)
    union all
    select r.written_at, 'routing_rules/' || r.version, 'routing_rules.changed', r.written_by, r.reason, 'routing_rules', r.version::text,
      null, null, '{}' from routing_rules r
    union all
    (select e.added_at, e.id || '/added', 'risk_list.added', e.added_by, e.reason, 'risk_list_entry', e.id, e.merchant_id, null::text,
        jsonb_build_object('list', e.list, 'entity', e.entity, 'expires_at', e.expires_at)
      from risk_list_entries e where e.scope in ('', p_merchant_id)
        and (p_kind is null or p_kind = 'risk_list.added') and (p_actor is null or e.added_by = p_actor)
        and (p_object_id is null or p_object_id = e.id)
        and e.added_at >= p_from and e.added_at < p_to and (e.added_at, e.id || '/added') < (p_before, p_before_id)
      order by e.added_at desc, e.id desc limit p_limit)
    union all
    (select e.removed_at, e.id || '/removed', 'risk_list.removed', e.removed_by, e.removal_reason, 'risk_list_entry', e.id,
        e.merchant_id, null, jsonb_build_object('list', e.list, 'entity', e.entity)
      from risk_list_entries e where e.scope in ('', p_merchant_id) and e.removed_at is not null
        and (p_kind is null or p_kind = 'risk_list.removed') and (p_actor is null or e.removed_by = p_actor)
        and (p_object_id is null or p_object_id = e.id)
        and e.removed_at >= p_from and e.removed_at < p_to and (e.removed_at, e.id || '/removed') < (p_before, p_before_id)
      order by e.removed_at desc, e.id desc limit p_limit)
    union all
    (select v.decided_at, v.id || '/decided', 'review.' || v.status, v.decided_by, v.decision_reason, 'review', v.id, v.merchant_id,
        v.payment_id, jsonb_build_object('score', v.score, 'on_deadline', v.on_deadline)
      from reviews v where v.merchant_id = p_merchant_id and v.decided_at is not null
        and (p_kind is null or p_kind = 'review.' || v.status) and (p_actor is null or v.decided_by = p_actor)
        and (p_object_id is null or p_object_id in (v.id, v.payment_id))
        and v.decided_at >= p_from and v.decided_at < p_to and (v.decided_at, v.id || '/decided') < (p_before, p_before_id)
      order by v.decided_at desc, v.id desc limit p_limit)
    union all
    select r.written_at, 'risk_rules/' || coalesce(r.merchant_id, '') || '/' || r.version, 'risk_rules.changed', r.written_by, r.reason,
      'risk_rules', r.version::text, r.merchant_id, null, jsonb_build_object('approved_by', r.approved_by, 'approval_id', r.approval_id)
    from risk_rules r where r.scope in ('', p_merchant_id)
    union all
    select c.closed_at, 'close/' || c.period, 'period.closed', c.closed_by, c.reason, 'close', c.period, null, null,
      jsonb_build_object('kind', c.kind, 'open_alarms', c.open_alarms) from ledger_closes c
    union all
    select k.at, 'ledger_alarm/' || k.alarm_id, 'ledger_alarm.acknowledged', k.actor, k.reason, 'ledger_alarm', k.alarm_id::text,
      null, null, '{}' from ledger_alarm_acknowledgements k
    union all
    select k.created_at, k.id || '/created', 'api_key.created', 'tender', '', 'api_key', k.id, p_merchant_id, null,
      jsonb_build_object('name', k.name, 'mode', k.mode, 'last4', k.last4, 'scopes', k.scopes)
    from keys_of(p_merchant_id) k
    union all
    select k.revoked_at, k.id || '/revoked', 'api_key.revoked', 'tender', '', 'api_key', k.id, p_merchant_id, null,
      jsonb_build_object('name', k.name, 'mode', k.mode, 'last4', k.last4)
    from keys_of(p_merchant_id) k where k.revoked_at is not null
  )
  select to_jsonb(x) from acts x
  where (p_kind is null or x.kind = p_kind) and (p_actor is null or x.actor = p_actor)
    and (p_object_id is null or x.object_type in ('approval', 'break', 'review') or x.object_id = p_object_id)
    and x.at >= p_from and x.at < p_to and (x.at, x.id) < (p_before, p_before_id)
  order by x.at desc, x.id desc limit p_limit
$$;
