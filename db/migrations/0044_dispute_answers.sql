-- What a merchant answers to a dispute: a row first, like all that is asked of a provider, then sent by the payment's run.
-- And the days on which somebody is told that nobody has answered yet.

alter table status_transitions drop constraint status_transitions_object,
  add constraint status_transitions_object check (object in ('payment', 'attempt', 'operation', 'dispute', 'dispute_answer'));
alter table idempotency_keys drop constraint idempotency_keys_kind,
  add constraint idempotency_keys_kind check (resource_kind in ('payment', 'operation', 'refund', 'object', 'dispute'));

alter table cases drop constraint cases_kind,
  add constraint cases_kind check (kind in ('unknown', 'late_return', 'excess', 'contradiction', 'webhook_mismatch', 'dispute_unanswered'));

alter table disputes
  -- When to look whether somebody is to be told that it waits for an answer; null: nobody is.
  add column remind_at timestamptz,
  add constraint disputes_reminded check (remind_at is null or status = 'needs_response');

create table dispute_answers (
  id text constraint dispute_answers_pkey primary key,
  dispute_id text not null references disputes,
  payment_id text not null references payments,
  merchant_id text not null references merchants,
  kind text not null constraint dispute_answers_kind check (kind in ('accept', 'evidence')),
  status text not null constraint dispute_answers_status check (status in ('requested', 'submitting', 'unknown', 'succeeded', 'failed')),
  evidence jsonb not null,
  provider_key text,
  send_by timestamptz,
  key_horizon timestamptz,
  sent_count int not null default 0,
  lookups int not null default 0,
  due_at timestamptz,
  failure_code text,
  basis jsonb not null,
  requested_by text not null,
  created_at timestamptz not null default tender_now(),
  updated_at timestamptz not null default tender_now(),
  -- Sent only with a permit, and due as long as it is open.
  constraint dispute_answers_sent check (sent_count = 0 or (provider_key is not null and send_by is not null and key_horizon is not null)),
  constraint dispute_answers_permit check (status not in ('submitting', 'unknown', 'succeeded') or sent_count > 0),
  constraint dispute_answers_due check ((due_at is not null) = (status in ('requested', 'submitting', 'unknown')))
);
create index dispute_answers_by_dispute on dispute_answers (dispute_id);
-- One answer under way at a time; each is given once.
create unique index dispute_answers_one_open on dispute_answers (dispute_id) where status in ('requested', 'submitting', 'unknown');
create unique index dispute_answers_once on dispute_answers (dispute_id, kind) where status <> 'failed';

create function guard_dispute_answer() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' or old.due_at is null or new.sent_count < old.sent_count or new.sent_count > old.sent_count + 1
    or (new.sent_count > old.sent_count) <> (new.status = 'submitting' and old.status <> 'submitting')
    or (old.provider_key is not null and new.provider_key is distinct from old.provider_key)
    or (old.id, old.dispute_id, old.payment_id, old.merchant_id, old.kind, old.evidence, old.requested_by, old.created_at)
      is distinct from (new.id, new.dispute_id, new.payment_id, new.merchant_id, new.kind, new.evidence, new.requested_by, new.created_at)
  then
    raise exception 'answer % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;
create trigger dispute_answers_fixed before update or delete on dispute_answers for each row execute function guard_dispute_answer();
create trigger dispute_answers_no_truncate before truncate on dispute_answers for each statement execute function refuse_rewrite();
create trigger dispute_answers_transition before update on dispute_answers
  for each row execute function check_status_transition('dispute_answer');
create trigger disputes_transition before update on disputes for each row execute function check_status_transition('dispute');

-- As in 0033, with the days of reminders.
create or replace function guard_dispute() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' or old.closed_at is not null
    or to_jsonb(old) - '{status,evidence,closed_at,remind_at}'::text[] <> to_jsonb(new) - '{status,evidence,closed_at,remind_at}'::text[]
  then
    raise exception 'dispute % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;

-- When disputes next want their payment's attention: an answer to be sent or looked up, a day to remind.
alter table payments add column disputes_wake_at timestamptz;
create trigger payments_wake_for_answers before update on payments for each row
  when (new.disputes_wake_at is not null) execute function wake_for_disputes();
create or replace function wake_for_disputes() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  new.wake_at := least(new.wake_at, greatest(least(new.disputes_due_at, new.disputes_wake_at), tender_now() + direct_delivery()));
  return new;
end $$;
create function set_disputes_wake(p_payment_id text) returns void language sql set search_path = public, pg_temp as $$
  update payments p set disputes_wake_at = least(
    (select min(d.remind_at) from disputes d where d.payment_id = p.id),
    (select min(a.due_at) from disputes d join dispute_answers a on a.dispute_id = d.id where d.payment_id = p.id))
  where p.id = p_payment_id
$$;
-- Those that wait now are looked at once; who is then told is for the run to say.
update disputes set remind_at = tender_now() where status = 'needs_response';
update payments p set disputes_wake_at = tender_now()
  where exists (select from disputes d where d.payment_id = p.id and d.remind_at is not null);

-- A dispute as others see it.
create function dispute_view(d disputes) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(d) || jsonb_build_object('answers', coalesce((select jsonb_agg(to_jsonb(a) order by a.created_at, a.id)
    from dispute_answers a where a.dispute_id = d.id), '[]'))
$$;

-- What a commit makes of disputes: { update, answers: { insert, update } }. The caller holds the payment's row lock.
create function write_disputes(held payments, c jsonb, at timestamptz) returns void language plpgsql set search_path = public, pg_temp as $$
declare patch jsonb; moved int;
begin
  for patch in select value from jsonb_array_elements(coalesce(c -> 'update', '[]')) loop
    update disputes d set (status, remind_at, closed_at)
      = (select n.status, n.remind_at, case when n.status in ('won', 'lost') then at end from jsonb_populate_record(d, patch) n)
    where d.id = patch ->> 'id' and d.payment_id = held.id and d.status = patch ->> 'from_status';
    get diagnostics moved = row_count;
    if moved <> 1 then raise exception 'dispute % has moved', patch ->> 'id' using errcode = 'TD008'; end if;
  end loop;
  for patch in select value from jsonb_array_elements(coalesce(c #> '{answers,update}', '[]')) loop
    update dispute_answers a set (updated_at, status, provider_key, send_by, key_horizon, sent_count, lookups, due_at, failure_code, basis)
      = (select at, n.status, n.provider_key, n.send_by, n.key_horizon, n.sent_count, n.lookups, n.due_at, n.failure_code, n.basis
        from jsonb_populate_record(a, patch) n)
    where a.id = patch ->> 'id' and a.payment_id = held.id and a.status = patch ->> 'from_status';
    get diagnostics moved = row_count;
    if moved <> 1 then raise exception 'answer % has moved', patch ->> 'id' using errcode = 'TD008'; end if;
  end loop;
  insert into dispute_answers (id, dispute_id, payment_id, merchant_id, kind, status, evidence, due_at, basis, requested_by)
  select n.id, d.id, held.id, held.merchant_id, n.kind, n.status, n.evidence, n.due_at, n.basis, n.requested_by
  from jsonb_populate_recordset(null::dispute_answers, coalesce(c #> '{answers,insert}', '[]')) n
  join disputes d on d.id = n.dispute_id and d.payment_id = held.id;
  perform set_disputes_wake(held.id);
end $$;

-- As `commit_change`, of a change that moves disputes as well.
create function commit_with_disputes(c jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare held payments;
begin
  select * into held from payments where id = c ->> 'payment_id' for no key update;
  if not found or held.version <> (c ->> 'version')::bigint then
    return jsonb_build_object('committed', false, 'snapshot', payment_snapshot(c ->> 'payment_id'));
  end if;
  perform write_disputes(held, c -> 'disputes', tender_now());
  return commit_change(c);
end $$;
revoke execute on function set_disputes_wake(text), dispute_view(disputes), write_disputes(payments, jsonb, timestamptz),
  commit_with_disputes(jsonb) from public;
grant execute on function set_disputes_wake(text), dispute_view(disputes), write_disputes(payments, jsonb, timestamptz),
  commit_with_disputes(jsonb) to tender_api, tender_worker;

-- As in 0020, with its disputes.
create or replace function payment_snapshot(p_payment_id text) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'payment', to_jsonb(p),
    'attempts', coalesce((select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = p.id), '[]'),
    'operations', coalesce((select jsonb_agg(to_jsonb(o) order by o.number) from operations o where o.payment_id = p.id), '[]'),
    'disputes', coalesce((select jsonb_agg(dispute_view(d) order by d.id) from disputes d where d.payment_id = p.id), '[]'),
    'customer', (select to_jsonb(c) from customers c where c.id = p.customer_id),
    'fund_model', m.fund_model,
    'refund_limit', refund_limit(m, p.currency),
    'now', tender_now())
  from payments p left join merchants m on m.id = p.merchant_id where p.id = p_payment_id
$$;

-- As in 0033, with the day of the first reminder.
create or replace function record_dispute(c jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare held payments; moved int; at timestamptz := tender_now();
begin
  select * into held from payments where id = c ->> 'payment_id' for no key update;
  if not found or held.version <> (c ->> 'version')::bigint then
    return jsonb_build_object('committed', false, 'snapshot', payment_snapshot(c ->> 'payment_id'));
  end if;
  insert into disputes (id, merchant_id, payment_id, attempt_id, provider, provider_reference, status, amount, amount_excess, fee,
    currency, reason, due_by, opened_at, closed_at, remind_at)
  select n.id, held.merchant_id, held.id, n.attempt_id, n.provider, n.provider_reference, n.status, n.amount, n.amount_excess, n.fee,
    n.currency, n.reason, n.due_by, at, case when n.status in ('won', 'lost') then at end, n.remind_at
  from jsonb_populate_record(null::disputes, c #> '{dispute,insert}') n where c #> '{dispute,insert}' is not null;
  if c #> '{dispute,update}' is not null then
    update disputes d set status = c #>> '{dispute,update,status}', closed_at = at, remind_at = null
      where d.id = c #>> '{dispute,update,id}' and d.status = c #>> '{dispute,update,from_status}';
    get diagnostics moved = row_count;
    if moved <> 1 then raise exception 'dispute % has moved', c #>> '{dispute,update,id}' using errcode = 'TD008'; end if;
  end if;
  update inbox i set state = c #>> '{dispute,state}', evidence = c #> '{dispute,evidence}',
    handled_at = case when c #>> '{dispute,state}' <> 'mismatch' then at end
  where i.provider = c #>> '{dispute,provider}' and i.event_id = c #>> '{dispute,event_id}' and i.state = 'waiting';
  if told_dispute(held.id) is null then update payments p set disputes_due_at = null where p.id = held.id; end if;
  perform set_disputes_wake(held.id);
  return commit_change(c);
end $$;

-- As in 0033, with the answers.
create or replace function append_outbox(snapshot jsonb, events jsonb) returns void language sql as $$
  insert into outbox (merchant_id, payment_id, sequence, type, object)
  select snapshot #>> '{payment,merchant_id}', snapshot #>> '{payment,id}',
    (select coalesce(max(o.sequence), 0) from outbox o where o.payment_id = snapshot #>> '{payment,id}') + e.ordinality,
    e.value ->> 'type', snapshot || jsonb_build_object('operation_id', e.value ->> 'operation_id')
      || case when e.value ? 'dispute_id' then jsonb_build_object('dispute',
        (select dispute_view(d) from disputes d where d.id = e.value ->> 'dispute_id')) else '{}' end
  from jsonb_array_elements(events) with ordinality e
$$;

alter table dispute_answers enable row level security;
alter table dispute_answers force row level security;
create policy owner_all on dispute_answers to tender_owner using (true) with check (true);
create policy worker_all on dispute_answers to tender_worker using (true) with check (true);
create policy one_merchant on dispute_answers to tender_api using (merchant_id = current_setting('tender.merchant_id', true))
  with check (merchant_id = current_setting('tender.merchant_id', true));
-- Whoever asks, asks: what became of it is the worker's to write.
create policy api_requests on dispute_answers as restrictive for insert to tender_api with check (status = 'requested');
grant select, insert on dispute_answers to tender_api, tender_worker;
grant update on dispute_answers to tender_worker;
grant update (remind_at) on disputes to tender_worker;
