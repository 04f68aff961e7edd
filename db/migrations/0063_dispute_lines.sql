-- Lines of disputes in settlement files: the fee of each round is booked once, and what is known later about a dispute is posted later.

-- What a dispute's record booked of the fee of the round that this line is of; above zero: kept. A round begins with the line that takes
-- the money while none of it is out, or with one of a fee alone (what was lost is contested once more); its first line of a kind has
-- the fee, so neither parts of a movement nor a second line of it take it once more.
create or replace function dispute_fee_booked(p_id text, p_line int, p_dispute text, p_kind text) returns numeric language sql stable
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  with told as materialized (
    select m.reconciliation_id, m.line, l.kind, l.gross, l.occurred_at, coalesce(sum(coalesce(l.charged, l.gross)) over before_it, 0) as out
    from settlement_matches m join settlement_lines l on (l.reconciliation_id, l.line) = (m.reconciliation_id, m.line)
    where m.subject_id = p_dispute and l.kind in ('dispute', 'dispute_reversal')
    window before_it as (order by l.occurred_at, m.reconciliation_id, m.line rows between unbounded preceding and 1 preceding)
  ), of_round as (
    select t.*, greatest(1, count(*) filter (where t.kind = 'dispute' and (t.out = 0 or t.gross = 0)) over (
      order by t.occurred_at, t.reconciliation_id, t.line)) as round from told t
  ), first as (
    select distinct on (r.round, r.kind) r.* from of_round r order by r.round, r.kind, r.occurred_at, r.reconciliation_id, r.line
  )
  select coalesce(sum(case p.side when 'debit' then p.amount else -p.amount::numeric end), 0)
  from first f join disputes d on d.id = p_dispute
  join journal_entries e on e.merchant_id = d.merchant_id
    and e.key = d.id || case f.round when 1 then '' else '/' || f.round end || case p_kind when 'dispute' then '/opened' else '/won' end
  join postings p on p.entry_id = e.id
  where (f.reconciliation_id, f.line, f.kind) = (p_id, p_line, p_kind) and p.account = '5200'
$$;

-- As in 0046, and what is known of the disputes that its lines are: entries of them and lines of them in whatever file. It only grows, so
-- any other sum says that something came.
create index settlement_lines_of_disputes on settlement_lines (reconciliation_id, line) where kind in ('dispute', 'dispute_reversal');
create or replace function break_versions(p_id text) returns bigint language sql stable set search_path = public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off as $$
  select (select coalesce(sum(b.version), 0) from breaks b where b.reconciliation_id = p_id)::bigint + (
    select count(*) from (
      select distinct m.subject_id from settlement_lines l
        join settlement_matches m on (m.reconciliation_id, m.line) = (l.reconciliation_id, l.line)
      where l.reconciliation_id = p_id and l.kind in ('dispute', 'dispute_reversal')) s
    join disputes d on d.id = s.subject_id
    cross join lateral (
      select from settlement_matches x where x.subject_id = d.id
      union all
      select from generate_series(1, d.round) r cross join (values ('/opened'), ('/won')) v (what)
        join journal_entries e on e.merchant_id = d.merchant_id
          and e.key = d.id || case r when 1 then '' else '/' || r end || v.what) known)
$$;

-- As in 0046, but for what it goes by: read before anything is computed, so that what comes meanwhile is looked at the next time.
-- Posts what has changed since it was posted last, in one transaction: all of it, or nothing. Answers how many entries.
create or replace function post_settlement(p_id text) returns int language plpgsql set search_path = public, pg_temp as $$
declare r reconciliations; entries jsonb; n int; gone_by bigint;
begin
  select * into strict r from reconciliations where id = p_id and kind = 'settlement';
  perform hold_settlement(r.provider);
  select * into strict r from reconciliations where id = p_id for no key update;
  if r.status not in ('matched', 'posted', 'completed') then return 0; end if;
  perform find_given_up(p_id);
  gone_by := break_versions(p_id);
  with was as (
    select s.scope, s.what, s.merchant_id, s.currency, s.debit, s.credit, sum(s.amount) as amount from settlement_postings s
    where s.reconciliation_id = p_id group by 1, 2, 3, 4, 5, 6
  ), changed as (
    select coalesce(b.scope, w.scope) as scope, coalesce(b.what, w.what) as what, coalesce(b.merchant_id, w.merchant_id) as merchant_id,
      coalesce(b.currency, w.currency) as currency, coalesce(b.debit, w.debit) as debit, coalesce(b.credit, w.credit) as credit,
      coalesce(b.amount, 0) - coalesce(w.amount, 0) as amount, b.at
    from settlement_books(p_id) b full join was w
      on (w.scope, w.what, w.merchant_id, w.currency, w.debit, w.credit) = (b.scope, b.what, b.merchant_id, b.currency, b.debit, b.credit)
    where coalesce(b.amount, 0) <> coalesce(w.amount, 0)
  ), numbered as (
    select c.*, 1 + coalesce((select max(s.round) from settlement_postings s
      where (s.reconciliation_id, s.scope, s.what, s.merchant_id) = (p_id, c.scope, c.what, c.merchant_id)), 0) as round from changed c
  ), fresh as (
    insert into settlement_postings (reconciliation_id, scope, what, merchant_id, provider, currency, debit, credit, amount, round, entry_key)
    select p_id, x.scope, x.what, x.merchant_id, r.provider, x.currency, x.debit, x.credit, x.amount, x.round,
      concat_ws('/', case when x.what in ('suspense', 'difference') then p_id else r.provider end, x.scope,
        case when x.what not in ('converted', 'realized', 'suspense', 'difference') then x.currency end, x.what,
        case when x.round > 1 then 'again/' || x.round end)
    from numbered x returning scope, what, merchant_id, currency, debit, credit, amount, entry_key
  )
  select jsonb_agg(e order by e ->> 'merchant_id', e ->> 'key'), count(*) into entries, n from (
    select jsonb_strip_nulls(jsonb_build_object('merchant_id', f.merchant_id, 'key', f.entry_key, 'event', settlement_event(f.what, min(f.debit), sum(f.amount)),
      'state', 'posted', 'effective_at', coalesce((select max(c.at) from changed c where (c.scope, c.what, c.merchant_id)
        = (f.scope, f.what, f.merchant_id)), tender_now()), 'postings', jsonb_agg(s.posting order by f.currency, s.posting ->> 'account', s.posting ->> 'side')))
    from fresh f cross join lateral (values
      (settlement_posting(case when f.amount > 0 then f.debit else f.credit end, r.provider, 'debit', abs(f.amount), f.currency)),
      (settlement_posting(case when f.amount > 0 then f.credit else f.debit end, r.provider, 'credit', abs(f.amount), f.currency))) s (posting)
    group by f.scope, f.what, f.merchant_id, f.entry_key) g (e);
  for page in 0 .. (n - 1) / 1000 loop
    perform post_facts((select jsonb_agg(v.value order by v.ordinality) from jsonb_array_elements(entries) with ordinality v
      where v.ordinality > page * 1000 and v.ordinality <= (page + 1) * 1000)) where n > 0;
  end loop;
  update reconciliations set status = case status when 'matched' then 'posted' else status end, posted_at = tender_now(),
    posted_breaks = gone_by where id = p_id;
  return n;
end $$;

-- Settled is an end: what is found captured after it is excess, and goes back (0027), which the payment's status does not say.
delete from status_transitions where (object, from_status, to_status) = ('payment', 'settled', 'captured');
