-- Breaks: written once each, found again as the same ones, and ended by themselves where what came later explains them.

-- Lines that no match and no person explains yet, after p_after, as `domain/matching` reads them. `p_again`: only those that
-- a break is open about.
create function lines_to_explain(p_id text, p_after int, p_limit int, p_again boolean) returns setof jsonb language sql stable
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  select jsonb_build_object('line', l.line, 'kind', l.kind, 'reference', l.reference, 'provider_reference', l.provider_reference,
    'parent_reference', l.parent_reference, 'gross', l.gross::text, 'fee', l.fee::text, 'currency', l.currency,
    'charged', l.charged::text, 'charged_currency', l.charged_currency,
    'occurred_at', floor(extract(epoch from l.occurred_at) * 1000))
  from settlement_lines l
  where l.reconciliation_id = p_id and l.line > p_after
    and l.kind in ('capture', 'capture_reversal', 'refund', 'refund_reversal', 'dispute', 'dispute_reversal', 'adjustment', 'unknown')
    and not exists (select from settlement_matches m where m.reconciliation_id = p_id and m.line = l.line)
    and (not p_again or exists (select from breaks b where b.reconciliation_id = p_id and b.line = l.line and b.status = 'open'))
    -- What a person has ended stays ended.
    and not exists (select from breaks b where b.reconciliation_id = p_id and b.line = l.line and b.status = 'resolved'
      and b.resolution ->> 'by' <> 'tender')
  order by l.line limit p_limit
$$;
create index breaks_by_line on breaks (reconciliation_id, line) where line is not null;

-- The rates at which a provider converted in one file, as the middle one of each pair: what a single line is held against.
create function conversion_rates(p_id text) returns table (charged_currency text, currency text, charged text, settled text)
language sql stable set search_path = public, pg_temp as $$
  select distinct on (x.charged_currency, x.currency) x.charged_currency, x.currency, x.charged::text, x.gross::text
  from (select l.charged_currency, l.currency, l.charged, l.gross,
      row_number() over (partition by l.charged_currency, l.currency order by l.gross::numeric / l.charged, l.line) as place,
      count(*) over (partition by l.charged_currency, l.currency) as of_pair
    from settlement_lines l where l.reconciliation_id = p_id and l.charged <> 0 and l.charged_currency <> l.currency) x
  -- Of fewer than three nobody can say which one is wrong.
  where x.of_pair >= 3 and x.place = (x.of_pair + 1) / 2
  order by 1, 2
$$;

create function ended_by_itself(p_reason text, p_evidence jsonb) returns jsonb language sql immutable as $$
  select jsonb_build_object('action', 'explained', 'reason', p_reason, 'by', 'tender', 'approved_by', null, 'entries', '[]'::jsonb,
    'evidence', p_evidence)
$$;
create function end_break(b breaks, p_reason text, p_evidence jsonb) returns void language sql set search_path = public, pg_temp as $$
  update breaks set status = 'resolved', resolved_at = tender_now(), resolution = ended_by_itself(p_reason, p_evidence)
  where id = b.id and status = 'open'
$$;

-- The provider is asked what became of a movement that its file tells otherwise.
create function look_because_listed(p_subjects text[]) returns void language plpgsql set search_path = public, pg_temp as $$
declare concerned text[];
begin
  select coalesce(array_agg(distinct f.payment_id), '{}') into concerned from (
    select a.payment_id from attempts a where a.id = any(p_subjects)
    union all select o.payment_id from operations o where o.id = any(p_subjects) and o.kind <> 'receipt') f;
  perform from payments p where p.id = any(concerned) order by p.id for no key update;
  update attempts a set due_at = tender_now() where a.id in (
    select x from unnest(p_subjects) x union select o.attempt_id from operations o join attempts s on s.id = o.attempt_id
      where o.id = any(p_subjects) and o.kind = 'capture' and s.kind = 'sale');
  update operations set due_at = tender_now() where id = any(p_subjects) and status <> 'requested' and kind <> 'receipt';
  update payments set version = version + 1, wake_at = least(wake_at, tender_now() + direct_delivery()) where id = any(concerned);
end $$;

-- What `explainPayment` said of the lines p_examined: { matches: [{ line, subject_id, payment_id, merchant_id, tier }],
-- breaks: [{ line, kind, subject_id, payment_id, merchant_id, amount, currency, detail, accepted }] }. The caller holds the
-- settlement of the provider, so nothing has moved since it was read. Answers { matched, opened }.
create function record_findings(p_id text, p_examined int[], f jsonb) returns jsonb language plpgsql
set search_path = public, pg_temp as $$
declare matched int; opened int; of_provider text; strange text[];
begin
  select provider into strict of_provider from reconciliations where id = p_id;
  insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier)
  select p_id, n.line, n.subject_id, n.payment_id, n.merchant_id, n.tier
  from jsonb_populate_recordset(null::settlement_matches, f -> 'matches') n
  on conflict do nothing;
  get diagnostics matched = row_count;
  -- It had another name while less was known, or none any more.
  perform end_break(b, 'looked at again, it is ' || coalesce((select string_agg(n ->> 'kind', ', ')
      from jsonb_array_elements(f -> 'breaks') n where (n ->> 'line')::int = b.line), 'matched'), '{}')
    from breaks b where b.reconciliation_id = p_id and b.line = any(p_examined) and b.status = 'open'
      and not exists (select from jsonb_array_elements(f -> 'breaks') n where (n ->> 'line')::int = b.line and n ->> 'kind' = b.kind);
  -- One difference per movement: the last line says it all.
  perform end_break(b, 'told again with line ' || (n ->> 'line'), '{}')
    from jsonb_array_elements(f -> 'breaks') n join breaks b on b.subject_id = n ->> 'subject_id' and b.kind = 'amount'
    where n ->> 'kind' = 'amount' and b.provider = of_provider and b.status = 'open'
      and (b.reconciliation_id, b.line) <> (p_id, (n ->> 'line')::int);
  with fresh as (
    insert into breaks (kind, provider, reconciliation_id, line, subject_id, payment_id, merchant_id, amount, currency, detail, status,
      resolution, resolved_at)
    select n.kind, of_provider, p_id, n.line, n.subject_id, n.payment_id, n.merchant_id, n.amount, n.currency, n.detail,
      case when n.detail ->> 'step' = 'accept' and n.kind = 'time' then 'resolved' else 'open' end,
      case when n.detail ->> 'step' = 'accept' and n.kind = 'time' then jsonb_build_object('action', 'accepted', 'by', 'tender',
        'reason', 'the same money on another day: both dates are kept', 'approved_by', null, 'entries', '[]'::jsonb) end,
      case when n.detail ->> 'step' = 'accept' and n.kind = 'time' then tender_now() end
    from jsonb_populate_recordset(null::breaks, f -> 'breaks') n
    on conflict do nothing
    returning subject_id, detail
  ) select count(*), array_agg(subject_id) filter (where detail ->> 'step' = 'look_up' and subject_id is not null)
    into opened, strange from fresh;
  if strange is not null then perform look_because_listed(strange); end if;
  return jsonb_build_object('matched', matched, 'opened', opened);
end $$;

-- How far the files of a provider have come without a gap since p_from; null: nothing of then is covered. Only files
-- whose time was over when they came.
create function covered_until(p_provider text, p_kind text, p_from timestamptz) returns timestamptz language sql stable
set search_path = public, pg_temp as $$
  select upper(r.span) from (
    select unnest(range_agg(tstzrange(covers_from, covers_to))) as span from reconciliations
    where provider = p_provider and kind = p_kind and status in ('imported', 'matched', 'posted', 'completed')
      and covers_to <= received_at + interval '1 hour') r
  where r.span @> p_from
$$;

create table settlement_watermarks (
  provider text constraint settlement_watermarks_pkey primary key,
  -- Every movement of ours up to here was looked for in files that were all there.
  looked_until timestamptz not null
);
-- What is recorded as done later than it was asked for is looked for again for so long.
create function late_outcomes() returns interval language sql immutable as $$ select interval '7 days' $$;

-- Movements of ours that no file lists although all files that could have are there: two cycles past the last moment at
-- which they may have been booked (`missing_external`), or listed once for two of ours (`duplicate_internal`). Ids are in
-- the order of time, so only new ones are read. Answers how many breaks it opened.
create function find_unlisted(p_provider text, p_cycle interval) returns int language plpgsql
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  began timestamptz; until_at timestamptz; since timestamptz; opened int; strange text[];
  -- Ids go by the machine's time, which the clock of a sandbox may be ahead of.
  ahead interval := tender_now() - clock_timestamp();
begin
  perform hold_settlement(p_provider);
  select w.looked_until into since from settlement_watermarks w where w.provider = p_provider;
  select min(covers_from) into began from reconciliations where provider = p_provider and kind = 'settlement'
    and status in ('imported', 'matched', 'posted', 'completed');
  began := greatest(began, since - late_outcomes());
  until_at := covered_until(p_provider, 'settlement', began) - 2 * p_cycle;
  if until_at is null or until_at <= began then return 0; end if;
  with silent as (
    select o.id, o.payment_id, o.merchant_id, o.amount, o.currency, o.provider_reference, o.kind, o.attempt_id, a.kind as attempt_kind
    from (values ('op_'), ('ref_')) p (prefix)
      join operations o on o.id >= p.prefix || uuidv7(began - ahead - clock_timestamp() - interval '1 minute')::text
        and o.id < p.prefix || uuidv7(until_at - clock_timestamp() + interval '1 minute')::text
      join attempts a on a.id = o.attempt_id and a.provider = p_provider
    where o.kind in ('capture', 'refund', 'receipt') and o.status = 'succeeded' and o.created_at >= began and o.updated_at < until_at
      and not (o.kind = 'capture' and exists (select from operations x where x.attempt_id = o.attempt_id and x.kind = 'receipt'))
      and not exists (select from settlement_matches m where m.subject_id = o.id)
      -- A line that names it and is not in order is a break of its own.
      and not exists (select from breaks b where b.payment_id = o.payment_id and b.subject_id = o.id)
  ), named as (
    select s.*, (select jsonb_build_object('reconciliation_id', m.reconciliation_id, 'line', m.line, 'subject_id', x.id)
      from operations x join settlement_matches m on m.subject_id = x.id
      where x.provider_reference = s.provider_reference and x.id <> s.id and x.kind = s.kind order by x.id limit 1) as twin
    from silent s
  ), fresh as (
    insert into breaks (kind, provider, merchant_id, payment_id, subject_id, amount, currency, detail)
    select case when n.twin is null then 'missing_external' else 'duplicate_internal' end, p_provider, n.merchant_id, n.payment_id, n.id,
      case n.kind when 'refund' then -n.amount else n.amount end, n.currency, jsonb_strip_nulls(jsonb_build_object('expected', 'a line for ' || n.id,
        'found', coalesce(n.twin, '"none"'), 'covered_until', until_at, 'step', case when n.twin is null then 'look_up' else 'none' end))
    from named n on conflict do nothing
    returning subject_id, detail
  ) select count(*), array_agg(subject_id) filter (where detail ->> 'step' = 'look_up') into opened, strange from fresh;
  if strange is not null then perform look_because_listed(strange); end if;
  insert into settlement_watermarks as w values (p_provider, until_at)
  on conflict (provider) do update set looked_until = greatest(w.looked_until, excluded.looked_until);
  return opened;
end $$;

-- Breaks about movements that have been explained since: listed after all, or taken back. Answers how many.
create function end_explained(p_provider text) returns int language plpgsql
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
declare ended int;
begin
  perform hold_settlement(p_provider);
  with said as (
    select b, case
        when b.kind in ('missing_external', 'duplicate_internal') and m.line is not null then 'listed after all'
        when b.kind in ('missing_external', 'duplicate_internal') and o.status = 'failed' then 'taken back at the provider'
        when b.kind in ('orphan', 'missing_internal', 'currency', 'state', 'duplicate_external') and k.line is not null then 'matched'
        when b.kind = 'amount' and t.total = case when o.status = 'succeeded' then case o.kind when 'refund' then -o.amount else o.amount end
          when o.id is not null then 0 end then 'its lines add up' end as reason,
      jsonb_strip_nulls(jsonb_build_object('reconciliation_id', coalesce(m.reconciliation_id, k.reconciliation_id),
        'line', coalesce(m.line, k.line))) as evidence
    from breaks b left join operations o on o.id = b.subject_id
    left join lateral (select * from settlement_matches x where x.subject_id = b.subject_id order by x.matched_at desc limit 1) m on true
    left join lateral (select * from settlement_matches x where x.reconciliation_id = b.reconciliation_id and x.line = b.line limit 1) k on true
    left join lateral (select sum(coalesce(l.charged, l.gross)) as total from settlement_matches x
      join settlement_lines l on (l.reconciliation_id, l.line) = (x.reconciliation_id, x.line) where x.subject_id = b.subject_id) t on true
    where b.provider = p_provider and b.status = 'open' and (b.line is not null or b.subject_id is not null)
  )
  update breaks u set status = 'resolved', resolved_at = tender_now(), resolution = ended_by_itself(s.reason, s.evidence)
  from said s where u.id = (s.b).id and u.status = 'open' and s.reason is not null;
  get diagnostics ended = row_count;
  return ended;
end $$;

grant select, insert, update on settlement_watermarks to tender_worker;
do $$
declare f text;
begin
  foreach f in array array['lines_to_explain(text, int, int, boolean)', 'conversion_rates(text)', 'end_break(breaks, text, jsonb)', 'ended_by_itself(text, jsonb)',
    'look_because_listed(text[])', 'record_findings(text, int[], jsonb)', 'covered_until(text, text, timestamptz)',
    'find_unlisted(text, interval)', 'end_explained(text)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tender_worker', f);
  end loop;
end $$;
