-- Disputes: money that a cardholder takes back through the scheme. Refunds and disputes draw from the same pot, what
-- was captured; but what a provider did is a fact, so what exceeds the pot is excess, and a case.

create table disputes (
  id text constraint disputes_pkey primary key,
  merchant_id text not null,
  payment_id text not null,
  attempt_id text not null references attempts,
  provider text not null,
  provider_reference text not null,
  status text not null constraint disputes_status check (status in ('needs_response', 'under_review', 'accepted', 'won', 'lost')),
  amount bigint not null constraint disputes_amount check (amount > 0),
  -- Of the amount, what was not there any more to be taken: somebody was paid twice.
  amount_excess bigint not null default 0 constraint disputes_excess_within check (amount_excess between 0 and amount),
  -- By how much it raised `payments.amount_excess`, in-flight refunds counted, and so lowers it when it is won.
  ceiling_raised bigint not null default 0 constraint disputes_raised check (ceiling_raised >= 0),
  fee bigint not null constraint disputes_fee check (fee >= 0),
  currency text not null,
  reason text not null,
  due_by timestamptz not null,
  evidence jsonb,
  opened_at timestamptz not null default tender_now(),
  closed_at timestamptz,
  constraint disputes_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id),
  constraint disputes_once unique (provider, provider_reference),
  constraint disputes_closed check ((closed_at is not null) = (status in ('won', 'lost')))
);
create index disputes_by_merchant on disputes (merchant_id, id desc);
create index disputes_by_payment on disputes (payment_id);

-- Only its state moves, and what is decided stays decided.
create function guard_dispute() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' or old.closed_at is not null
    or to_jsonb(old) - '{status,evidence,closed_at}'::text[] <> to_jsonb(new) - '{status,evidence,closed_at}'::text[]
  then
    raise exception 'dispute % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;
create trigger disputes_fixed before update or delete on disputes for each row execute function guard_dispute();
create trigger disputes_no_truncate before truncate on disputes for each statement execute function refuse_rewrite();

-- Its amount is taken until it is won. The caller holds the payment's row lock.
create function count_dispute() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare was bigint := 0; counted bigint := case when new.status = 'won' then 0 else new.amount end; needed bigint;
begin
  if tg_op = 'UPDATE' and old.status <> 'won' then was := old.amount; end if;
  if was = counted then return new; end if;
  select p.amount_refunded + p.refund_reserved + p.amount_disputed - was + counted - p.amount_captured into strict needed
    from payments p where p.id = new.payment_id;
  if tg_op = 'INSERT' then
    new.ceiling_raised := greatest(0, needed - (select p.amount_excess from payments p where p.id = new.payment_id));
  end if;
  update payments p set amount_disputed = p.amount_disputed - was + counted,
    amount_excess = case when counted > was then greatest(p.amount_excess, needed)
      -- What was captured in excess and stands is none of it (0032).
      else greatest((select coalesce(sum(o.amount), 0) from operations o
        where o.payment_id = p.id and o.excess and o.status = 'succeeded'), p.amount_excess - new.ceiling_raised, needed) end
  where p.id = new.payment_id;
  return new;
end $$;
create trigger disputes_count before insert or update of status on disputes for each row execute function count_dispute();

-- Cases may be about a dispute.
alter table cases add column dispute_id text references disputes,
  drop constraint cases_subject,
  add constraint cases_subject check (subject_id = coalesce(dispute_id, operation_id, attempt_id));
-- As in 0019, with disputes.
create or replace function open_cases(held payments, opened jsonb) returns void language sql set search_path = public, pg_temp as $$
  insert into cases (merchant_id, payment_id, kind, subject_id, attempt_id, operation_id, dispute_id, amount, currency, reason, evidence)
  select held.merchant_id, held.id, n.kind, coalesce(n.dispute_id, n.operation_id, n.attempt_id), n.attempt_id, n.operation_id,
    n.dispute_id, n.amount, held.currency, n.reason, n.evidence
  from jsonb_to_recordset(opened)
    as n (kind text, attempt_id text, operation_id text, dispute_id text, amount bigint, reason text, evidence jsonb)
  on conflict (subject_id, kind) where status = 'open' do nothing
$$;

-- A refund that was on its way when the dispute was told of, and arrived: now it is known that both were paid.
create function open_case_of_both() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  insert into cases (merchant_id, payment_id, kind, subject_id, attempt_id, dispute_id, amount, currency, reason, evidence)
  select d.merchant_id, d.payment_id, 'excess', d.id, d.attempt_id, d.id,
    least(d.amount, new.amount_refunded + new.amount_disputed - new.amount_captured), d.currency, 'dispute_and_refund_paid',
    jsonb_build_object('kind', 'rule', 'detail', 'a refund under way was paid', 'amount_refunded', new.amount_refunded,
      'amount_disputed', new.amount_disputed, 'amount_captured', new.amount_captured)
  from disputes d where d.payment_id = new.id and d.status <> 'won'
  on conflict (subject_id, kind) where status = 'open' do nothing;
  return null;
end $$;
create trigger payments_paid_twice after update on payments for each row
  when (new.amount_refunded > old.amount_refunded and new.amount_disputed > 0
    and new.amount_refunded + new.amount_disputed > new.amount_captured)
  execute function open_case_of_both();

-- Told and not recorded yet: as long as it is set the payment wants attention, whatever else moves `wake_at`.
alter table payments add column disputes_due_at timestamptz;
create function wake_for_disputes() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  new.wake_at := least(new.wake_at, greatest(new.disputes_due_at, tender_now() + direct_delivery()));
  return new;
end $$;
create trigger payments_wake_for_disputes before update on payments for each row
  when (new.disputes_due_at is not null) execute function wake_for_disputes();

-- A dispute has its own name at the provider, so its events are kept under that one: what is told of the attempt or
-- operation it is about is judged apart, by lookups that know nothing of disputes.
create function receive_dispute(p_provider text, p_event_id text, p_type text, p_reference text, p_raw bytea, p_delay_ms int,
  p_claim jsonb, p_told_at timestamptz)
returns table (payment_id text, fresh boolean, state text) language plpgsql security definer set search_path = public, pg_temp as $$
declare owner text := payment_of_reference(p_provider, p_claim ->> 'subject');
begin
  insert into inbox (provider, event_id, type, reference, raw, payment_id, claim, told_at)
  values (p_provider, p_event_id, p_type, p_reference, p_raw, owner, p_claim, p_told_at) on conflict do nothing;
  if not found then
    return query select i.payment_id, false, i.state from inbox i where i.provider = p_provider and i.event_id = p_event_id;
    return;
  end if;
  update payments p set version = p.version + 1, disputes_due_at = tender_now() + p_delay_ms * interval '1 millisecond'
    where p.id = owner;
  return query select owner, true, 'waiting';
end $$;
revoke execute on function receive_dispute(text, text, text, text, bytea, int, jsonb, timestamptz) from public;
grant execute on function receive_dispute(text, text, text, text, bytea, int, jsonb, timestamptz) to tender_api;

-- The first event of a payment's disputes that waits, with what is recorded of its dispute. Null: none.
create function told_dispute(p_payment_id text) returns jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('event_id', i.event_id, 'provider', i.provider, 'claim', i.claim,
    'attempt_id', (select coalesce(o.attempt_id, i.claim ->> 'subject') from (select 1) x
      left join operations o on o.id = i.claim ->> 'subject'),
    'known', (select to_jsonb(d) || jsonb_build_object('amount', d.amount::text, 'amount_excess', d.amount_excess::text,
      'fee', d.fee::text) from disputes d where d.provider = i.provider and d.provider_reference = i.reference))
  from inbox i where i.payment_id = p_payment_id and i.state = 'waiting' and i.claim ->> 'kind' = 'dispute'
  order by i.received_at, i.event_id limit 1
$$;
create index inbox_disputes on inbox (payment_id) where state = 'waiting' and claim ->> 'kind' = 'dispute';

-- One told event and all it means, in one transaction: { version, payment_id, event, insert?, update?, change… }.
create function record_dispute(c jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare held payments; moved int; at timestamptz := tender_now();
begin
  select * into held from payments where id = c ->> 'payment_id' for no key update;
  if not found or held.version <> (c ->> 'version')::bigint then
    return jsonb_build_object('committed', false, 'snapshot', payment_snapshot(c ->> 'payment_id'));
  end if;
  insert into disputes (id, merchant_id, payment_id, attempt_id, provider, provider_reference, status, amount, amount_excess, fee,
    currency, reason, due_by, opened_at, closed_at)
  select n.id, held.merchant_id, held.id, n.attempt_id, n.provider, n.provider_reference, n.status, n.amount, n.amount_excess, n.fee,
    n.currency, n.reason, n.due_by, at, case when n.status in ('won', 'lost') then at end
  from jsonb_populate_record(null::disputes, c #> '{dispute,insert}') n where c #> '{dispute,insert}' is not null;
  if c #> '{dispute,update}' is not null then
    update disputes d set status = c #>> '{dispute,update,status}', closed_at = at
      where d.id = c #>> '{dispute,update,id}' and d.status = c #>> '{dispute,update,from_status}';
    get diagnostics moved = row_count;
    if moved <> 1 then raise exception 'dispute % has moved', c #>> '{dispute,update,id}' using errcode = 'TD008'; end if;
  end if;
  update inbox i set state = c #>> '{dispute,state}', evidence = c #> '{dispute,evidence}',
    handled_at = case when c #>> '{dispute,state}' <> 'mismatch' then at end
  where i.provider = c #>> '{dispute,provider}' and i.event_id = c #>> '{dispute,event_id}' and i.state = 'waiting';
  if told_dispute(held.id) is null then update payments p set disputes_due_at = null where p.id = held.id; end if;
  return commit_change(c);
end $$;
revoke execute on function told_dispute(text), record_dispute(jsonb) from public;
grant execute on function told_dispute(text), record_dispute(jsonb) to tender_worker;

-- As in 0005, and events of a dispute carry it.
create or replace function append_outbox(snapshot jsonb, events jsonb) returns void language sql as $$
  insert into outbox (merchant_id, payment_id, sequence, type, object)
  select snapshot #>> '{payment,merchant_id}', snapshot #>> '{payment,id}',
    (select coalesce(max(o.sequence), 0) from outbox o where o.payment_id = snapshot #>> '{payment,id}') + e.ordinality,
    e.value ->> 'type', snapshot || jsonb_build_object('operation_id', e.value ->> 'operation_id')
      || case when e.value ? 'dispute_id' then jsonb_build_object('dispute',
        (select to_jsonb(d) from disputes d where d.id = e.value ->> 'dispute_id')) else '{}' end
  from jsonb_array_elements(events) with ordinality e
$$;

grant select, insert on disputes to tender_worker;
grant update (status, evidence, closed_at) on disputes to tender_worker;
grant select on disputes to tender_api;
alter table disputes enable row level security;
alter table disputes force row level security;
create policy owner_all on disputes to tender_owner using (true) with check (true);
create policy worker_all on disputes to tender_worker using (true) with check (true);
create policy one_merchant on disputes to tender_api using (merchant_id = current_setting('tender.merchant_id', true))
  with check (merchant_id = current_setting('tender.merchant_id', true));
