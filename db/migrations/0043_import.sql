-- How a file becomes lines: what no second file may tell of again, what providers list by name, and what a file proves of
-- payments in doubt, out of its lines.

-- The chunks of a file come before its hash is known, and so before its row: both are there at the end of the transaction.
alter table reconciliation_files drop constraint reconciliation_files_reconciliation_id_fkey;
alter table reconciliation_files add constraint reconciliation_files_of foreign key (reconciliation_id)
  references reconciliations deferrable initially deferred;

-- What it lists all of over its span: there, what it is silent about did not happen.
alter table reconciliations add column lists text[] not null default '{}' constraint reconciliations_lists check (
  lists <@ array['authorized', 'captured', 'refunded', 'voided']);
grant update (lists) on reconciliations to tender_worker;

-- Batches, payouts and days of an account: told once, in whatever format, by one file that was imported.
create table settlement_parts (
  provider text not null,
  kind text not null,
  part text not null,
  reconciliation_id text not null references reconciliations,
  constraint settlement_parts_once primary key (provider, kind, part)
);
create index settlement_parts_by_reconciliation on settlement_parts (reconciliation_id);
create trigger settlement_parts_append_only before update or delete on settlement_parts
  for each row execute function refuse_rewrite();
create trigger settlement_parts_no_truncate before truncate on settlement_parts
  for each statement execute function refuse_rewrite();

-- What a provider lists, by its name for it, and the file that this was when it was last fetched: two reports of nothing may
-- be the same bytes, and a report that was refused may be given again, corrected.
create table fetched_reports (
  provider text not null,
  kind text not null,
  report_id text not null,
  reconciliation_id text not null references reconciliations,
  -- As the provider says; null: it does not.
  covers_from timestamptz,
  covers_to timestamptz,
  fetched_at timestamptz not null default tender_now(),
  constraint fetched_reports_pkey primary key (provider, kind, report_id),
  constraint fetched_reports_span check ((covers_from is null) = (covers_to is null) and covers_from < covers_to)
);
create index fetched_reports_by_reconciliation on fetched_reports (reconciliation_id);

-- A file of which no silence counts still says what it lists.
alter table settlement_files drop constraint settlement_files_lists;
alter table settlement_files add constraint settlement_files_lists check (
  lists <@ array['authorized', 'captured', 'refunded', 'voided']);

-- Everybody a file speaks about, by what it says that is new and by its silence: judged again under the payments' locks.
create function set_in_motion(p_file text) returns int language plpgsql set search_path = public, pg_temp as $$
declare file settlement_files; concerned text[]; subjects text[];
begin
  select * into file from settlement_files where id = p_file;
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
  insert into cases (merchant_id, payment_id, kind, subject_id, attempt_id, operation_id, amount, currency, reason, evidence)
  select distinct on (s.reference) a.merchant_id, a.payment_id, 'contradiction', s.reference, a.id, o.id, s.amount, s.currency,
    'listed_twice', jsonb_build_object('kind', 'settlement', 'says', s.says, 'file_id', s.file_id, 'line', s.line,
      'provider_references', jsonb_build_array(t.provider_reference, s.provider_reference))
  from settlement_statements s
    join settlement_statements t on (t.reference, t.says, t.amount, t.currency) = (s.reference, s.says, s.amount, s.currency)
      and t.provider_reference <> s.provider_reference
    join settlement_files f on f.id = t.file_id and f.provider = file.provider
    left join operations o on o.id = s.reference join attempts a on a.id = coalesce(o.attempt_id, s.reference)
  where s.file_id = file.id and a.provider = file.provider
  on conflict (subject_id, kind) where status = 'open' do nothing;
  -- Judged again under the locks: what a run has recorded meanwhile says nothing new.
  update settlement_statements s set handled_at = tender_now() where s.file_id = file.id and is_recorded(s) and handled_at is null;
  update attempts set due_at = tender_now() where id = any(subjects);
  -- One that waits to be sent again is not hurried: what was said of it is read before it is sent.
  update operations set due_at = tender_now() where id = any(subjects) and status <> 'requested';
  update payments set version = version + 1, wake_at = least(wake_at, tender_now() + direct_delivery())
    where id = any(concerned);
  return cardinality(concerned);
end $$;

-- As in 0029.
create or replace function record_settlement(c jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare file settlement_files; said int;
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
  return jsonb_build_object('fresh', true, 'statements', said, 'woken', set_in_motion(file.id));
end $$;

-- What an imported settlement file says of attempts and operations of its provider that is not recorded: what one movement
-- captured or gave back, less what was taken back of it. A transfer is told by its credits, one by one, by the bank itself.
create function listed_anew(p_id text) returns table (
  line int, reference text, says text, amount bigint, currency text, provider_reference text)
language sql stable set search_path = public, pg_temp as $$
  with moved as (
    select l.reference, l.currency, case when l.kind in ('refund', 'refund_reversal') then 'refunded' else 'captured' end as says,
      min(l.line) as line, sum(case when l.kind in ('refund', 'refund_reversal') then -l.gross else l.gross end)::bigint as amount,
      coalesce(l.provider_reference, l.reference) as provider_reference
    from settlement_lines l
    where l.reconciliation_id = p_id and l.reference is not null
      and l.kind in ('capture', 'capture_reversal', 'refund', 'refund_reversal')
    group by 1, 2, 3, coalesce(l.provider_reference, l.reference)),
  -- Where a provider lists a capture under its attempt, which takes no second one.
  named as (
    select m.line, coalesce(o.id, m.reference) as reference, m.says, m.amount, m.currency, m.provider_reference
    from moved m join reconciliations r on r.id = p_id
    join attempts a on a.id = m.reference and a.provider = r.provider and a.payment_method ->> 'type' <> 'bank_transfer'
    left join lateral (
      select o.id from operations o where o.attempt_id = a.id and o.kind = 'capture' and a.kind = 'authorize' and m.says = 'captured'
      order by (o.status = 'unknown') desc, o.number desc limit 1) o on true
    where m.amount > 0 and not (a.status = 'authorized' and a.kind = 'sale' and m.says = 'captured'
      and a.amount = m.amount and a.currency = m.currency)
    union all
    select m.line, m.reference, m.says, m.amount, m.currency, m.provider_reference
    from moved m join reconciliations r on r.id = p_id
    join operations o on o.id = m.reference join attempts a on a.id = o.attempt_id and a.provider = r.provider
    where m.amount > 0 and not (o.status = 'succeeded' and o.currency = m.currency and o.amount = m.amount
      and (o.kind, m.says) in (('capture', 'captured'), ('refund', 'refunded'))))
  select n.line, n.reference, n.says, n.amount, n.currency, n.provider_reference from named n
  where not is_recorded(row(p_id, n.line, n.reference, n.says, n.amount, n.currency, n.provider_reference, null)::settlement_statements)
$$;

-- What an imported settlement file proves, once for each name under which it was fetched: a file without a span of its own
-- covers what the provider says of it, else no more than its own lines, and of those its silence counts for nothing.
create function record_listed(p_id text) returns int language plpgsql set search_path = public, pg_temp as $$
declare file reconciliations; told record; made text; woken int := 0;
begin
  select * into file from reconciliations where id = p_id and kind = 'settlement' and status not in ('received', 'refused');
  if not found then return 0; end if;
  for told in
    select coalesce(file.covers_from, f.covers_from, l.first) as covers_from, coalesce(file.covers_to, f.covers_to, l.last) as covers_to,
      case when file.covers_from is null and f.covers_from is null then '{}' else file.lists end as lists,
      sha256(file.source_hash || convert_to(coalesce(f.report_id, ''), 'UTF8')) as hash
    from (select 1) one
    left join fetched_reports f on f.reconciliation_id = p_id
    left join lateral (
      select min(occurred_at) as first, max(occurred_at) + interval '1 millisecond' as last from settlement_lines
      where reconciliation_id = p_id and file.covers_from is null and f.covers_from is null) l on true
  loop
    continue when told.covers_from is null;
    insert into settlement_files (provider, covers_from, covers_to, lists, source_hash)
    values (file.provider, told.covers_from, told.covers_to, told.lists, told.hash)
    on conflict on constraint settlement_files_once do nothing returning id into made;
    continue when made is null;
    insert into settlement_statements (file_id, line, reference, says, amount, currency, provider_reference)
    select made, n.line, n.reference, n.says, n.amount, n.currency, n.provider_reference from listed_anew(p_id) n;
    woken := woken + set_in_motion(made);
    made := null;
  end loop;
  return woken;
end $$;

-- The last step of an import, in the transaction that holds its row locked and has copied its lines. `c`: { id, format,
-- statement_id, covers_from, covers_to, lists, line_count, totals, parts }. Answers how many payments were set in motion.
create function finish_import(c jsonb) returns int language plpgsql set search_path = public, pg_temp as $$
declare file reconciliations;
begin
  update reconciliations r set (status, format, statement_id, covers_from, covers_to, lists, line_count, totals, imported_at)
    = (select 'imported', n.format, n.statement_id, n.covers_from, n.covers_to, n.lists, n.line_count, n.totals, tender_now()
       from jsonb_populate_record(null::reconciliations, c) n)
  where r.id = c ->> 'id' and r.status = 'received' returning * into file;
  if not found then raise exception 'file % is not waiting to be imported', c ->> 'id' using errcode = 'TD008'; end if;
  insert into settlement_parts (provider, kind, part, reconciliation_id)
  select file.provider, file.kind, part, file.id from jsonb_array_elements_text(c -> 'parts') part;
  return record_listed(file.id);
end $$;

-- Nothing of it is taken, and somebody is told. Answers false where another has decided already.
create function refuse_file(p_id text, p_format text, p_refusal jsonb) returns boolean
language plpgsql set search_path = public, pg_temp as $$
declare file reconciliations;
begin
  update reconciliations set status = 'refused', format = p_format, refusal = p_refusal
  where id = p_id and status = 'received' returning * into file;
  if not found then return false; end if;
  insert into breaks (kind, provider, reconciliation_id, line, detail)
  values ('file', file.provider, file.id, null, p_refusal) on conflict do nothing;
  return true;
end $$;

grant select, insert on settlement_parts, fetched_reports to tender_worker;
grant update (reconciliation_id, covers_from, covers_to, fetched_at) on fetched_reports to tender_worker;
do $$
declare f text;
begin
  foreach f in array array['set_in_motion(text)', 'listed_anew(text)', 'record_listed(text)', 'finish_import(jsonb)',
    'refuse_file(text, text, jsonb)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tender_worker', f);
  end loop;
end $$;
