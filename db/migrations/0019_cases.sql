-- Cases: what no rule can end is parked, and a person is told. An unknown stays unknown while it is parked: its
-- amount stays in doubt, it is looked up every day, and the truth, whoever finds it, closes the case.

create table cases (
  id text constraint cases_pkey primary key default 'case_' || uuidv7(),
  merchant_id text not null,
  payment_id text not null,
  kind text not null constraint cases_kind check (kind in ('unknown', 'late_return', 'excess', 'contradiction')),
  -- What it is about: the operation, else the attempt.
  subject_id text not null,
  attempt_id text references attempts,
  operation_id text references operations,
  amount bigint not null constraint cases_amount_not_negative check (amount >= 0),
  currency text not null,
  -- Why no rule could end it, by name, and what was seen last.
  reason text not null,
  evidence jsonb not null,
  status text not null default 'open' constraint cases_status check (status in ('open', 'closed')),
  opened_at timestamptz not null default tender_now(),
  closed_at timestamptz,
  -- `tender`, or the person: `staff:<subject>`.
  closed_by text,
  resolution text,
  closing_evidence jsonb,
  constraint cases_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id),
  constraint cases_subject check (subject_id = coalesce(operation_id, attempt_id)),
  constraint cases_closed_with_resolution check (
    (status = 'closed') = (closed_at is not null and closed_by is not null and resolution is not null))
);
-- One at a time about one thing, whoever finds it again.
create unique index cases_one_open on cases (subject_id, kind) where status = 'open';
create index cases_open on cases (merchant_id, opened_at) where status = 'open';
create index cases_by_payment on cases (payment_id);

-- What a case says is never rewritten: it is closed once, and that is all.
create function guard_case() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' or old.status = 'closed'
    or (old.id, old.merchant_id, old.payment_id, old.kind, old.subject_id, old.attempt_id, old.operation_id, old.amount,
        old.currency, old.reason, old.evidence, old.opened_at)
      is distinct from
      (new.id, new.merchant_id, new.payment_id, new.kind, new.subject_id, new.attempt_id, new.operation_id, new.amount,
        new.currency, new.reason, new.evidence, new.opened_at)
  then
    raise exception 'case % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;
create trigger cases_fixed before update or delete on cases for each row execute function guard_case();
create trigger cases_no_truncate before truncate on cases for each statement execute function refuse_rewrite();

alter table attempts add column parked_at timestamptz,
  add constraint attempts_parked_while_unknown check (parked_at is null or status = 'unknown');
alter table operations add column parked_at timestamptz,
  add constraint operations_parked_while_unknown check (parked_at is null or status = 'unknown');

-- The end of a doubt ends its case, in the same commit and whoever ended it: a lookup, a settlement file, a person.
create function unpark() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  update cases set status = 'closed', closed_at = tender_now(), resolution = new.status, closing_evidence = new.basis,
    closed_by = case new.basis ->> 'kind' when 'staff' then coalesce(new.basis ->> 'detail', 'staff') else 'tender' end
  where subject_id = new.id and kind = 'unknown' and status = 'open';
  new.parked_at := null;
  return new;
end $$;
create trigger attempts_unpark before update on attempts for each row
  when (old.parked_at is not null and new.status <> 'unknown') execute function unpark();
create trigger operations_unpark before update on operations for each row
  when (old.parked_at is not null and new.status <> 'unknown') execute function unpark();

-- `cases` of a change; the caller holds the payment's row lock. Open already: it is the same case.
create function open_cases(held payments, opened jsonb) returns void language sql set search_path = public, pg_temp as $$
  insert into cases (merchant_id, payment_id, kind, subject_id, attempt_id, operation_id, amount, currency, reason, evidence)
  select held.merchant_id, held.id, n.kind, coalesce(n.operation_id, n.attempt_id), n.attempt_id, n.operation_id, n.amount,
    held.currency, n.reason, n.evidence
  from jsonb_to_recordset(opened)
    as n (kind text, attempt_id text, operation_id text, amount bigint, reason text, evidence jsonb)
  on conflict (subject_id, kind) where status = 'open' do nothing
$$;

-- By a person, with what was done about it. An unknown is closed by the truth alone. False: closed before.
create function close_case(p_id text, p_by text, p_resolution text) returns boolean language plpgsql
set search_path = public, pg_temp as $$
begin
  if exists (select from cases where id = p_id and kind = 'unknown') then
    raise exception 'case % ends with its doubt', p_id using errcode = 'TD002', constraint = 'case_of_unknown';
  end if;
  update cases set status = 'closed', closed_at = tender_now(), closed_by = p_by, resolution = p_resolution
    where id = p_id and status = 'open';
  return found;
end $$;

grant select, insert on cases to tender_worker;
grant update (status, closed_at, closed_by, resolution, closing_evidence) on cases to tender_worker;
grant select on cases to tender_api;
alter table cases enable row level security;
alter table cases force row level security;
create policy owner_all on cases to tender_owner using (true) with check (true);
create policy worker_all on cases to tender_worker using (true) with check (true);
create policy one_merchant on cases to tender_api using (merchant_id = current_setting('tender.merchant_id', true))
  with check (merchant_id = current_setting('tender.merchant_id', true));
revoke execute on function close_case(text, text, text) from public;
grant execute on function close_case(text, text, text) to tender_worker;

-- As in 0011, with parking and cases.
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
        lookups, absences, due_at, failure, basis, final, parked_at)
      = (select at, n.status, n.attempt_id, n.provider_key, n.provider_reference, n.send_by, n.key_horizon, n.sent_count,
        n.lookups, n.absences, n.due_at, n.failure, n.basis, n.final, n.parked_at
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
  perform append_timeline(p_id, coalesce(c -> 'timeline', '[]'));
  snapshot := payment_snapshot(p_id);
  perform append_outbox(snapshot, coalesce(c -> 'events', '[]'));
  select coalesce(jsonb_agg(f), '[]') into frozen from jsonb_array_elements(coalesce(c -> 'answers', '[]')) a,
    freeze_answers(a ->> 'awaits_id', (a ->> 'status')::int, a ->> 'code', a ->> 'detail', snapshot) f;
  -- Last, because every payment of the merchant waits for these rows until this one has committed.
  if jsonb_array_length(coalesce(c -> 'entries', '[]')) > 0 then perform post_facts(c -> 'entries'); end if;
  return jsonb_build_object('committed', true, 'snapshot', snapshot, 'frozen', frozen);
end $$;
