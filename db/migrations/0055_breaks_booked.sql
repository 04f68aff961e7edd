-- What breaks have in the books, and how that ends.

-- As in 0040, but a break of another movement of ours is another one: only one of a line is open.
-- What `explainPayment` said of the lines p_examined: { matches: [{ line, subject_id, payment_id, merchant_id, tier }],
-- breaks: [{ line, kind, subject_id, payment_id, merchant_id, amount, currency, detail, accepted }] }. The caller holds the
-- settlement of the provider, so nothing has moved since it was read. Answers { matched, opened }.
create or replace function record_findings(p_id text, p_examined int[], f jsonb) returns jsonb language plpgsql
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
    from breaks b where b.reconciliation_id = p_id and b.line = any(p_examined) and b.status = 'open' and not b.detail ? 'given_up'
      and not exists (select from jsonb_array_elements(f -> 'breaks') n where (n ->> 'line')::int = b.line
        and n ->> 'kind' = b.kind and n ->> 'subject_id' is not distinct from b.subject_id);
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

-- What was booked and taken back before either file came, and is listed with each in a file of its own: neither line alone is what we
-- have, and all of them are.
create function match_whole_states(p_provider text) returns void language sql
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  with told as materialized (
    select b.reconciliation_id, b.line, b.subject_id, b.payment_id, b.merchant_id, coalesce(l.charged, l.gross) as amount,
      coalesce(l.charged_currency, l.currency) as currency
    from breaks b join settlement_lines l on (l.reconciliation_id, l.line) = (b.reconciliation_id, b.line)
    where b.provider = p_provider and b.kind = 'state' and b.status = 'open' and b.subject_id is not null
  ), whole as (
    select t.subject_id from (select subject_id, sum(amount) as amount, count(*) as n, min(currency) as currency, max(currency) as other
      from told group by 1) t
    left join operations o on o.id = t.subject_id left join disputes d on d.id = t.subject_id
    where t.n > 1 and t.currency = t.other and t.currency = coalesce(o.currency, d.currency)
      and t.amount + coalesce((select sum(coalesce(l.charged, l.gross)) from settlement_matches m
        join settlement_lines l on (l.reconciliation_id, l.line) = (m.reconciliation_id, m.line) where m.subject_id = t.subject_id), 0)
        = case when o.status = 'succeeded' then case o.kind when 'refund' then -o.amount else o.amount end
          when d.status <> 'won' then -d.amount else 0 end
  )
  insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier)
  select t.reconciliation_id, t.line, t.subject_id, t.payment_id, t.merchant_id, 2 from told t join whole w using (subject_id)
  on conflict do nothing
$$;

-- As in 0040, and of disputes: their lines add up once we know how they ended. What was listed after people had ended it stays with them.
create or replace function end_explained(p_provider text) returns int language plpgsql
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
declare ended int;
begin
  perform hold_settlement(p_provider);
  perform match_whole_states(p_provider);
  with said as (
    select b, case
        when b.kind in ('missing_external', 'duplicate_internal') and m.line is not null then 'listed after all'
        when b.kind in ('missing_external', 'duplicate_internal') and o.status = 'failed' then 'taken back at the provider'
        when b.kind in ('orphan', 'missing_internal', 'currency', 'state', 'duplicate_external') and k.line is not null
          and not b.detail ? 'given_up' then 'matched'
        when b.kind = 'amount' and t.total = case when o.status = 'succeeded' then case o.kind when 'refund' then -o.amount else o.amount end
          when o.id is not null then 0 when d.status <> 'won' then -d.amount when d.id is not null then 0 end then 'its lines add up' end as reason,
      jsonb_strip_nulls(jsonb_build_object('reconciliation_id', coalesce(m.reconciliation_id, k.reconciliation_id),
        'line', coalesce(m.line, k.line))) as evidence
    from breaks b left join operations o on o.id = b.subject_id
    left join disputes d on d.id = b.subject_id
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

-- As in 0045, but for what people took out of suspense before: nothing of it would be left to come back.
-- By people (tier 7): one line is all of these movements of ours, to the cent, in one currency, at its provider, and neither
-- is anything else. Null: so it is, and with p_approval_id it is written down; else why not. The caller holds the settlement
-- of the provider, so nobody else matches meanwhile.
create or replace function force_match(p_break_id text, p_reconciliation_id text, p_line int, p_subjects text[], p_approval_id text) returns text
language plpgsql set search_path = public, pg_temp as $$
declare b breaks; l settlement_lines; said jsonb;
begin
  select * into strict b from breaks where id = p_break_id;
  select x.* into l from settlement_lines x join reconciliations r on r.id = x.reconciliation_id
    where x.reconciliation_id = p_reconciliation_id and x.line = p_line and r.provider = b.provider;
  if not found then return 'There is no such line of this provider.'; end if;
  if exists (select from settlement_matches m where m.reconciliation_id = l.reconciliation_id and m.line = l.line) then
    return 'That line is matched already.';
  end if;
  if exists (select from breaks x where x.reconciliation_id = l.reconciliation_id and x.line = l.line and x.id <> b.id
    and x.resolution ->> 'action' in ('write_off', 'from_suspense'))
  then
    return 'The money of that line was taken out of suspense with another break.';
  end if;
  if exists (select from settlement_matches m where m.subject_id = any(p_subjects)) then
    return 'One of these movements is matched already.';
  end if;
  select jsonb_agg(s) into said from (
    select o.id, o.payment_id, o.merchant_id, case o.kind when 'refund' then -o.amount else o.amount end as amount, o.currency
    from operations o join attempts a on a.id = o.attempt_id
    where o.id = any(p_subjects) and o.kind in ('capture', 'refund', 'receipt') and o.status = 'succeeded' and a.provider = b.provider
    union all
    select d.id, d.payment_id, d.merchant_id, -d.amount, d.currency from disputes d
    where d.id = any(p_subjects) and d.provider = b.provider and d.status <> 'won'
    union all
    select a.id, a.payment_id, a.merchant_id, a.amount, a.currency from attempts a
    where a.id = any(p_subjects) and a.provider = b.provider and a.kind = 'sale' and a.status = 'late') s
  where s.merchant_id = coalesce(b.merchant_id, s.merchant_id) and s.currency = coalesce(l.charged_currency, l.currency);
  if coalesce(jsonb_array_length(said), 0) <> cardinality(p_subjects) then
    return 'One of these movements is not there: done, at this provider, in the currency of the line, of this merchant.';
  end if;
  if (select sum((s ->> 'amount')::numeric) from jsonb_array_elements(said) s) is distinct from coalesce(l.charged, l.gross) then
    return 'Their sum is not the amount of the line.';
  end if;
  if p_approval_id is not null then
    insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier, matched_by)
    select l.reconciliation_id, l.line, s ->> 'id', s ->> 'payment_id', s ->> 'merchant_id', 7, p_approval_id
    from jsonb_array_elements(said) s;
  end if;
  return null;
end $$;

-- As in 0045, now that files are posted: of a line what it is short by, or all of it.
-- What stands in suspense because of a break, by whose books and account: above zero is a debit. People's entries for it, those
-- of a dispute whose money was paid back twice (with a facilitator the debt of its merchant), and what the reconciliation of
-- its file set aside for its line: in the books of its merchant, or of the operator where nobody knew.
create or replace function break_in_suspense(b breaks) returns table (merchant_id text, account text, amount numeric) language plpgsql stable
set search_path = public, pg_temp as $$
declare owners text[] := array_remove(array[b.merchant_id, 'mer_operator'], null);
begin
  return query
  with own as (
    select e.merchant_id as m, p.account as a, case p.side when 'debit' then p.amount else -p.amount::numeric end as n
    from journal_entries e join postings p on p.entry_id = e.id
    where e.merchant_id = any(owners) and p.currency = b.currency
      and (e.key = any(break_entry_keys(b.id))
        or b.kind = 'duplicate_outflow' and e.key in (b.subject_id || '/paid_twice', b.subject_id || '/recovered'))
      and (p.account in ('1900', '2900') or b.kind = 'duplicate_outflow' and p.account = '1310')
    union all
    select s.merchant_id, x.account, x.sign * s.amount::numeric
    from settlement_postings s cross join lateral (values (s.debit, 1), (s.credit, -1)) x (account, sign)
    where s.reconciliation_id = b.reconciliation_id and s.scope = b.line::text and s.what = case b.kind when 'amount' then 'difference' else 'suspense' end
      and s.provider = b.provider and s.currency = b.currency and x.account in ('1900', '2900'))
  select own.m, own.a, sum(own.n) from own group by 1, 2 having sum(own.n) <> 0;
end $$;
revoke execute on function match_whole_states(text) from public;
grant execute on function match_whole_states(text) to tender_worker;
