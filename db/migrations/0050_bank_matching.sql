-- What a bank says of our account, held against the payouts that providers announced. Payouts leave the providers' receivable
-- (1100) for what is in transit (1200) with the file that tells of them; here they arrive (1010). What nobody can place stands in
-- suspense, keyed by its break, in the operator's books; and after each statement 1010 is what the bank says.

-- Writes down what is fresh of [{ reconciliation_id, line, subject_id, payment_id, merchant_id, tier, amount }].
create function record_bank_matches(p_matches jsonb) returns int language sql set search_path = public, pg_temp
set enable_hashjoin = on as $$
  with said as (
    select m.*, (v ->> 'amount')::bigint as amount
    from jsonb_array_elements(p_matches) v cross join lateral jsonb_populate_record(null::settlement_matches, v) m
  ), fresh as (
    insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier)
    select s.reconciliation_id, s.line, s.subject_id, s.payment_id, s.merchant_id, s.tier from said s
    on conflict do nothing returning reconciliation_id, line, subject_id
  ), credited as (
    update announced_payouts a set credits = a.credits + x.n, seen = a.seen + x.amount
    from (select f.subject_id, count(*) as n, sum(s.amount) as amount from fresh f join said s using (reconciliation_id, line, subject_id)
      group by 1) x where a.id = x.subject_id)
  select count(*)::int from fresh
$$;

-- Of the lines [p_from, p_to) what is plainly one thing: a payout that the line names, to the cent; a transfer that was told of
-- under the bank's own id; and what is in the books already. A test holds it against `domain/matching/bank.ts`.
create function match_bank_lines(p_id text, p_from int, p_to int) returns int language plpgsql
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
    where not exists (select from settlement_matches m where m.subject_id = b.subject_id)
  ), alone as (
    select c.*, count(*) over (partition by c.line) as of_line, count(*) over (partition by c.subject_id) as of_subject from c)
  select jsonb_agg(jsonb_build_object('reconciliation_id', p_id, 'line', a.line, 'subject_id', a.subject_id, 'payment_id', a.payment_id,
    'merchant_id', a.merchant_id, 'tier', case a.rank when 3 then 2 else 1 end, 'amount', a.net))
  into found from alone a where a.of_line = 1 and (a.rank = 1 or a.of_subject = 1);
  return record_bank_matches(coalesce(found, '[]'));
end $$;

-- Lines that nothing explains: of a statement (null: of none), and of all statements those that a break is open about.
create function bank_lines_to_match(p_id text) returns setof jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', l.reconciliation_id || '/' || l.line, 'reference', l.reference, 'counterparty', l.counterparty,
    'amount', l.net::text, 'currency', l.currency, 'booked_at', floor(extract(epoch from l.occurred_at) * 1000))
  from (
    select p_id as reconciliation_id, s.line from settlement_lines s where s.reconciliation_id = p_id
    union
    select b.reconciliation_id, b.line from breaks b join reconciliations r on r.id = b.reconciliation_id
    where b.status = 'open' and b.detail ? 'bank' and b.line is not null and r.kind = 'bank_statement') x
  join settlement_lines l using (reconciliation_id, line)
  where l.kind in ('bank_credit', 'bank_debit') and l.net <> 0
    and not exists (select from settlement_matches m where m.reconciliation_id = l.reconciliation_id and m.line = l.line)
    and not exists (select from breaks b where b.reconciliation_id = l.reconciliation_id and b.line = l.line and b.status = 'resolved'
      and b.resolution ->> 'by' <> 'tender')
  order by l.occurred_at, l.reconciliation_id, l.line
$$;

-- What no line was matched to yet, and whatever has one of these names.
create function payouts_to_match(p_names text[]) returns setof jsonb language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('id', a.id, 'provider', a.provider, 'amount', a.amount::text, 'currency', a.currency, 'credits', a.credits,
    'announced_at', floor(extract(epoch from a.announced_at) * 1000),
    'names', (select coalesce(jsonb_agg(n.name), '[]') from payout_names n where n.payout_id = a.id))
  from announced_payouts a
  where a.id in (select o.id from announced_payouts o where o.credits = 0
    union select n.payout_id from payout_names n where n.name = any(p_names))
  order by a.announced_at, a.id
$$;

-- What each batch and receipt that a bank told of should have moved, less what it did move: of a batch its merchants' shares as the
-- file's posting has them, once all of its payouts are here; until then what came is the operator's.
create function bank_books(p_id text) returns table (unit text, merchant_id text, account text, provider text, currency text,
  amount numeric)
language sql stable set search_path = public, pg_temp as $$
  with units as materialized (
    select a.reconciliation_id, a.scope, a.currency, a.provider from announced_payouts a where a.credits > 0 and not a.booked
    union
    -- Whose shares have changed since.
    select s.reconciliation_id, s.scope, s.currency, s.provider from settlement_postings s where s.what = 'announced' and s.round > 1
  ), seen as materialized (
    select u.*, concat_ws('/', u.reconciliation_id, u.scope, u.currency) as unit, bool_and(a.credits > 0) as is_whole,
      sum(a.amount) filter (where a.credits > 0) as came
    from units u join announced_payouts a using (reconciliation_id, scope, currency, provider) group by 1, 2, 3, 4
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

create type bank_break as (kind text, provider text, reconciliation_id text, line int, subject_id text, amount bigint, currency text,
  step text, detail jsonb);
-- What is wrong at the bank, as of now; `step` suspense: it stands there. Of a statement (null: of none) lines that nobody knows,
-- and of all of them payouts that came otherwise, or did not come, and balances that do not go on from those before.
create function bank_breaks(p_id text, p_late interval) returns setof bank_break language sql stable
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
  where a.credits > 0 and (a.seen <> a.amount or e.ended <> 0) and a.seen - a.amount - e.ended <> 0
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

-- An entry of what a break says is on our account: put into suspense, or out of it again.
create function bank_suspense_entry(b breaks, p_out boolean, p_at timestamptz) returns jsonb language sql immutable
set search_path = public, pg_temp as $$
  select jsonb_build_object('merchant_id', 'mer_operator', 'key', b.id || '/suspense' || case when p_out then '/identified' else '' end,
    'event', case when b.amount > 0 then case when p_out then 'receipt_identified' else 'unidentified_receipt' end
      when p_out then 'outgoing_identified' else 'unidentified_outgoing' end,
    'state', 'posted', 'effective_at', p_at, 'postings', jsonb_build_array(
      jsonb_build_object('account', x.debit, 'provider', case x.debit when '1010' then '' else b.provider end, 'side', 'debit',
        'amount', abs(b.amount)::text, 'currency', b.currency),
      jsonb_build_object('account', x.credit, 'provider', case x.credit when '1010' then '' else b.provider end, 'side', 'credit',
        'amount', abs(b.amount)::text, 'currency', b.currency)))
  from (select case when (b.amount > 0) <> p_out then '1010' when b.amount > 0 then '2900' else '1900' end as debit,
    case when (b.amount > 0) = p_out then '1010' when b.amount > 0 then '2900' else '1900' end as credit) x
$$;
create function post_in_pages(p_entries jsonb[]) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  for page in 0 .. (coalesce(cardinality(p_entries), 0) - 1) / 1000 loop
    perform post_facts(to_jsonb(p_entries[page * 1000 + 1 : (page + 1) * 1000])) where p_entries is not null;
  end loop;
end $$;

-- Money that stands in suspense because of a break is taken out before Tender ends it.
create function guard_bank_break() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if exists (select from journal_entries e where e.merchant_id = 'mer_operator' and e.key = old.id || '/suspense')
    and not exists (select from journal_entries e where e.merchant_id = 'mer_operator' and e.key = old.id || '/suspense/identified')
  then return null; end if;
  return new;
end $$;
create trigger breaks_at_bank before update on breaks for each row
  when (old.detail ? 'bank' and new.status = 'resolved' and new.resolution ->> 'by' = 'tender') execute function guard_bank_break();

-- Ends what is not wrong any more, and opens what is new, each with its entry; not more than a transaction has time for.
create function renew_bank_breaks(p_id text, p_late interval, p_at timestamptz, out opened int, out is_done boolean) language plpgsql
set search_path = public, pg_temp as $$
declare wanted bank_break[]; known breaks[]; fresh breaks[]; at_once int := 2500;
begin
  perform from breaks b where b.status = 'open' and b.detail ? 'bank' order by b.id for no key update;
  -- Sorted together, so that it costs the same whatever a planner thinks of either side.
  select array_agg(x.known) filter (where x.is_known and x.of_wanted = 0), array_agg(x.wanted) filter (where not x.is_known and x.of_known = 0)
  into known, wanted
  from (
    select y.*, count(*) filter (where y.is_known) over w as of_known, count(*) filter (where not y.is_known) over w as of_wanted
    from (
      select true as is_known, row(b.kind, b.provider, b.reconciliation_id, b.line, b.subject_id, b.amount, b.currency, b.detail ->> 'step')::text as key,
        b as known, null::bank_break as wanted from breaks b where b.status = 'open' and b.detail ? 'bank'
      union all
      select false, row(b.kind, b.provider, b.reconciliation_id, b.line, b.subject_id, b.amount, b.currency, b.step)::text, null::breaks, b
      from bank_breaks(p_id, p_late) b) y
    window w as (partition by y.key)) x;
  is_done := greatest(coalesce(cardinality(known), 0), coalesce(cardinality(wanted), 0)) <= at_once;
  known := known[1:at_once]; wanted := wanted[1:at_once];
  perform post_in_pages(array(select bank_suspense_entry(b, true, p_at) from unnest(known) b where b.detail ->> 'step' = 'suspense'));
  perform end_break(b, 'the bank and the books say otherwise by now', '{}') from unnest(known) b;
  with made as (
    insert into breaks (kind, provider, reconciliation_id, line, subject_id, amount, currency, detail)
    select w.kind, w.provider, w.reconciliation_id, w.line, w.subject_id, w.amount, w.currency,
      w.detail || jsonb_build_object('bank', true, 'step', w.step) from unnest(wanted) w on conflict do nothing returning breaks)
  select array_agg(m.breaks) into fresh from made m;
  perform post_in_pages(array(select bank_suspense_entry(b, false, p_at) from unnest(fresh) b where b.detail ->> 'step' = 'suspense'));
  opened := coalesce(cardinality(fresh), 0);
end $$;

-- Books what is matched and names what is not, of one statement or (null) of what waited, in one transaction. First posted, a
-- statement's entries are of its last moment; what comes to light later is of then. `opened`: how many breaks are new. Done it is
-- posted; else there is more to do.
create function post_bank(p_id text, p_late interval, out opened int, out is_done boolean) language plpgsql
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
  update announced_payouts a set booked = true where a.credits > 0 and not a.booked;
  select x.opened, x.is_done into opened, is_done from renew_bank_breaks(p_id, p_late, at) x;
  if is_done and r.status in ('imported', 'matched') then
    update reconciliations set status = 'posted', matched_at = coalesce(matched_at, tender_now()), posted_at = tender_now() where id = p_id;
    perform store_bank_balances(p_id);
  end if;
end $$;

-- What the bank says is there, for the proof of 1010: of a currency whose statements have no hole, over all accounts.
create function store_bank_balances(p_id text) returns void language sql set search_path = public, pg_temp as $$
  insert into external_balances (account, currency, as_of, amount, source)
  select '1010', s.currency, least(max(s.until) - interval '1 millisecond', tender_now()), sum(s.closing), 'bank statement ' || p_id
  from (select distinct on (b.account, b.currency) b.*, max(r.covers_to) over (partition by b.currency) as until from bank_statements b
    join reconciliations r on r.id = b.reconciliation_id
    where r.status in ('posted', 'completed') order by b.account, b.currency, b.covers_from desc) s
  where s.currency in (select x.currency from bank_statements x where x.reconciliation_id = p_id)
    and not exists (select from breaks b where b.kind = 'file' and b.status = 'open' and b.detail ? 'bank' and b.currency = s.currency)
    and not exists (select from bank_statements x join reconciliations r on r.id = x.reconciliation_id
      where x.currency = s.currency and r.status in ('imported', 'matched'))
  group by s.currency
$$;

do $$
declare f text;
begin
  foreach f in array array['hold_bank()', 'booked_at_bank(text[])', 'record_bank_matches(jsonb)', 'match_bank_lines(text, int, int)',
    'bank_lines_to_match(text)', 'payouts_to_match(text[])', 'bank_books(text)', 'bank_breaks(text, interval)',
    'bank_suspense_entry(breaks, boolean, timestamptz)', 'post_in_pages(jsonb[])', 'renew_bank_breaks(text, interval, timestamptz)',
    'post_bank(text, interval)', 'store_bank_balances(text)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tender_worker', f);
  end loop;
end $$;
