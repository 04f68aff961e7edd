-- What settlement files prove. A file covers a span of time and lists some kinds of movements: what it lists of a
-- reference of ours happened, and what it would list and does not list did not, once the files of two more cycles are
-- there as well. Both are evidence for the payment's own run, which records it like any other.

create table settlement_files (
  id text constraint settlement_files_pkey primary key default 'stf_' || uuidv7(),
  provider text not null,
  -- Every movement of these kinds that the provider booked in [covers_from, covers_to) is in this file or in another.
  covers_from timestamptz not null,
  covers_to timestamptz not null,
  lists text[] not null constraint settlement_files_lists check (
    lists <@ array['authorized', 'captured', 'refunded', 'voided'] and cardinality(lists) > 0),
  source_hash bytea not null,
  imported_at timestamptz not null default tender_now(),
  constraint settlement_files_span check (covers_from < covers_to),
  constraint settlement_files_once unique (provider, source_hash)
);
create index settlement_files_by_span on settlement_files (provider, covers_to);

create table settlement_statements (
  file_id text not null references settlement_files,
  line int not null,
  -- Ours: the id of an attempt or operation.
  reference text not null,
  says text not null constraint settlement_statements_says check (says in ('authorized', 'captured', 'refunded', 'voided')),
  amount bigint not null constraint settlement_statements_amount check (amount >= 0),
  currency text not null constraint settlement_statements_currency check (currency ~ '^[A-Z]{3}$'),
  provider_reference text not null,
  -- By the commit that made something of it, or at once where it says what is recorded already.
  handled_at timestamptz,
  constraint settlement_statements_pkey primary key (file_id, line)
);
create index settlement_statements_by_reference on settlement_statements (reference);

create trigger settlement_files_append_only before update or delete on settlement_files
  for each row execute function refuse_rewrite();
create function guard_statement() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.handled_at is null and to_jsonb(old) - 'handled_at' = to_jsonb(new) - 'handled_at' then
    return new;
  end if;
  raise exception 'what a settlement file says is fixed' using errcode = 'TD002';
end $$;
create trigger settlement_statements_fixed before update or delete on settlement_statements
  for each row execute function guard_statement();

create function is_recorded(s settlement_statements) returns boolean language sql stable set search_path = public, pg_temp as $$
  select exists (
      select from attempts a where a.id = s.reference and a.amount = s.amount and a.currency = s.currency
        and a.status = 'authorized' and s.says = case a.kind when 'sale' then 'captured' else 'authorized' end)
    or exists (
      select from operations o where o.id = s.reference and o.status = 'succeeded' and o.currency = s.currency
        and (o.kind, s.says) in (('capture', 'captured'), ('refund', 'refunded'), ('void', 'voided'))
        and (o.kind = 'void' or o.amount = s.amount))
$$;

-- Everything of one file, or of none: { provider, covers_from, covers_to, lists, source_hash (hex), statements: [{ line,
-- reference, says, amount, currency, provider_reference }] }. Set-wise, and the payments concerned are set in motion:
-- those of statements that say something new, and all in doubt at that provider that the file may speak about by its
-- silence. Answers { fresh, statements, woken }; the same file again is { fresh: false }.
create function record_settlement(c jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare file settlement_files; said int; concerned text[]; subjects text[];
begin
  insert into settlement_files (provider, covers_from, covers_to, lists, source_hash)
  values (c ->> 'provider', (c ->> 'covers_from')::timestamptz, (c ->> 'covers_to')::timestamptz,
    array(select jsonb_array_elements_text(c -> 'lists')), decode(c ->> 'source_hash', 'hex'))
  on conflict on constraint settlement_files_once do nothing returning * into file;
  if file.id is null then return jsonb_build_object('fresh', false, 'statements', 0, 'woken', 0); end if;

  insert into settlement_statements (file_id, line, reference, says, amount, currency, provider_reference)
  select file.id, n.line, n.reference, n.says, n.amount, n.currency, n.provider_reference
  from jsonb_populate_recordset(null::settlement_statements, coalesce(c -> 'statements', '[]')) n;
  get diagnostics said = row_count;

  select coalesce(array_agg(distinct subject), '{}'), coalesce(array_agg(distinct payment), '{}') into subjects, concerned
  from (
    select a.id as subject, a.payment_id as payment from settlement_statements s join attempts a on a.id = s.reference
      where s.file_id = file.id and a.provider = file.provider and not is_recorded(s)
    union all
    select o.id, o.payment_id from settlement_statements s join operations o on o.id = s.reference
      join attempts a on a.id = o.attempt_id
      where s.file_id = file.id and a.provider = file.provider and not is_recorded(s)
    union all
    select a.id, a.payment_id from attempts a
      where a.provider = file.provider and a.status = 'unknown' and a.created_at < file.covers_to
    union all
    select o.id, o.payment_id from operations o join attempts a on a.id = o.attempt_id
      where a.provider = file.provider and o.status = 'unknown' and o.created_at < file.covers_to) found;
  perform from payments p where p.id = any(concerned) order by p.id for no key update;
  -- Judged again under the locks: what a run has recorded meanwhile says nothing new.
  update settlement_statements s set handled_at = tender_now() where s.file_id = file.id and is_recorded(s);
  update attempts set due_at = tender_now() where id = any(subjects);
  -- One that waits to be sent again is not hurried: what was said of it is read before it is sent.
  update operations set due_at = tender_now() where id = any(subjects) and status <> 'requested';
  update payments set version = version + 1, wake_at = least(wake_at, tender_now() + direct_delivery())
    where id = any(concerned);
  return jsonb_build_object('fresh', true, 'statements', said, 'woken', cardinality(concerned));
end $$;

-- What the files say of one reference: what was stated and not yet handled, whether it was ever stated, and which kinds
-- of movements are listed without a gap over [p_from, p_to], by the files named.
create function settlement_evidence(p_provider text, p_reference text, p_from timestamptz, p_to timestamptz) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with said as (
    select s.*, f.source_hash from settlement_statements s join settlement_files f on f.id = s.file_id
    where s.reference = p_reference and f.provider = p_provider),
  covered as (
    select k.kind, range_agg(tstzrange(f.covers_from, f.covers_to)) @> tstzrange(p_from, p_to, '[]') as whole,
      array_agg(f.id order by f.covers_from) as files
    from settlement_files f cross join unnest(f.lists) as k (kind)
    where f.provider = p_provider and f.covers_to > p_from and f.covers_from <= p_to group by k.kind)
  select jsonb_build_object(
    'is_stated', exists (select from said),
    'statements', (select coalesce(jsonb_agg(jsonb_build_object('file_id', s.file_id, 'line', s.line, 'says', s.says,
        'amount', s.amount::text, 'currency', s.currency, 'provider_reference', s.provider_reference)
        order by s.file_id, s.line), '[]') from said s where s.handled_at is null),
    'covered', (select coalesce(jsonb_agg(k.kind), '[]') from covered k where k.whole),
    'files', (select coalesce(jsonb_agg(distinct f.id), '[]') from covered k, unnest(k.files) as f (id) where k.whole))
$$;

-- `statements` of a change: [{ file_id, line }].
create function handle_statements(handled jsonb, at timestamptz) returns void language sql set search_path = public, pg_temp as $$
  update settlement_statements s set handled_at = at
  from jsonb_to_recordset(handled) as n (file_id text, line int)
  where s.file_id = n.file_id and s.line = n.line and s.handled_at is null
$$;

create index operations_unknown_by_attempt on operations (attempt_id) where status = 'unknown';
create index attempts_unknown_by_provider on attempts (provider) where status = 'unknown';

grant select, insert on settlement_files, settlement_statements to tender_worker;
grant update (handled_at) on settlement_statements to tender_worker;
revoke execute on function record_settlement(jsonb), settlement_evidence(text, text, timestamptz, timestamptz) from public;
grant execute on function record_settlement(jsonb), settlement_evidence(text, text, timestamptz, timestamptz) to tender_worker;

-- As in 0019, with what was said by settlement files.
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
