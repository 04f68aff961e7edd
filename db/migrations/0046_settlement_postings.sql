-- What a settlement file does to the books. It is computed whole from its lines, their matches and the breaks among them, and held
-- against what was posted for it: only the difference is posted. So a file that was posted twice is posted once, and one whose
-- breaks ended later gives back what was set aside.

-- The books of whoever runs the service: what providers do that concerns no merchant.
insert into merchants (id, name, fund_model) values ('mer_operator', 'The operator', 'own') on conflict do nothing;

-- One row per entry's pair of accounts: which lines it is of follows from `scope`.
create table settlement_postings (
  reconciliation_id text not null references reconciliations,
  -- A batch (the file itself, of what is in none), of conversions with both currencies; or the number of one line.
  scope text not null,
  what text not null constraint settlement_postings_what check (what in ('fees', 'dispute_fees', 'announced', 'reserve', 'converted',
    'realized', 'suspense', 'difference')),
  merchant_id text not null references merchants,
  provider text not null,
  currency text not null,
  debit text not null references accounts,
  credit text not null references accounts,
  -- Minor units; below zero: the other way round.
  amount bigint not null constraint settlement_postings_amount check (amount <> 0),
  -- From 1: what is looked at again moves only what has changed.
  round int not null,
  entry_key text not null,
  constraint settlement_postings_pkey primary key (reconciliation_id, scope, what, merchant_id, currency, debit, credit, round)
);
create trigger settlement_postings_append_only before update or delete on settlement_postings
  for each row execute function refuse_rewrite();
create trigger settlement_postings_no_truncate before truncate on settlement_postings
  for each statement execute function refuse_rewrite();
alter table settlement_postings enable row level security;
alter table settlement_postings force row level security;
create policy owner_all on settlement_postings to tender_owner using (true) with check (true);
create policy worker_all on settlement_postings to tender_worker using (true) with check (true);
grant select, insert on settlement_postings to tender_worker;

-- What of its breaks the books of a file went by: the sum of their versions. Any other sum, and it is looked at again.
alter table reconciliations add column posted_breaks bigint;
grant update (posted_breaks) on reconciliations to tender_worker;
create function break_versions(p_id text) returns bigint language sql stable set search_path = public, pg_temp as $$
  select coalesce(sum(b.version), 0)::bigint from breaks b where b.reconciliation_id = p_id
$$;

-- Lines with whose they are: of the movement they are, else of what a break found, else the operator's.
create function owned_lines(p_id text) returns table (line int, kind text, owner text, subject_id text, gross bigint, fee bigint,
  net bigint, currency text, charged bigint, charged_currency text, batch text, occurred_at timestamptz)
language sql stable set search_path = public, pg_temp set enable_hashjoin = on as $$
  select l.line, l.kind, coalesce(m.merchant_id, b.merchant_id, 'mer_operator'), m.subject_id, l.gross, l.fee, l.net, l.currency,
    case when (l.charged, l.charged_currency) is distinct from (l.gross, l.currency) then l.charged end, l.charged_currency, l.batch,
    l.occurred_at
  from settlement_lines l
  left join (select distinct on (x.line) x.line, x.merchant_id, x.subject_id from settlement_matches x where x.reconciliation_id = p_id
    order by x.line, x.subject_id) m on m.line = l.line
  left join (select distinct on (x.line) x.line, x.merchant_id from breaks x
    where x.reconciliation_id = p_id and x.line is not null and x.merchant_id is not null order by x.line, x.id desc) b on b.line = l.line
  where l.reconciliation_id = p_id
$$;

-- Of a dispute its record booked what the provider told of its fee then; above zero: kept. Once: with the first line of it, and not
-- with what is taken a second time or in parts.
create function dispute_fee_booked(p_id text, p_line int, p_dispute text, p_kind text) returns numeric language sql stable
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  select coalesce(sum(case p.side when 'debit' then p.amount else -p.amount::numeric end), 0)
  from disputes d join journal_entries e on e.merchant_id = d.merchant_id
    and e.key = d.id || case p_kind when 'dispute' then '/opened' else '/won' end
  join postings p on p.entry_id = e.id
  where d.id = p_dispute and p.account = '5200' and (p_id, p_line) = (
    select m.reconciliation_id, m.line from settlement_matches m
    join settlement_lines l on (l.reconciliation_id, l.line) = (m.reconciliation_id, m.line)
    where m.subject_id = d.id and l.kind = p_kind order by m.matched_at, m.reconciliation_id, m.line limit 1)
$$;

-- What people took out of the books for good, and of which a line tells after all: it is in the way of what that line says, so it is
-- a break of its own, and stands in suspense, until they have taken it back.
create index breaks_given_up on breaks (provider) where resolution ->> 'action' in ('write_off', 'amend');
create function find_given_up(p_id text) returns void language sql set search_path = public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off as $$
  insert into breaks (kind, provider, reconciliation_id, line, merchant_id, payment_id, subject_id, amount, currency, detail)
  select 'duplicate_external', g.provider, p_id, g.line, g.merchant_id, g.payment_id, g.subject_id, sum(g.amount), g.currency,
    jsonb_build_object('expected', 'nothing more: people ended it', 'found', jsonb_build_object('reconciliation_id', p_id, 'line', g.line),
      'given_up', jsonb_agg(g.id order by g.id), 'step', 'suspense')
  from (
    select distinct on (b.id) b.id, b.provider, m.line, m.merchant_id, m.payment_id, m.subject_id, b.currency,
      case b.kind when 'amount' then -b.amount else b.amount end as amount
    from reconciliations r join breaks b on b.provider = r.provider and b.resolution ->> 'action' in ('write_off', 'amend')
    join settlement_matches m on m.subject_id = b.subject_id and m.reconciliation_id = r.id and m.matched_at > b.resolved_at
    where r.id = p_id and b.kind in ('missing_external', 'duplicate_internal', 'amount')
      and not exists (select from breaks x where x.payment_id = b.payment_id and x.detail -> 'given_up' ? b.id)
    order by b.id, m.line) g
  group by g.provider, g.line, g.merchant_id, g.payment_id, g.subject_id, g.currency
  on conflict do nothing
$$;

-- All that this file is in the books, by the rules of domain/posting-rules (a test holds the two together). Amounts above zero debit
-- `debit`; never plugged: what no movement of ours explains stands in suspense, line by line.
create function settlement_books(p_id text) returns table (scope text, what text, merchant_id text, currency text, debit text,
  credit text, amount numeric, at timestamptz)
language sql stable set search_path = public, pg_temp set enable_hashjoin = on as $$
  with l as materialized (select o.*, coalesce(o.batch, p_id) as part from owned_lines(p_id) o),
  of_dispute as materialized (
    select l.*, l.fee - dispute_fee_booked(p_id, l.line, l.subject_id, l.kind) as more from l
    where l.kind in ('dispute', 'dispute_reversal') and l.subject_id is not null),
  paid as (select l.batch, l.currency, sum(l.gross) as amount, max(l.occurred_at) as at from l
    where l.kind in ('payout', 'collection') group by 1, 2),
  share as (
    select l.batch, l.currency, l.owner, sum(l.net) as net from l join paid p on p.batch = l.batch and p.currency = l.currency
    where l.kind not in ('payout', 'collection') group by 1, 2, 3),
  announced as (
    select batch, currency, owner, net from share union all
    -- What the lines do not add up to is nobody's: the operator's books show it, and a break names it.
    select p.batch, p.currency, 'mer_operator', p.amount - coalesce((select sum(s.net) from share s
      where s.batch = p.batch and s.currency = p.currency), 0) from paid p),
  moved as (
    select l.*, l.part || '/' || l.charged_currency || '/' || l.currency as scope from l where l.kind in ('capture', 'capture_reversal',
      'refund', 'refund_reversal', 'dispute', 'dispute_reversal', 'adjustment', 'unknown')),
  -- In the currency that its break speaks of.
  alone as (
    select m.line, m.owner, coalesce(nullif(m.charged, 0), m.gross) as amount,
      case when m.charged <> 0 then m.charged_currency else m.currency end as currency, m.occurred_at
    from moved m where m.subject_id is null union all
    select b.line, coalesce(b.merchant_id, 'mer_operator'), b.amount, b.currency, l.occurred_at from breaks b join l on l.line = b.line
    where b.reconciliation_id = p_id and b.detail ? 'given_up')
  -- A payout is seen from the bank: what it cost leaves the provider too.
  select l.part, 'fees', l.owner, l.currency, '5100', '1100', sum(case
      when l.kind = 'fee' then l.fee - l.gross when l.kind in ('payout', 'collection') then -l.fee else l.fee end), max(l.occurred_at)
    from l where l.kind not in ('dispute', 'dispute_reversal') or l.subject_id is null group by 1, 3, 4
  union all select d.part, 'dispute_fees', d.owner, d.currency, '5200', '1100', sum(d.more), max(d.occurred_at) from of_dispute d group by 1, 3, 4
  union all select coalesce(a.batch, p_id), 'announced', a.owner, a.currency, '1200', '1100', sum(a.net),
    (select max(p.at) from paid p where p.batch is not distinct from a.batch and p.currency = a.currency)
    from announced a group by a.batch, a.owner, a.currency
  union all select l.part, 'reserve', l.owner, l.currency, '1150', '1100', -sum(l.gross), max(l.occurred_at)
    from l where l.kind in ('reserve_hold', 'reserve_release') group by 1, 3, 4
  union all select c.scope, v.what, c.owner, v.currency, v.debit, v.credit, sum(v.amount), max(c.occurred_at)
    from moved c cross join lateral (values ('converted', c.charged_currency, '1190', '1100', c.charged),
      ('converted', c.currency, '1100', '1190', c.gross), ('realized', c.charged_currency, '7100', '1190', c.charged),
      ('realized', c.currency, '1190', '7100', c.gross)) v (what, currency, debit, credit, amount)
    where c.charged is not null group by 1, 2, 3, 4, 5, 6
  -- The balance itself was exchanged: each side of it is a line.
  union all select l.part || '/exchanged', v.what, l.owner, l.currency, v.debit, v.credit, sum(l.gross), max(l.occurred_at)
    from l cross join lateral (values ('converted', '1100', '1190'), ('realized', '1190', '7100')) v (what, debit, credit)
    where l.kind = 'fx' group by 1, 2, 3, 4, 5, 6
  union all select a.line::text, 'suspense', a.owner, a.currency, v.debit, v.credit, sum(abs(a.amount::numeric)), max(a.occurred_at)
    from alone a cross join lateral (values ('1100', '2900', a.amount > 0), ('1900', '1100', a.amount < 0)) v (debit, credit, applies)
    where v.applies group by 1, 3, 4, 5, 6
  -- What people ended they took out of suspense by an entry of their own, and a forced match explains it.
  union all select b.line::text, 'difference', coalesce(b.merchant_id, 'mer_operator'), b.currency, v.debit, v.credit,
      sum(abs(b.amount::numeric)), max(l.occurred_at)
    from breaks b join l on l.line = b.line
    cross join lateral (values ('1100', '2900', b.amount > 0), ('1900', '1100', b.amount < 0)) v (debit, credit, applies)
    where b.reconciliation_id = p_id and b.kind = 'amount' and v.applies
      and (b.status = 'open' or b.resolution ->> 'by' <> 'tender' and b.resolution ->> 'action' <> 'force_match')
    group by 1, 3, 4, 5, 6
$$;

-- Posts what has changed since it was posted last, in one transaction: all of it, or nothing. Answers how many entries.
create function post_settlement(p_id text) returns int language plpgsql set search_path = public, pg_temp as $$
declare r reconciliations; entries jsonb; n int;
begin
  select * into strict r from reconciliations where id = p_id and kind = 'settlement';
  perform hold_settlement(r.provider);
  select * into strict r from reconciliations where id = p_id for no key update;
  if r.status not in ('matched', 'posted', 'completed') then return 0; end if;
  perform find_given_up(p_id);
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
    posted_breaks = break_versions(p_id) where id = p_id;
  return n;
end $$;

-- By the catalogue of domain/posting-rules; what is taken back is the same event the other way round.
create function settlement_event(p_what text, p_debit text, p_amount numeric) returns text language sql immutable as $$
  select case p_what when 'fees' then 'provider_fee' when 'dispute_fees' then 'provider_fee'
    when 'announced' then 'provider_payout_announced' when 'converted' then 'currency_converted' when 'realized' then 'currency_realized'
    when 'reserve' then case when p_amount > 0 then 'provider_reserve_held' else 'provider_reserve_released' end
    else case p_debit when '1900' then 'unidentified_outgoing' else 'unidentified_receipt' end end
$$;
create function settlement_posting(p_account text, p_provider text, p_side text, p_amount numeric, p_currency text) returns jsonb
language sql immutable as $$
  select jsonb_build_object('account', p_account, 'provider', case when p_account in ('1190', '7100') then '' else p_provider end,
    'side', p_side, 'amount', p_amount::text, 'currency', p_currency)
$$;
do $$
declare f text;
begin
  foreach f in array array['owned_lines(text)', 'dispute_fee_booked(text, int, text, text)', 'find_given_up(text)',
    'break_versions(text)', 'settlement_books(text)', 'post_settlement(text)',
    'settlement_event(text, text, numeric)', 'settlement_posting(text, text, text, numeric, text)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tender_worker', f);
  end loop;
end $$;
