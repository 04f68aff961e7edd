-- Lines of settlement files held against our books, set-wise: what is plainly in order is matched in one statement per
-- stretch of a file; all else is decided by `domain/matching` and written here. One writer per provider at a time.

-- A movement is looked up by the provider's id of it, and by that of its payment.
create index operations_by_provider_reference on operations (provider_reference) where provider_reference is not null;
create index attempts_by_provider_reference on attempts (provider_reference) where provider_reference is not null;

create function hold_settlement(p_provider text) returns void language sql as $$
  select pg_advisory_xact_lock(hashtextextended('settlement ' || p_provider, 0))
$$;

-- What a provider keeps of a capture by the routing rules in force; no row: nothing is agreed.
create function agreed_terms(p_provider text) returns table (currency text, basis_points numeric, fixed numeric) language sql stable
set search_path = public, pg_temp as $$
  select f.key, (t.value ->> 'basis_points')::numeric, f.value::numeric
  from (select rules from routing_rules order by version desc limit 1) r,
    jsonb_array_elements(r.rules -> 'providers') t, jsonb_each_text(t.value -> 'fixed') f
  where t.value ->> 'provider' = p_provider
$$;

-- Tiers 1 to 3 for whatever is in order in every respect, of the lines [p_from, p_to): what the tables of
-- domain/matching find nothing wrong with, and a test holds the two together. Answers how many. Rows are found by key, one by one:
-- so a line costs the same however much is stored.
create function match_clean_lines(p_id text, p_from int, p_to int) returns int language plpgsql
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
declare of_provider text; done int;
begin
  select r.provider into strict of_provider from reconciliations r where r.id = p_id and r.kind = 'settlement';
  perform hold_settlement(of_provider);
  with terms as materialized (select * from agreed_terms(of_provider)),
  l as materialized (
    select s.* from settlement_lines s
    where s.reconciliation_id = p_id and s.line >= p_from and s.line < p_to and s.charged is null
      -- A reversal is never plainly in order; but what it belongs to is not either.
      and s.kind in ('capture', 'capture_reversal', 'refund', 'refund_reversal')
      and not exists (select from settlement_matches m where m.reconciliation_id = p_id and m.line = s.line)
  ), c as (
    select l.line, o as op from l join operations o on o.id = l.reference
    union all
    -- Of a sale the provider knows the attempt.
    select l.line, o from l join operations o on o.attempt_id = l.reference and o.kind = 'capture'
      join attempts a on a.id = l.reference and a.kind = 'sale'
    union all
    -- Also where the reference is another's: then neither is alone.
    select l.line, o from l join operations o on o.provider_reference = l.provider_reference
    union all
    select l.line, o from l join attempts a on a.provider_reference = l.parent_reference and a.provider = of_provider
      join operations o on o.attempt_id = a.id and o.kind = split_part(l.kind, '_', 1) and o.amount = abs(l.gross) and o.currency = l.currency
    where l.reference is null and (l.provider_reference is null or (o.provider_reference is null
      and not exists (select from operations x where x.provider_reference = l.provider_reference)))
  ), alone as (
    select distinct on (c.line, (c.op).id) c.*, count(*) over (partition by c.line) - count(*) over (partition by c.line, (c.op).id) as others,
      count(*) over (partition by (c.op).id) - count(*) over (partition by c.line, (c.op).id) as of_subject from c
    order by c.line, (c.op).id
  )
  insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier)
  select p_id, l.line, (n.op).id, (n.op).payment_id, (n.op).merchant_id,
    case when (n.op).provider_reference = l.provider_reference then 1 when l.reference is null then 3 else 2 end
  from alone n join l on l.line = n.line join attempts a on a.id = (n.op).attempt_id left join terms t on t.currency = l.currency
  where n.others = 0 and n.of_subject = 0 and a.provider = of_provider
    and (n.op).kind = l.kind and (n.op).status = 'succeeded' and (n.op).currency = l.currency
    and l.gross = case l.kind when 'capture' then (n.op).amount else -(n.op).amount end
    and (l.reference is null or l.reference in ((n.op).id, (n.op).attempt_id, (n.op).payment_id))
    and ((n.op).provider_reference = l.provider_reference or l.provider_reference is null
      or ((n.op).provider_reference is null and not exists (
        select from operations x where x.provider_reference = l.provider_reference)))
    and l.occurred_at between (n.op).created_at - interval '1 day' and (n.op).updated_at + interval '1 day'
    and (l.kind <> 'capture' or t.currency is null
      or abs(l.fee * 10000 - ((n.op).amount * t.basis_points + t.fixed * 10000)) <= 10000)
    -- What payers sent by themselves is listed credit by credit.
    and (a.kind <> 'sale' or l.kind <> 'capture' or not exists (
      select from operations x where x.attempt_id = a.id and x.kind = 'receipt'))
    and (l.kind <> 'refund' or not exists (select from disputes d where d.payment_id = (n.op).payment_id))
    and not exists (select from settlement_matches m where m.subject_id = (n.op).id);
  get diagnostics done = row_count;
  return done;
end $$;

-- Whose payment each line names: by the movement's own id at the provider before our reference before its parent.
create function payments_of_lines(p_id text, p_lines int[]) returns table (line int, payment_id text) language sql stable
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  with r as materialized (select id, provider from reconciliations where id = p_id),
  l as materialized (select s.* from settlement_lines s where s.reconciliation_id = p_id and s.line = any(p_lines)),
  found as (
    select l.line, 1 as rank, o.payment_id from l join operations o on o.provider_reference = l.provider_reference
      join attempts a on a.id = o.attempt_id join r on r.provider = a.provider
    union all
    select l.line, 1, d.payment_id from l join r on true join disputes d on d.provider = r.provider
      and d.provider_reference = l.provider_reference
    union all select l.line, 2, o.payment_id from l join operations o on o.id = l.reference
    union all select l.line, 2, a.payment_id from l join attempts a on a.id = l.reference
    union all select l.line, 2, d.payment_id from l join disputes d on d.id = l.reference
    union all select l.line, 2, p.id from l join payments p on p.id = l.reference
    union all
    select l.line, 3, a.payment_id from l join attempts a on a.provider_reference in (l.provider_reference, l.parent_reference)
      join r on r.provider = a.provider)
  select distinct on (f.line) f.line, f.payment_id from found f order by f.line, f.rank, f.payment_id
$$;

-- Every movement of these payments that this provider may list, with what of it was matched before.
create function subjects_of_payments(p_provider text, p_payment_ids text[]) returns setof jsonb language sql stable
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  with p as (select * from payments where id = any(p_payment_ids)),
  s as (
    select o.id, a.id as attempt_id, o.payment_id, o.merchant_id, case o.kind when 'refund' then 'refund' else 'capture' end as kind,
      case when a.kind = 'sale' and o.kind <> 'refund' then a.id else o.id end as reference, o.provider_reference,
      a.provider_reference as parent_reference, case o.kind when 'refund' then -o.amount else o.amount end as amount, o.currency,
      o.status = 'succeeded' as done, o.created_at as from_at, o.updated_at as to_at
    from p join operations o on o.payment_id = p.id join attempts a on a.id = o.attempt_id
    where a.provider = p_provider and (o.kind in ('refund', 'receipt') or (o.kind = 'capture'
      and not exists (select from operations x where x.attempt_id = a.id and x.kind = 'receipt')))
    union all
    -- A sale that is not recorded as done, or came after we had said no.
    select a.id, a.id, a.payment_id, a.merchant_id, 'capture', a.id, a.provider_reference, a.provider_reference, a.amount, a.currency,
      a.status = 'late', a.created_at, a.updated_at
    from p join attempts a on a.payment_id = p.id
    where a.provider = p_provider and a.kind = 'sale'
      and not exists (select from operations o where o.attempt_id = a.id and o.kind in ('capture', 'receipt'))
    union all
    select d.id, d.attempt_id, d.payment_id, d.merchant_id, 'dispute', d.id, d.provider_reference, a.provider_reference, -d.amount,
      d.currency, d.status <> 'won', d.opened_at, coalesce(d.closed_at, d.opened_at + interval '1 year')
    from p join disputes d on d.payment_id = p.id join attempts a on a.id = d.attempt_id where d.provider = p_provider)
  select jsonb_build_object('id', s.id, 'attempt_id', s.attempt_id, 'payment_id', s.payment_id, 'merchant_id', s.merchant_id,
    'kind', s.kind, 'reference', s.reference, 'provider_reference', s.provider_reference, 'parent_reference', s.parent_reference,
    'amount', s.amount::text, 'currency', s.currency, 'done', s.done, 'from', floor(extract(epoch from s.from_at) * 1000),
    'to', ceil(extract(epoch from s.to_at) * 1000), 'settled', coalesce(m.settled, 0)::text, 'settled_lines', coalesce(m.lines, 0),
    'cost', case when s.kind = 'capture' then (select (s.amount * t.basis_points + t.fixed * 10000)::bigint::text
      from agreed_terms(p_provider) t where t.currency = s.currency) end,
    'paid_twice', s.kind <> 'capture' and p.amount_disputed > 0 and p.amount_refunded > 0
      and p.amount_refunded + p.amount_disputed > p.amount_captured
      and (s.kind = 'dispute' or exists (select from disputes d join settlement_matches k on k.subject_id = d.id where d.payment_id = p.id))
      and not exists (select from breaks b where b.payment_id = p.id and b.kind = 'duplicate_outflow'))
  from s join p on p.id = s.payment_id left join lateral (
    select count(*) as lines, sum(case when k.tier > 4 then s.amount else coalesce(l.charged, l.gross) end) as settled
    from settlement_matches k join settlement_lines l on (l.reconciliation_id, l.line) = (k.reconciliation_id, k.line)
    where k.subject_id = s.id) m on true
  order by s.id
$$;
revoke execute on function hold_settlement(text), agreed_terms(text), match_clean_lines(text, int, int),
  payments_of_lines(text, int[]), subjects_of_payments(text, text[]) from public;
grant execute on function hold_settlement(text), agreed_terms(text), match_clean_lines(text, int, int),
  payments_of_lines(text, int[]), subjects_of_payments(text, text[]) to tender_worker;
