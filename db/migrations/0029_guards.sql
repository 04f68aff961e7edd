-- The API's own connection asks for refunds; those that need no second person, being ours, are a worker's.
drop policy api_requests on operations;
create policy api_requests on operations as restrictive for insert to tender_api
  with check (status in ('requested', 'requires_approval') and not late and (kind <> 'refund' or cause = 'request'));

-- Nor does it say what became of anything: an unknown would be resolved by nobody.
revoke update on operations from tender_api;

-- As in 0026, and what moved twice, under two ids of the provider, is put before a person: each of its lines
-- says no more than what is recorded.
create or replace function record_settlement(c jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
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
  update settlement_statements s set handled_at = tender_now() where s.file_id = file.id and is_recorded(s);
  update attempts set due_at = tender_now() where id = any(subjects);
  -- One that waits to be sent again is not hurried: what was said of it is read before it is sent.
  update operations set due_at = tender_now() where id = any(subjects) and status <> 'requested';
  update payments set version = version + 1, wake_at = least(wake_at, tender_now() + direct_delivery())
    where id = any(concerned);
  return jsonb_build_object('fresh', true, 'statements', said, 'woken', cardinality(concerned));
end $$;

-- As in 0026, and only by files whose time was over when they came.
create or replace function settlement_evidence(p_provider text, p_reference text, p_from timestamptz, p_to timestamptz) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  with said as (
    select s.*, f.source_hash from settlement_statements s join settlement_files f on f.id = s.file_id
    where s.reference = p_reference and f.provider = p_provider),
  covered as (
    select k.kind, range_agg(tstzrange(f.covers_from, f.covers_to)) @> tstzrange(p_from, p_to, '[]') as whole,
      array_agg(f.id order by f.covers_from) as files
    from settlement_files f cross join unnest(f.lists) as k (kind)
    where f.provider = p_provider and f.covers_to > p_from and f.covers_from <= p_to
      -- A file that was there before its time was over is silent about what came after it.
      and f.covers_to <= f.imported_at + interval '1 hour'
    group by k.kind)
  select jsonb_build_object(
    'is_stated', exists (select from said),
    'statements', (select coalesce(jsonb_agg(jsonb_build_object('file_id', s.file_id, 'line', s.line, 'says', s.says,
        'amount', s.amount::text, 'currency', s.currency, 'provider_reference', s.provider_reference)
        order by s.file_id, s.line), '[]') from said s where s.handled_at is null),
    'covered', (select coalesce(jsonb_agg(k.kind), '[]') from covered k where k.whole),
    'files', (select coalesce(jsonb_agg(distinct f.id), '[]') from covered k, unnest(k.files) as f (id) where k.whole))
$$;
