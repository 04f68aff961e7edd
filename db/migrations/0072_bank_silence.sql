-- What the bank says is told apart from what providers say, what is half booked is compared with nothing, and what the bank keeps silent
-- about is found.

-- A line of a bank statement is it. A refund that failed after its provider's file had listed it, and was paid from our bank then, has
-- a line there as well, which is no proof of this one.
create function seen_at_bank(p_subject text) returns boolean language sql stable set search_path = public, pg_temp as $$
  select exists (select from settlement_matches m join reconciliations r on r.id = m.reconciliation_id
    where m.subject_id = p_subject and r.kind = 'bank_statement')
$$;

-- What 1010 has because we said so, and no statement has told of; each entry. Above zero it came to us.
create function awaited_at_bank() returns table (key text, event text, currency text, amount numeric, since timestamptz) language sql stable
set search_path = public, pg_temp as $$
  select e.key, e.event, p.currency, case p.side when 'debit' then p.amount else -p.amount::numeric end, e.effective_at
  from journal_entries e join postings p on p.entry_id = e.id and p.account = '1010'
  where e.state = 'posted' and e.event in ('merchant_payout_confirmed', 'merchant_payout_returned', 'merchant_payout_paid_late',
      'late_success_returned', 'transfer_returned', 'owed_refund_paid')
    and not exists (select from settlement_matches m join reconciliations r on r.id = m.reconciliation_id
      where m.subject_id in (e.key, split_part(e.key, '/', 1)) and r.kind = 'bank_statement')
$$;

-- As in 0050, but for what only a provider told of.
create or replace function match_bank_lines(p_id text, p_from int, p_to int) returns int language plpgsql
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare found jsonb;
begin
  perform hold_bank();
  with l as materialized (
    select s.line, s.reference, s.provider_reference, s.net, s.currency from settlement_lines s
    where s.reconciliation_id = p_id and s.line >= p_from and s.line < p_to and s.kind in ('bank_credit', 'bank_debit')
      -- Scalar, so that each is looked up by its key. What people have ended stays ended.
      and (select m.line from settlement_matches m where m.reconciliation_id = p_id and m.line = s.line limit 1) is null
      and (select b.line from breaks b where b.reconciliation_id = p_id and b.line = s.line and b.status = 'resolved'
        and b.resolution ->> 'by' <> 'tender' limit 1) is null
  ), booked as materialized (
    select b.* from booked_at_bank(array(select distinct l.reference from l where l.reference is not null)) b
  ), c as (
    select l.line, 1 as rank, f.id as subject_id, null::text as payment_id, null::text as merchant_id, l.net
    -- `offset 0`: each line looks up what it names, never the other way round.
    from l cross join lateral (
      select min(a.id) as id, count(*) as n, min(a.amount) as amount
      from payout_names n join announced_payouts a on a.id = n.payout_id
      where (n.name, n.currency) = (l.reference, l.currency) offset 0) f
    where l.reference !~ '[\s,;]' and f.n = 1 and f.amount = l.net
    union all
    select l.line, 2, f.id, f.payment_id, f.merchant_id, l.net from l cross join lateral (
      select o.id, o.payment_id, o.merchant_id from operations o
      where o.provider_reference = l.provider_reference and o.kind = 'receipt' and o.amount = l.net and o.currency = l.currency
        and not exists (select from settlement_matches m where m.subject_id = o.id) offset 0) f
    union all
    select l.line, 3, b.subject_id, b.payment_id, b.merchant_id, l.net from l join booked b
      on b.reference = l.reference and b.amount = l.net and b.currency = l.currency
    where not seen_at_bank(b.subject_id)
  ), alone as (
    select c.*, count(*) over (partition by c.line) as of_line, count(*) over (partition by c.subject_id) as of_subject from c)
  select jsonb_agg(jsonb_build_object('reconciliation_id', p_id, 'line', a.line, 'subject_id', a.subject_id, 'payment_id', a.payment_id,
    'merchant_id', a.merchant_id, 'tier', case a.rank when 3 then 2 else 1 end, 'amount', a.net))
  into found from alone a where a.of_line = 1 and (a.rank = 1 or a.of_subject = 1);
  return record_bank_matches(coalesce(found, '[]'));
end $$;

-- As in 0061, but for what only a provider told of, and each once, whatever it is called by.
create or replace function match_bank_by_hand(p_break_id text, p_subjects text[], p_approval_id text) returns text language plpgsql
set search_path = public, pg_temp as $$
declare b breaks; l settlement_lines; said jsonb;
begin
  select * into strict b from breaks where id = p_break_id;
  select * into l from settlement_lines s where s.reconciliation_id = b.reconciliation_id and s.line = b.line;
  if not found or not b.detail ? 'bank' then return 'It is not about a line of a bank statement.'; end if;
  if exists (select from settlement_matches m where m.reconciliation_id = l.reconciliation_id and m.line = l.line) then
    return 'That line is matched already.';
  end if;
  select jsonb_agg(f) into said from (select distinct s from unnest(p_subjects) s) u cross join lateral (
    select a.id, null::text as payment_id, null::text as merchant_id, a.amount, true as is_payout from announced_payouts a
    where a.currency = l.currency and a.credits = 0 and (a.id = u.s
      or a.id in (select n.payout_id from payout_names n where n.currency = l.currency and n.name = u.s))
    union all
    select o.subject_id, o.payment_id, o.merchant_id, o.amount::bigint, false from booked_at_bank(array[u.s]) o
    where o.currency = l.currency and sign(o.amount) = sign(l.net)
      and not seen_at_bank(o.subject_id)) f;
  if coalesce(jsonb_array_length(said), 0) <> (select count(distinct s) from unnest(p_subjects) s) then
    return 'One of these is not there, or is not one: a payout that did not come yet, or a transfer of ours, in the currency of the line.';
  end if;
  if exists (select from jsonb_array_elements(said) f group by f ->> 'id' having count(*) > 1) then
    return 'One of these is named twice.';
  end if;
  if (select sum((f ->> 'amount')::numeric) from jsonb_array_elements(said) f) is distinct from l.net then
    return 'Their sum is not the amount of the line.';
  end if;
  if p_approval_id is not null then
    insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier, matched_by)
    select l.reconciliation_id, l.line, f ->> 'id', f ->> 'payment_id', f ->> 'merchant_id', 7, p_approval_id from jsonb_array_elements(said) f;
    update announced_payouts a set credits = 1, seen = a.amount
    from jsonb_array_elements(said) f where a.id = f ->> 'id' and (f ->> 'is_payout')::boolean;
  end if;
  return null;
end $$;

-- As in 0059, and customers' transfers that were told of after their lines: they left suspense, and were booked by nobody.
create or replace function bank_books(p_id text) returns table (unit text, merchant_id text, account text, provider text, currency text,
  amount numeric)
language sql stable set search_path = public, pg_temp as $$
  with units as materialized (
    select a.reconciliation_id, a.scope, a.currency, a.provider from announced_payouts a
    where a.credits > 0 and not a.booked and not told_elsewhere(a.id, p_id)
    union
    -- Whose shares have changed since.
    select s.reconciliation_id, s.scope, s.currency, s.provider from settlement_postings s where s.what = 'announced' and s.round > 1
  ), seen as materialized (
    select u.*, concat_ws('/', u.reconciliation_id, u.scope, u.currency) as unit, bool_and(x.came) as is_whole,
      sum(a.amount) filter (where x.came) as came
    from units u join announced_payouts a using (reconciliation_id, scope, currency, provider)
    cross join lateral (select a.credits > 0 and (a.booked or not told_elsewhere(a.id, p_id)) as came) x group by 1, 2, 3, 4
  ), told as materialized (
    select m.subject_id from settlement_matches m where m.reconciliation_id = p_id
    union
    -- By lines of before whose money is in suspense until this is booked.
    select m.subject_id from breaks b join settlement_matches m on (m.reconciliation_id, m.line) = (b.reconciliation_id, b.line)
    where b.status = 'open' and b.detail ? 'bank'
  ), target as (
    select s.unit, p.merchant_id, '1200' as account, s.provider, s.currency, sum(p.amount) as amount
    from seen s join settlement_postings p
      on (p.reconciliation_id, p.scope, p.what, p.currency) = (s.reconciliation_id, s.scope, 'announced', s.currency)
    where s.is_whole group by 1, 2, 4, 5
    union all
    select s.unit, 'mer_operator', '1200', s.provider, s.currency, s.came from seen s where not s.is_whole and s.came is not null
    union all
    select o.id, o.merchant_id, '1100', a.provider, o.currency, o.amount
    from told x join operations o on o.id = x.subject_id and o.kind = 'receipt' join attempts a on a.id = o.attempt_id
    union all
    select b.unit, b.merchant_id, b.account, b.provider, b.currency, -b.amount from bank_postings b
    where b.unit in (select s.unit from seen s union all select x.subject_id from told x)
  )
  select t.unit, t.merchant_id, t.account, t.provider, t.currency, sum(t.amount) from target t group by 1, 2, 3, 4, 5 having sum(t.amount) <> 0
$$;

-- As in 0059, and days that people say do not come: until then the proof waits for them.
create or replace function bank_breaks(p_id text, p_late interval) returns setof bank_break language sql stable
set search_path = public, pg_temp as $$
  select case when n.elsewhere then 'currency' when l.net < 0 and l.reference like 'po\_%' then 'bank' else 'orphan' end,
    r.provider, l.reconciliation_id, l.line, null, l.net, l.currency, 'suspense',
    jsonb_build_object('expected', 'a payout, a transfer or a payment of ours', 'found', l.net::text)
  from bank_lines_to_match(p_id) v join settlement_lines l on l.reconciliation_id = split_part(v ->> 'id', '/', 1)
    and l.line = split_part(v ->> 'id', '/', 2)::int join reconciliations r on r.id = l.reconciliation_id
  cross join lateral (select exists (select from payout_names x where x.name = l.reference and x.currency <> l.currency) as elsewhere) n
  union all
  -- Less what people have ended of it: that has left suspense for where they said.
  select 'bank', a.provider, null, null, a.id, (a.seen - a.amount - e.ended)::bigint, a.currency, 'suspense',
    jsonb_build_object('expected', a.amount::text, 'found', a.seen::text)
  from announced_payouts a cross join lateral (
    select coalesce(sum(b.amount), 0) as ended from breaks b where b.kind = 'bank' and b.provider = a.provider and b.subject_id = a.id
      and b.status = 'resolved' and b.resolution ->> 'by' <> 'tender' and b.detail ->> 'step' = 'suspense') e
  where a.credits > 0 and (a.seen <> a.amount or e.ended <> 0) and a.seen - a.amount - e.ended <> 0 and not told_elsewhere(a.id, p_id)
  union all
  select 'bank', a.provider, null, null, a.id, -a.amount, a.currency, 'wait',
    jsonb_build_object('expected', a.amount::text, 'found', 'nothing until ' || c.until)
  from announced_payouts a cross join (select max(b.covers_to) as until from bank_statements b
    join reconciliations r on r.id = b.reconciliation_id where r.status in ('posted', 'completed') or r.id = p_id) c
  where a.credits = 0 and a.announced_at + p_late < c.until
  union all
  select case when h.is_open then 'file' else 'bank' end, s.provider, s.reconciliation_id, null, s.subject,
    s.opening - coalesce(s.before, 0) - e.ended, s.currency, case when h.is_open then 'wait' else 'suspense' end,
    jsonb_build_object('expected', coalesce(s.before::text, '0'), 'found', s.opening::text, 'closed_at', s.before_to, 'opened_at', s.covers_from)
  from (select b.*, lag(b.closing) over w as before, lag(b.covers_to) over w as before_to,
      concat_ws('/', b.account, b.currency, to_char(b.covers_from at time zone 'UTC', 'YYYY-MM-DD')) as subject
    from bank_statements b window w as (partition by b.account, b.currency order by b.covers_from)) s
  -- People say that these days do not come: what is between the two balances stands in suspense as any other.
  cross join lateral (select s.before_to < s.covers_from and not exists (select from breaks b where b.reconciliation_id = s.reconciliation_id
    and b.kind = 'file' and b.subject_id = s.subject and b.status = 'resolved' and b.resolution ->> 'by' <> 'tender') as is_open) h
  cross join lateral (select coalesce(sum(b.amount), 0)::bigint as ended from breaks b where b.reconciliation_id = s.reconciliation_id
    and b.kind = 'bank' and b.line is null and b.status = 'resolved' and b.resolution ->> 'by' <> 'tender'
    and b.subject_id = s.subject) e
  where s.opening - coalesce(s.before, 0) <> e.ended or h.is_open
$$;

-- As in 0059, but not while anything is half booked: a match and its entry are two commits, and of many breaks each page is one.
create or replace function bank_says() returns table (currency text, said numeric, booked numeric, awaited numeric, source text) language sql stable
set search_path = public, pg_temp as $$
  with newest as (
    select distinct on (b.account, b.currency) b.currency, b.closing, b.covers_to
    from bank_statements b join reconciliations r on r.id = b.reconciliation_id where r.status in ('posted', 'completed')
    order by b.account, b.currency, b.covers_from desc
  ), half_booked as (
    -- Matched already, or written down, and in the books by the next commit: another one than what is in suspense for it.
    select x.currency from (
      select b.currency, b.amount from breaks b where b.status = 'open' and b.detail ? 'bank' and b.detail ->> 'step' = 'suspense'
      union all
      select w.currency, -w.amount from bank_breaks(null, interval '1000 years') w where w.step = 'suspense') x
    group by 1 having sum(x.amount) <> 0
    union
    select a.currency from announced_payouts a where a.credits > 0 and not a.booked
  ), told as (
    select n.currency, sum(n.closing) as said, max(n.covers_to) as until from newest n
    where not exists (select from breaks b where b.kind = 'file' and b.status = 'open' and b.detail ? 'bank' and b.currency = n.currency)
      and not exists (select from bank_statements x join reconciliations r on r.id = x.reconciliation_id
        where x.currency = n.currency and r.status in ('imported', 'matched'))
      and n.currency not in (select h.currency from half_booked h)
    group by 1
  ), own as (
    select a.currency, sum(a.amount) as amount from awaited_at_bank() a group by 1
  ), ours as (
    select b.currency, sum(b.posted_debits - b.posted_credits) as amount from account_balances b where b.account = '1010' group by 1
  )
  select t.currency, t.said, coalesce(o.amount, 0), coalesce(w.amount, 0),
    'the bank, until ' || to_char(t.until at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
  from told t left join ours o using (currency) left join own w using (currency)
$$;

-- Ten days are more than a bank takes. One finding a currency; and statements that nobody goes on with.
alter table detections drop constraint detections_kind, add constraint detections_kind check (
  kind in ('unknown', 'unanswered', 'pending', 'overdue', 'payout', 'events', 'report', 'bank', 'close'));
create function find_silent_bank() returns table (kind text, subject text, provider text, payment_id text, merchant_id text,
  since timestamptz, detail jsonb) language sql stable set search_path = public, pg_temp as $$
  select 'bank', 'awaited/' || a.currency, null, null, null, min(a.since),
    jsonb_build_object('currency', a.currency, 'entries', count(*), 'amount', sum(a.amount)::text, 'first', (array_agg(a.key order by a.since))[1])
  from awaited_at_bank() a where a.since < tender_now() - interval '10 days' group by a.currency
  union all
  -- What a statement covers and does not list has a break.
  select 'bank', 'in_transit/' || a.currency, null, null, null, min(a.announced_at),
    jsonb_build_object('currency', a.currency, 'payouts', count(*), 'amount', sum(a.amount)::text)
  from announced_payouts a where a.credits = 0 and a.announced_at < tender_now() - interval '10 days'
    and not exists (select from breaks b where b.kind = 'bank' and b.subject_id = a.id) group by a.currency
  union all
  select 'bank', r.id, r.provider, null, null, r.received_at, jsonb_build_object('status', r.status)
  from reconciliations r where r.kind = 'bank_statement' and r.status in ('received', 'imported', 'matched')
    and r.received_at < tender_now() - interval '1 day'
$$;
-- As in 0038, and of the bank.
create or replace function record_detections(p_rules jsonb) returns table (change text, kind text, subject text, provider text, payment_id text,
  since timestamptz, detail jsonb) language plpgsql set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtextextended('detections', 0));
  return query
  with found as materialized (select * from find_detections(p_rules) union all select * from find_silent_bank()),
  gone as (
    update detections d set closed_at = tender_now()
    where d.closed_at is null and not exists (select from found f where (f.kind, f.subject) = (d.kind, d.subject)) returning d.*
  ), again as (
    update detections d set detail = f.detail, since = f.since from found f
    where d.closed_at is null and (f.kind, f.subject) = (d.kind, d.subject) and (f.detail, f.since) is distinct from (d.detail, d.since)
  ), fresh as (
    insert into detections (kind, subject, provider, payment_id, merchant_id, since, detail)
    select f.* from found f where not exists (
      select from detections d where d.closed_at is null and (f.kind, f.subject) = (d.kind, d.subject))
    returning *
  )
  select 'opened', n.kind, n.subject, n.provider, n.payment_id, n.since, n.detail from fresh n
  union all
  select 'closed', g.kind, g.subject, g.provider, g.payment_id, g.since, g.detail from gone g;
end $$;

-- As in 0045, and what people set aside of a batch, which is in the operator's books: it ended by itself with the next file, and
-- its money stayed in suspense.
create or replace function break_set_aside(b breaks) returns boolean language sql stable set search_path = public, pg_temp as $$
  select exists (select from journal_entries e where e.merchant_id = o.id and e.key = b.id || '/suspense')
    and not exists (select from journal_entries e where e.merchant_id = o.id
      and e.key in (b.id || '/suspense/identified', b.id || '/written_off', b.id || '/reversed'))
  from (select case b.kind when 'batch' then 'mer_operator' else b.merchant_id end as id) o
$$;

do $$
declare f text;
begin
  foreach f in array array['seen_at_bank(text)', 'awaited_at_bank()', 'find_silent_bank()'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tender_worker', f);
  end loop;
end $$;
