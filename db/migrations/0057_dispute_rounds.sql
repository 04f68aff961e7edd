-- Disputes that begin again after they were decided (a second chargeback, a pre-arbitration): the same dispute in another
-- round, with its own last day, fee and entries. And money that left twice, by a refund and by a dispute: found with the fact
-- itself, not only with the line of a file.

alter table disputes
  add column round int not null default 1 constraint disputes_round check (round between 1 and 99);
alter table dispute_answers
  add column round int not null default 1;
drop index dispute_answers_once;
create unique index dispute_answers_once on dispute_answers (dispute_id, round, kind) where status <> 'failed';

-- As in 0044: what is decided stays decided until another round is told of, and what was taken twice only grows within one.
create or replace function guard_dispute() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare free text[] := '{status,evidence,closed_at,remind_at,round,due_by,fee,amount_excess,ceiling_raised}';
begin
  if tg_op = 'DELETE' or to_jsonb(old) - free <> to_jsonb(new) - free or new.round < old.round
    or new.round = old.round and ((new.due_by, new.fee) is distinct from (old.due_by, old.fee)
      or new.amount_excess < old.amount_excess
      or old.closed_at is not null and (new.status, new.closed_at, new.evidence) is distinct from (old.status, old.closed_at, old.evidence)
      or old.status in ('under_review', 'accepted') and new.status = 'needs_response')
  then
    raise exception 'dispute % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;

-- As in 0044, with the round.
create or replace function guard_dispute_answer() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' or old.due_at is null or new.sent_count < old.sent_count or new.sent_count > old.sent_count + 1
    or (new.sent_count > old.sent_count) <> (new.status = 'submitting' and old.status <> 'submitting')
    or (old.provider_key is not null and new.provider_key is distinct from old.provider_key)
    or (old.id, old.dispute_id, old.payment_id, old.merchant_id, old.kind, old.round, old.evidence, old.requested_by, old.created_at)
      is distinct from
      (new.id, new.dispute_id, new.payment_id, new.merchant_id, new.kind, new.round, new.evidence, new.requested_by, new.created_at)
  then
    raise exception 'answer % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;

-- As in 0033, and of a dispute that was won it may be taken once more.
create or replace function count_dispute() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare was bigint := 0; counted bigint := case when new.status = 'won' then 0 else new.amount end; needed bigint;
begin
  if tg_op = 'UPDATE' and old.status <> 'won' then was := old.amount; end if;
  if was = counted then return new; end if;
  select p.amount_refunded + p.refund_reserved + p.amount_disputed - was + counted - p.amount_captured into strict needed
    from payments p where p.id = new.payment_id;
  if counted > was then
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

-- As in 0044, with the round of what is answered and what a refund paid beside.
create or replace function write_disputes(held payments, c jsonb, at timestamptz) returns void language plpgsql set search_path = public, pg_temp as $$
declare patch jsonb; moved int;
begin
  for patch in select value from jsonb_array_elements(coalesce(c -> 'update', '[]')) loop
    update disputes d set (status, remind_at, amount_excess, closed_at)
      = (select n.status, n.remind_at, n.amount_excess, case when n.status in ('won', 'lost') then coalesce(d.closed_at, at) end
        from jsonb_populate_record(d, patch) n)
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
  insert into dispute_answers (id, dispute_id, payment_id, merchant_id, kind, round, status, evidence, due_at, basis, requested_by)
  select n.id, d.id, held.id, held.merchant_id, n.kind, d.round, n.status, n.evidence, n.due_at, n.basis, n.requested_by
  from jsonb_populate_recordset(null::dispute_answers, coalesce(c #> '{answers,insert}', '[]')) n
  join disputes d on d.id = n.dispute_id and d.payment_id = held.id;
  perform set_disputes_wake(held.id);
end $$;

-- As in 0044, with rounds: each move says all of the round it is in.
create or replace function record_dispute(c jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare held payments; moved int; at timestamptz := tender_now();
begin
  select * into held from payments where id = c ->> 'payment_id' for no key update;
  if not found or held.version <> (c ->> 'version')::bigint then
    return jsonb_build_object('committed', false, 'snapshot', payment_snapshot(c ->> 'payment_id'));
  end if;
  insert into disputes (id, merchant_id, payment_id, attempt_id, provider, provider_reference, status, round, amount, amount_excess, fee,
    currency, reason, due_by, opened_at, closed_at, remind_at)
  select n.id, held.merchant_id, held.id, n.attempt_id, n.provider, n.provider_reference, n.status, n.round, n.amount, n.amount_excess,
    n.fee, n.currency, n.reason, n.due_by, at, case when n.status in ('won', 'lost') then at end, n.remind_at
  from jsonb_populate_record(null::disputes, c #> '{dispute,insert}') n where c #> '{dispute,insert}' is not null;
  if c #> '{dispute,update}' is not null then
    update disputes d set (status, round, amount_excess, fee, due_by, remind_at, closed_at)
      = (select n.status, n.round, n.amount_excess, n.fee, n.due_by, n.remind_at, case when n.status in ('won', 'lost') then at end
        from jsonb_populate_record(d, c #> '{dispute,update}') n)
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

-- A refund and a dispute of one payment were both paid: the break is open from then on, with the claim that its case is, and no
-- file needs to have come. `p_amount`: what is out twice; found with more of it, it is another one. Zero: it is over.
create function note_double_outflow(d disputes, p_amount bigint) returns void language plpgsql set search_path = public, pg_temp as $$
declare b breaks;
begin
  for b in select * from breaks x where x.payment_id = d.payment_id and x.subject_id = d.id and x.kind = 'duplicate_outflow'
    and x.status = 'open' and x.amount is distinct from -p_amount for update loop
    perform end_break(b, case when p_amount = 0 then 'the dispute was won' else 'more of it was paid twice' end, '{}');
  end loop;
  if p_amount = 0 then return; end if;
  insert into breaks (kind, provider, merchant_id, payment_id, subject_id, amount, currency, detail)
  select 'duplicate_outflow', d.provider, d.merchant_id, d.payment_id, d.id, -p_amount, d.currency, jsonb_build_object(
    'expected', 'refunds and disputes within ' || p.amount_captured, 'found', 'both paid', 'step', 'claim',
    'refunded', p.amount_refunded::text, 'disputed', p.amount_disputed::text, 'captured', p.amount_captured::text)
  from payments p where p.id = d.payment_id
    and not exists (select from breaks x where x.payment_id = d.payment_id and x.subject_id = d.id and x.kind = 'duplicate_outflow'
      and x.status = 'open')
  on conflict do nothing;
end $$;

-- Told of, told of again, or won: by the dispute itself. One that takes more than was captured where nothing was refunded is no
-- such break: its case says what it is.
create function note_disputed_twice() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if new.status = 'won' then
    perform note_double_outflow(new, 0);
  elsif new.amount_excess > 0 and exists (select from payments p where p.id = new.payment_id and p.amount_refunded > 0) then
    perform note_double_outflow(new, new.amount_excess);
  end if;
  return null;
end $$;
create trigger disputes_paid_twice_told after insert on disputes for each row
  when (new.amount_excess > 0) execute function note_disputed_twice();
create trigger disputes_paid_twice after update on disputes for each row
  when (new.amount_excess > 0 and (new.status, new.amount_excess) is distinct from (old.status, old.amount_excess))
  execute function note_disputed_twice();

-- As in 0033, and a refund that arrives beside a dispute opens the break as well as the case.
create or replace function open_case_of_both() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare d disputes; twice bigint := new.amount_refunded + new.amount_disputed - new.amount_captured;
begin
  -- Where the refund was beyond what was left by itself, no dispute says so: then the first one is named.
  for d in select * from disputes x where x.payment_id = new.id and x.status <> 'won' and (x.amount_excess > 0 or x.id = (
    select min(y.id) from disputes y where y.payment_id = new.id and y.status <> 'won' having max(y.amount_excess) = 0)) order by x.id loop
    insert into cases (merchant_id, payment_id, kind, subject_id, attempt_id, dispute_id, amount, currency, reason, evidence)
    values (d.merchant_id, d.payment_id, 'excess', d.id, d.attempt_id, d.id, least(d.amount, twice), d.currency,
      'dispute_and_refund_paid', jsonb_build_object('kind', 'rule', 'detail', 'a refund under way was paid',
        'amount_refunded', new.amount_refunded, 'amount_disputed', new.amount_disputed, 'amount_captured', new.amount_captured))
    on conflict (subject_id, kind) where status = 'open' do nothing;
    perform note_double_outflow(d, coalesce(nullif(d.amount_excess, 0), least(d.amount, twice)));
  end loop;
  return null;
end $$;

-- As in 0045, with the entries of later rounds and of refunds that were paid beside the dispute.
create function double_outflow_keys(b breaks) returns text[] language sql stable set search_path = public, pg_temp as $$
  select array(
    select d.id || case r when 1 then '' else '/' || r end || e
    from disputes d, generate_series(1, d.round) r, unnest(array['/paid_twice', '/recovered']) e where d.id = b.subject_id
    union all
    select b.subject_id || '/paid_twice/' || o.id from operations o where o.payment_id = b.payment_id and o.kind = 'refund')
$$;
create or replace function break_in_suspense(b breaks) returns table (merchant_id text, account text, amount numeric) language plpgsql stable
set search_path = public, pg_temp as $$
declare owners text[] := array_remove(array[b.merchant_id, 'mer_operator'], null);
  keys text[] := break_entry_keys(b.id) || case when b.kind = 'duplicate_outflow' then double_outflow_keys(b) else '{}' end;
begin
  return query
  with own as (
    select e.merchant_id as m, p.account as a, case p.side when 'debit' then p.amount else -p.amount::numeric end as n
    from journal_entries e join postings p on p.entry_id = e.id
    where e.merchant_id = any(owners) and p.currency = b.currency and e.key = any(keys)
      and (p.account in ('1900', '2900') or b.kind = 'duplicate_outflow' and p.account = '1310')
    union all
    select s.merchant_id, x.account, x.sign * s.amount::numeric
    from settlement_postings s cross join lateral (values (s.debit, 1), (s.credit, -1)) x (account, sign)
    where s.reconciliation_id = b.reconciliation_id and s.scope = b.line::text and s.what = case b.kind when 'amount' then 'difference' else 'suspense' end
      and s.provider = b.provider and s.currency = b.currency and x.account in ('1900', '2900'))
  select own.m, own.a, sum(own.n) from own group by 1, 2 having sum(own.n) <> 0;
end $$;

-- As in 0033, also where the provider knows the payment by its own id alone.
create or replace function receive_dispute(p_provider text, p_event_id text, p_type text, p_reference text, p_raw bytea, p_delay_ms int,
  p_claim jsonb, p_told_at timestamptz)
returns table (payment_id text, fresh boolean, state text) language plpgsql security definer set search_path = public, pg_temp as $$
declare told text := p_claim ->> 'subject'; owner text := payment_of_reference(p_provider, told);
begin
  if owner is null then
    select a.id, a.payment_id into told, owner from attempts a where a.provider = p_provider and a.provider_reference = told
      order by a.id limit 1;
  end if;
  insert into inbox (provider, event_id, type, reference, raw, payment_id, claim, told_at)
  values (p_provider, p_event_id, p_type, p_reference, p_raw, owner,
    case when told is null then p_claim else jsonb_set(p_claim, '{subject}', to_jsonb(told)) end, p_told_at) on conflict do nothing;
  if not found then
    return query select i.payment_id, false, i.state from inbox i where i.provider = p_provider and i.event_id = p_event_id;
    return;
  end if;
  update payments p set version = p.version + 1, disputes_due_at = tender_now() + p_delay_ms * interval '1 millisecond'
    where p.id = owner;
  return query select owner, true, 'waiting';
end $$;

revoke execute on function note_double_outflow(disputes, bigint), double_outflow_keys(breaks) from public;
grant execute on function note_double_outflow(disputes, bigint), double_outflow_keys(breaks) to tender_worker;
grant update (round, due_by, fee, amount_excess) on disputes to tender_worker;
