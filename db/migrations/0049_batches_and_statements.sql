-- What a provider lists in a batch is what it pays out for it, over all of its files; else a break `batch` says so. Nothing is
-- plugged. The sums of each file are kept, so that a batch told of in several files is added up without reading those again.

create table settlement_batches (
  provider text not null,
  batch text not null,
  currency text not null,
  reconciliation_id text not null references reconciliations,
  lines int not null,
  -- Minor units, of all lines but the payout.
  net bigint not null,
  -- Null: this file tells of no payout.
  paid bigint,
  -- The last one that tells of it.
  payout_line int,
  constraint settlement_batches_pkey primary key (provider, batch, currency, reconciliation_id),
  constraint settlement_batches_paid check ((paid is null) = (payout_line is null))
);
create index settlement_batches_by_reconciliation on settlement_batches (reconciliation_id);
create trigger settlement_batches_append_only before update or delete on settlement_batches
  for each row execute function refuse_rewrite();
create trigger settlement_batches_no_truncate before truncate on settlement_batches
  for each statement execute function refuse_rewrite();

-- Adds up the batches of a file, ends what was said of those that now say otherwise, and answers those that do not agree as
-- `domain/matching/batch.ts` reads them. A batch without a payout waits. The caller holds the settlement of the provider.
create function differing_batches(p_id text) returns setof jsonb language plpgsql set search_path = public, pg_temp as $$
declare of_provider text; judged jsonb; differing jsonb; files text[];
begin
  select provider into strict of_provider from reconciliations where id = p_id and kind = 'settlement';
  insert into settlement_batches (provider, batch, currency, reconciliation_id, lines, net, paid, payout_line)
  select of_provider, l.batch, l.currency, p_id, count(*) filter (where l.kind not in ('payout', 'collection')),
    coalesce(sum(l.net) filter (where l.kind not in ('payout', 'collection')), 0),
    sum(l.gross) filter (where l.kind in ('payout', 'collection')), max(l.line) filter (where l.kind in ('payout', 'collection'))
  from settlement_lines l
  where l.reconciliation_id = p_id and l.batch is not null
    and not exists (select from settlement_batches s where s.reconciliation_id = p_id)
  group by l.batch, l.currency;
  with told as (
    select b.batch, b.currency, sum(b.paid) - sum(b.net) as difference, sum(b.lines) as lines,
      max(b.reconciliation_id) filter (where b.paid is not null) as payout_in
    from settlement_batches own join settlement_batches b using (provider, batch, currency)
    where own.reconciliation_id = p_id group by 1, 2
  ), judged as (
    select t.*, b.payout_line from told t
    join settlement_batches b on (b.provider, b.batch, b.currency, b.reconciliation_id) = (of_provider, t.batch, t.currency, t.payout_in)
  ) select jsonb_agg(j) into judged from judged j;
  perform end_break(x, 'its lines and its payout say otherwise by now', '{}')
  from jsonb_array_elements(judged) j join breaks x on x.provider = of_provider and x.kind = 'batch' and x.status = 'open'
    and x.detail ->> 'batch' = j ->> 'batch' and x.currency = j ->> 'currency'
  where (x.amount::text, x.reconciliation_id, x.line::text) is distinct from (j ->> 'difference', j ->> 'payout_in', j ->> 'payout_line');
  select jsonb_agg(j) into differing from jsonb_array_elements(judged) j where j ->> 'difference' <> '0';
  if differing is null then return; end if;
  -- Where what is missing may stand: in the files that tell of them, and in the newest.
  files := array(select b.reconciliation_id from jsonb_array_elements(differing) j join settlement_batches b
      on (b.provider, b.batch, b.currency) = (of_provider, j ->> 'batch', j ->> 'currency')
    union (select r.id from reconciliations r where r.provider = of_provider and r.kind = 'settlement'
      and r.status in ('imported', 'matched', 'posted', 'completed') order by r.id desc limit 5));
  return query
  with j as materialized (select * from jsonb_to_recordset(differing) x (batch text, currency text, difference bigint, lines int,
    payout_in text, payout_line int)),
  l as materialized (
    select s.reconciliation_id, s.line, s.net, s.currency, s.batch from settlement_lines s
    where s.reconciliation_id = any(files) and s.kind not in ('payout', 'collection')
      and (s.batch in (select j.batch from j) or not exists (select from settlement_batches p
        where (p.provider, p.batch, p.currency) = (of_provider, s.batch, s.currency) and p.paid is not null))),
  loose as materialized (select l.*, count(*) over (partition by l.currency) as of_currency from l
    where l.batch is null or l.batch not in (select j.batch from j)),
  candidates as (
    select x.*, row_number() over (partition by x.batch, x.currency, x.is_own order by x.reconciliation_id, x.line) as place from (
      select j.batch, j.currency, true as is_own, l.reconciliation_id, l.line, l.net
      from j join l on l.currency = j.currency and l.batch = j.batch where j.lines <= 20 or l.net = -j.difference
      union all
      select j.batch, j.currency, false, l.reconciliation_id, l.line, l.net
      from j join loose l on l.currency = j.currency and l.net = j.difference where l.of_currency > 20
      union all
      select j.batch, j.currency, false, l.reconciliation_id, l.line, l.net
      from j join loose l on l.currency = j.currency where l.of_currency <= 20) x
  )
  select jsonb_build_object('batch', j.batch, 'currency', j.currency, 'difference', j.difference::text,
    'reconciliation_id', j.payout_in, 'line', j.payout_line, 'candidates', (
      select coalesce(jsonb_agg(jsonb_build_object('is_own', c.is_own, 'reconciliation_id', c.reconciliation_id, 'line', c.line,
        'net', c.net::text) order by c.reconciliation_id, c.line), '[]')
      from candidates c where c.batch = j.batch and c.currency = j.currency and c.place <= 21))
  from j order by j.batch, j.currency;
end $$;

-- Each with what would explain it: [{ batch, currency, difference, reconciliation_id, line, suggestion }]. Of the payout's line,
-- for which the books set the difference aside. Answers how many are new.
create function record_batch_breaks(p_provider text, p_found jsonb) returns int language sql set search_path = public, pg_temp as $$
  with fresh as (
    insert into breaks (kind, provider, reconciliation_id, line, amount, currency, detail)
    select 'batch', p_provider, f ->> 'reconciliation_id', (f ->> 'line')::int, (f ->> 'difference')::bigint, f ->> 'currency',
      jsonb_strip_nulls(jsonb_build_object('batch', f ->> 'batch', 'expected', 'a payout of what its lines come to',
        'found', f ->> 'difference', 'step', 'suspense', 'suggestion', f -> 'suggestion'))
    from jsonb_array_elements(p_found) f on conflict do nothing returning 1)
  select count(*)::int from fresh
$$;
create index breaks_open_batches on breaks (provider, (detail ->> 'batch')) where kind = 'batch' and status = 'open';

grant select, insert on settlement_batches to tender_worker;
revoke execute on function differing_batches(text), record_batch_breaks(text, jsonb) from public;
grant execute on function differing_batches(text), record_batch_breaks(text, jsonb) to tender_worker;

-- What a bank says of our account, and what is on its way there.
alter table settlement_lines add column counterparty text;

-- What was on an account before a span of days and after it.
create table bank_statements (
  account text not null,
  currency text not null,
  covers_from timestamptz not null,
  covers_to timestamptz not null,
  opening bigint not null,
  closing bigint not null,
  provider text not null,
  reconciliation_id text not null references reconciliations,
  constraint bank_statements_once primary key (account, currency, covers_from),
  constraint bank_statements_span check (covers_from < covers_to)
);
create index bank_statements_by_reconciliation on bank_statements (reconciliation_id);
create trigger bank_statements_append_only before update or delete on bank_statements
  for each row execute function refuse_rewrite();
create trigger bank_statements_no_truncate before truncate on bank_statements
  for each statement execute function refuse_rewrite();

-- As in 0043, and the balances of a bank statement.
create or replace function finish_import(c jsonb) returns int language plpgsql set search_path = public, pg_temp as $$
declare file reconciliations;
begin
  update reconciliations r set (status, format, statement_id, covers_from, covers_to, lists, line_count, totals, imported_at)
    = (select 'imported', n.format, n.statement_id, n.covers_from, n.covers_to, n.lists, n.line_count, n.totals, tender_now()
       from jsonb_populate_record(null::reconciliations, c) n)
  where r.id = c ->> 'id' and r.status = 'received' returning * into file;
  if not found then raise exception 'file % is not waiting to be imported', c ->> 'id' using errcode = 'TD008'; end if;
  insert into settlement_parts (provider, kind, part, reconciliation_id)
  select file.provider, file.kind, part, file.id from jsonb_array_elements_text(c -> 'parts') part;
  insert into bank_statements (account, currency, covers_from, covers_to, opening, closing, provider, reconciliation_id)
  select s.account, s.currency, s.covers_from, s.covers_to, s.opening, s.closing, file.provider, file.id
  from jsonb_populate_recordset(null::bank_statements, coalesce(c -> 'statements', '[]')) s;
  return record_listed(file.id);
end $$;

-- Payouts and collections of files that are in the books.
create table announced_payouts (
  -- '<reconciliation>/<line>'.
  id text constraint announced_payouts_pkey primary key,
  reconciliation_id text not null references reconciliations,
  -- The batch, as `settlement_postings` has it: together with what else was paid out of that, it is of its merchants.
  scope text not null,
  provider text not null,
  currency text not null,
  -- Minor units; below zero: collected from us.
  amount bigint not null constraint announced_payouts_amount check (amount <> 0),
  announced_at timestamptz not null,
  -- Lines of bank statements that are it, and what of them.
  credits int not null default 0,
  seen bigint not null default 0,
  -- That it came is in the books.
  booked boolean not null default false
);
create index announced_payouts_open on announced_payouts (announced_at) where credits = 0;
create index announced_payouts_differing on announced_payouts (id) where credits > 0 and seen <> amount;
create index announced_payouts_unbooked on announced_payouts (id) where credits > 0 and not booked;
create index announced_payouts_by_batch on announced_payouts (reconciliation_id, scope, currency);
create table payout_names (
  currency text not null,
  name text not null,
  payout_id text not null references announced_payouts,
  constraint payout_names_pkey primary key (currency, name, payout_id)
);
create index settlement_lines_payouts on settlement_lines (reconciliation_id) where kind in ('payout', 'collection');

create function announce_payouts() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  insert into announced_payouts (id, reconciliation_id, scope, provider, currency, amount, announced_at)
  select new.id || '/' || l.line, new.id, coalesce(l.batch, new.id), new.provider, l.currency, l.gross, l.occurred_at
  from settlement_lines l where l.reconciliation_id = new.id and l.kind in ('payout', 'collection') and l.gross <> 0
  on conflict do nothing;
  insert into payout_names (currency, name, payout_id)
  select l.currency, n.name, new.id || '/' || l.line
  from settlement_lines l cross join lateral (select distinct v from unnest(array[l.provider_reference, l.reference]) v) n (name)
  where l.reconciliation_id = new.id and l.kind in ('payout', 'collection') and l.gross <> 0 and n.name is not null
  on conflict do nothing;
  return null;
end $$;
create trigger reconciliations_announce after update of status on reconciliations for each row
  when (new.kind = 'settlement' and new.status = 'posted' and old.status <> 'posted') execute function announce_payouts();
create index payout_names_by_payout on payout_names (payout_id);
grant select, insert on bank_statements, announced_payouts, payout_names to tender_worker;
grant update (credits, seen, booked) on announced_payouts to tender_worker;

-- What bank statements moved between 1010 and what was announced, by what it is of: a batch, or a receipt.
create table bank_postings (
  -- The statement; null: what came to light after it.
  reconciliation_id text references reconciliations,
  unit text not null,
  merchant_id text not null references merchants,
  account text not null constraint bank_postings_account check (account in ('1200', '1100')),
  provider text not null,
  currency text not null,
  -- Minor units, debit of 1010 and credit of `account`; below zero: the other way round.
  amount bigint not null constraint bank_postings_amount check (amount <> 0),
  -- The entry's, and from 1 how often it was gone on with.
  key text not null,
  round int not null,
  constraint bank_postings_pkey primary key (key, round, unit, merchant_id)
);
create index bank_postings_by_unit on bank_postings (unit);
create trigger bank_postings_append_only before update or delete on bank_postings for each row execute function refuse_rewrite();
create trigger bank_postings_no_truncate before truncate on bank_postings for each statement execute function refuse_rewrite();
grant select, insert on bank_postings to tender_worker;
alter table bank_postings enable row level security;
alter table bank_postings force row level security;
create policy owner_all on bank_postings to tender_owner using (true) with check (true);
create policy worker_all on bank_postings to tender_worker using (true) with check (true);

-- One bank statement at a time, of whatever bank: any of them may tell of any payout.
create function hold_bank() returns void language sql as $$ select pg_advisory_xact_lock(hashtextextended('bank statements', 0)) $$;

-- What moved on our account because we said so, and is in the books by that: a bank's line of it is matched, and books nothing.
-- One row each: what the bank would call it, and what it is. What else books 1010 by itself is added here.
create function booked_at_bank(p_references text[]) returns table (reference text, subject_id text, payment_id text, merchant_id text,
  amount numeric, currency text)
language sql stable set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  select o.id, o.id, o.payment_id, o.merchant_id, sum(case p.side when 'debit' then p.amount else -p.amount::numeric end), p.currency
  from operations o join journal_entries e on e.payment_id = o.payment_id and e.key in (o.id || '/returned', o.id || '/owed_paid')
  join postings p on p.entry_id = e.id and p.account = '1010'
  where o.id = any(p_references) group by o.id, p.currency
$$;
