-- The bank's balance is proved against 1010 less what the bank has not told of yet: a payout that is confirmed before its statement
-- comes is no difference, and stops nobody's payments. And what one statement tells of is booked with that statement, of its last
-- moment: a settlement file that is posted meanwhile, or another statement, leaves it alone.

-- A statement that is not posted, and is not this one, has a line of the payout.
create function told_elsewhere(p_payout text, p_id text) returns boolean language sql stable set search_path = public, pg_temp as $$
  select exists (select from settlement_matches m join reconciliations r on r.id = m.reconciliation_id
    where m.subject_id = p_payout and r.kind = 'bank_statement' and r.status in ('imported', 'matched') and r.id is distinct from p_id)
$$;

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
  ), target as (
    select s.unit, p.merchant_id, '1200' as account, s.provider, s.currency, sum(p.amount) as amount
    from seen s join settlement_postings p
      on (p.reconciliation_id, p.scope, p.what, p.currency) = (s.reconciliation_id, s.scope, 'announced', s.currency)
    where s.is_whole group by 1, 2, 4, 5
    union all
    select s.unit, 'mer_operator', '1200', s.provider, s.currency, s.came from seen s where not s.is_whole and s.came is not null
    union all
    select o.id, o.merchant_id, '1100', a.provider, o.currency, o.amount
    from settlement_matches m join operations o on o.id = m.subject_id and o.kind = 'receipt' join attempts a on a.id = o.attempt_id
    where m.reconciliation_id = p_id
    union all
    select b.unit, b.merchant_id, b.account, b.provider, b.currency, -b.amount from bank_postings b
    where b.unit in (select s.unit from seen s union all select m.subject_id from settlement_matches m where m.reconciliation_id = p_id)
  )
  select t.unit, t.merchant_id, t.account, t.provider, t.currency, sum(t.amount) from target t group by 1, 2, 3, 4, 5 having sum(t.amount) <> 0
$$;

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
  select case when s.before_to < s.covers_from then 'file' else 'bank' end, s.provider, s.reconciliation_id, null,
    concat_ws('/', s.account, s.currency, to_char(s.covers_from at time zone 'UTC', 'YYYY-MM-DD')),
    s.opening - coalesce(s.before, 0) - e.ended, s.currency,
    case when s.before_to < s.covers_from then 'wait' else 'suspense' end,
    jsonb_build_object('expected', coalesce(s.before::text, '0'), 'found', s.opening::text, 'closed_at', s.before_to, 'opened_at', s.covers_from)
  from (select b.*, lag(b.closing) over w as before, lag(b.covers_to) over w as before_to from bank_statements b
    window w as (partition by b.account, b.currency order by b.covers_from)) s
  cross join lateral (select coalesce(sum(b.amount), 0)::bigint as ended from breaks b where b.reconciliation_id = s.reconciliation_id
    and b.kind = 'bank' and b.line is null and b.status = 'resolved' and b.resolution ->> 'by' <> 'tender'
    and b.subject_id = concat_ws('/', s.account, s.currency, to_char(s.covers_from at time zone 'UTC', 'YYYY-MM-DD'))) e
  where s.opening - coalesce(s.before, 0) <> e.ended or s.before_to < s.covers_from
$$;

create or replace function post_bank(p_id text, p_late interval, out opened int, out is_done boolean) language plpgsql
set search_path = public, pg_temp as $$
declare r reconciliations; at timestamptz := tender_now(); entries jsonb[];
begin
  perform hold_bank();
  select * into r from reconciliations where id = p_id and kind = 'bank_statement' for no key update;
  if r.status in ('imported', 'matched') then at := least(at, r.covers_to - interval '1 millisecond'); end if;
  with moved as (
    select b.*, concat_ws('/', 'bank', coalesce(p_id, 'later'), b.provider, b.currency, case b.account when '1100' then 'received' end) as key
    from bank_books(p_id) b
  ), numbered as materialized (
    select k.key, 1 + coalesce((select max(x.round) from bank_postings x where x.key = k.key), 0) as round
    from (select distinct m.key from moved m) k
  ), fresh as (
    insert into bank_postings (reconciliation_id, unit, merchant_id, account, provider, currency, amount, key, round)
    select p_id, m.unit, m.merchant_id, m.account, m.provider, m.currency, m.amount, m.key, n.round
    from moved m join numbered n using (key) returning merchant_id, account, provider, currency, amount,
      key || case when round > 1 then '/again/' || round else '' end as entry_key
  ), summed as (
    select f.merchant_id, f.entry_key, f.account, f.provider, f.currency, sum(f.amount) filter (where f.amount > 0) as came,
      -sum(f.amount) filter (where f.amount < 0) as went from fresh f group by 1, 2, 3, 4, 5
  )
  select array_agg(jsonb_build_object('merchant_id', s.merchant_id, 'key', s.entry_key, 'event', 'bank_credit', 'state', 'posted',
    'effective_at', at, 'postings', (
      select jsonb_agg(jsonb_build_object('account', p.account, 'provider', p.provider, 'side', p.side, 'amount', p.amount::text,
        'currency', s.currency)) from (values ('1010', '', 'debit', s.came), (s.account, s.provider, 'credit', s.came),
          (s.account, s.provider, 'debit', s.went), ('1010', '', 'credit', s.went)) p (account, provider, side, amount)
      where p.amount > 0)) order by s.merchant_id, s.entry_key) into entries from summed s;
  perform post_in_pages(entries);
  update announced_payouts a set booked = true where a.credits > 0 and not a.booked and not told_elsewhere(a.id, p_id);
  select x.opened, x.is_done into opened, is_done from renew_bank_breaks(p_id, p_late, at) x;
  if is_done and r.status in ('imported', 'matched') then
    update reconciliations set status = 'posted', matched_at = coalesce(matched_at, tender_now()), posted_at = tender_now() where id = p_id;
  end if;
end $$;

drop function store_bank_balances(text);

-- Per currency what the bank says is there (over all accounts, each as of its newest statement), what 1010 says, and how much of that
-- is ours that no statement shows yet: paid or sent back at the bank, as it told us otherwise. Not while days are missing between
-- statements, nor while one is half booked.
create function bank_says() returns table (currency text, said numeric, booked numeric, awaited numeric, source text) language sql stable
set search_path = public, pg_temp as $$
  with newest as (
    select distinct on (b.account, b.currency) b.currency, b.closing, b.covers_to, b.reconciliation_id
    from bank_statements b join reconciliations r on r.id = b.reconciliation_id where r.status in ('posted', 'completed')
    order by b.account, b.currency, b.covers_from desc
  ), told as (
    select n.currency, sum(n.closing) as said, max(n.covers_to) as until from newest n
    where not exists (select from breaks b where b.kind = 'file' and b.status = 'open' and b.detail ? 'bank' and b.currency = n.currency)
      and not exists (select from bank_statements x join reconciliations r on r.id = x.reconciliation_id
        where x.currency = n.currency and r.status in ('imported', 'matched'))
    group by 1
  ), own as (
    select p.currency, sum(case p.side when 'debit' then p.amount else -p.amount::numeric end) as amount
    from journal_entries e join postings p on p.entry_id = e.id and p.account = '1010'
    where e.state = 'posted' and e.event in ('merchant_payout_confirmed', 'merchant_payout_returned', 'merchant_payout_paid_late',
        'late_success_returned', 'transfer_returned', 'owed_refund_paid')
      and not exists (select from settlement_matches m where m.subject_id in (e.key, split_part(e.key, '/', 1)))
    group by 1
  ), ours as (
    select b.currency, sum(b.posted_debits - b.posted_credits) as amount from account_balances b where b.account = '1010' group by 1
  )
  select t.currency, t.said, coalesce(o.amount, 0), coalesce(w.amount, 0),
    'the bank, until ' || to_char(t.until at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
  from told t left join ours o using (currency) left join own w using (currency)
$$;

do $$
declare f text;
begin
  foreach f in array array['told_elsewhere(text, text)', 'bank_says()'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tender_worker', f);
  end loop;
end $$;
