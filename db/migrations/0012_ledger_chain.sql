-- What proves the books afterwards: a hash chain over batches of entries, sealed behind the posting
-- transactions so that none of them waits, and alarms that stop new payments.

create table ledger_batches (
  number bigint constraint ledger_batches_pkey primary key,
  previous_hash bytea not null,
  hash bytea not null,
  entries int not null,
  postings int not null,
  sealed_at timestamptz not null,
  -- Every entry of a transaction before this one is sealed, here or earlier.
  sealed_below xid8 not null
);
create table ledger_batch_entries (
  entry_id text constraint ledger_batch_entries_pkey primary key,
  batch bigint not null constraint ledger_batch_entries_batch references ledger_batches deferrable initially deferred,
  position int not null,
  hash bytea not null,
  constraint ledger_batch_entries_place unique (batch, position)
);
create index journal_entries_by_transaction on journal_entries (transaction_id);

-- An entry and its postings, all columns: one that is added later is part of it where it is not null.
create function ledger_entry_hash(entry journal_entries) returns bytea language sql stable as $$
  select sha256(convert_to(jsonb_strip_nulls(to_jsonb(entry))::text || coalesce((
    select string_agg(jsonb_strip_nulls(to_jsonb(p))::text, E'\n' order by p.line) from postings p where p.entry_id = entry.id), ''), 'UTF8'))
$$;
create function ledger_batch_hash(batch ledger_batches, hashes bytea) returns bytea language sql stable as $$
  select sha256(batch.previous_hash || convert_to(concat_ws('|', batch.number, batch.entries, batch.postings,
    extract(epoch from batch.sealed_at), batch.sealed_below), 'UTF8') || hashes)
$$;
create function ledger_genesis() returns bytea language sql immutable as $$ select sha256('tender ledger'::bytea) $$;

-- Seals whatever is committed and not sealed yet, at most p_limit entries; answers how many. One sealer at
-- a time: the lock is the sealer's alone. Transactions below the oldest running one add nothing more, so
-- the next look begins there.
create function seal_ledger(p_limit int) returns int language plpgsql security definer
set search_path = public, pg_temp set timezone = 'UTC' set enable_seqscan = off set enable_bitmapscan = off
-- Each entry is looked up: a join that reads all that was ever sealed would do so every second.
set enable_hashjoin = off set enable_mergejoin = off as $$
declare last ledger_batches; batch ledger_batches; below xid8; found_entries int; hashes bytea;
begin
  perform pg_advisory_xact_lock(hashtextextended('seal_ledger', 0));
  select * into last from ledger_batches order by number desc limit 1;
  batch.number := coalesce(last.number, 0) + 1;
  batch.previous_hash := coalesce(last.hash, ledger_genesis());
  below := pg_snapshot_xmin(pg_current_snapshot());
  -- Deferred: the batch itself comes after its entries are known.
  with fresh as (
    select e as entry, e.id, e.transaction_id from journal_entries e
    where e.transaction_id >= coalesce(last.sealed_below, '0')
      and not exists (select from ledger_batch_entries b where b.entry_id = e.id)
    order by e.transaction_id, e.id limit p_limit
  ), sealed as (
    insert into ledger_batch_entries (entry_id, batch, position, hash)
    select f.id, batch.number, row_number() over (order by f.transaction_id, f.id), ledger_entry_hash(f.entry) from fresh f
    returning entry_id, position, hash
  )
  select count(*), string_agg(s.hash, ''::bytea order by s.position),
      (select count(*) from sealed s2 join postings p on p.entry_id = s2.entry_id),
      case when count(*) = p_limit then least(below, (select max(f.transaction_id) from fresh f)) else below end
    into found_entries, hashes, batch.postings, batch.sealed_below from sealed s;
  if found_entries = 0 then return 0; end if;
  batch.entries := found_entries;
  batch.sealed_at := tender_now();
  batch.hash := ledger_batch_hash(batch, hashes);
  insert into ledger_batches select batch.*;
  return found_entries;
end $$;

-- The head as one publishes it outside: `<number>:<hash>`; null while nothing is sealed.
create function ledger_head() returns text language sql stable as $$
  select number || ':' || encode(hash, 'hex') from ledger_batches order by number desc limit 1
$$;

-- Checks the batches p_from to p_to against the books; the first row that does not hold, in chain order.
create function check_ledger_chain(p_from bigint, p_to bigint, out entries bigint, out postings bigint, out broken text)
language plpgsql stable set timezone = 'UTC' set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
  with lines as materialized (
    select s.batch, s.position, s.entry_id, s.hash as stored, e.id is null as missing, x.lines,
      case when e.id is not null then sha256(convert_to(jsonb_strip_nulls(to_jsonb(e))::text || coalesce(x.body, ''), 'UTF8')) end as actual
    from ledger_batch_entries s
    left join journal_entries e on e.id = s.entry_id
    left join lateral (
      select count(*) as lines, string_agg(jsonb_strip_nulls(to_jsonb(p))::text, E'\n' order by p.line) as body
      from postings p where p.entry_id = s.entry_id) x on true
    where s.batch between p_from and p_to
  ), made as (
    select b.number, b.entries as said_entries, b.postings as said_postings,
      coalesce(l.n, 0) as entries, coalesce(l.last, 0) as last, coalesce(l.postings, 0) as postings,
      b.hash = ledger_batch_hash(b, coalesce(l.hashes, ''::bytea)) as own,
      b.previous_hash = coalesce((select p.hash from ledger_batches p where p.number = b.number - 1),
        case when b.number = 1 then ledger_genesis() end) as linked
    from ledger_batches b
    left join (select l.batch, count(*) as n, max(l.position) as last, sum(l.lines) as postings, string_agg(l.stored, ''::bytea order by l.position) as hashes
      from lines l group by 1) l on l.batch = b.number
    where b.number between p_from and p_to
  ), faults as (
    select l.batch, l.position, 'journal entry ' || l.entry_id || case when l.missing
      then ' is gone' else ' is not what was sealed, or a posting of it is not' end as what
    from lines l where l.missing or l.actual <> l.stored
    union all
    select m.number, 0, 'batch ' || m.number || case
      when m.linked is not true then ' does not follow on the batch before it'
      when m.said_entries <> m.entries or m.last <> m.entries or m.said_postings <> m.postings then ' has another number of rows than was sealed'
      else ' is not what was sealed' end
    from made m where not (coalesce(m.linked, false) and m.own and m.said_entries = m.entries and m.last = m.entries and m.said_postings = m.postings)
    union all
    select n, 0, 'batch ' || n || ' is gone' from generate_series(p_from, p_to) n
    where not exists (select from made m where m.number = n)
  )
  select (select count(*) from lines), (select coalesce(sum(m.postings), 0) from made m),
    -- A row before its batch: it says more.
    (select f.what from faults f order by f.batch, f.position = 0, f.position limit 1)
  into entries, postings, broken;
end $$;

-- Opened by the proof runner, ended by a person with a reason; while one is open no new payment is accepted.
create table ledger_alarms (
  id bigint generated always as identity constraint ledger_alarms_pkey primary key,
  proof text not null,
  what text not null,
  raised_at timestamptz not null default tender_now()
);
create table ledger_alarm_acknowledgements (
  alarm_id bigint constraint ledger_alarm_acknowledgements_pkey primary key
    constraint ledger_alarm_acknowledgements_alarm references ledger_alarms,
  actor text not null constraint ledger_alarm_acknowledgements_actor check (actor <> ''),
  reason text not null constraint ledger_alarm_acknowledgements_reason check (reason <> ''),
  at timestamptz not null default tender_now()
);
create function open_ledger_alarms() returns setof ledger_alarms language sql stable security definer set search_path = public, pg_temp as $$
  select a from ledger_alarms a where not exists (select from ledger_alarm_acknowledgements k where k.alarm_id = a.id) order by a.id
$$;
-- The same finding is one alarm for as long as that is open.
create function raise_ledger_alarm(p_proof text, p_what text) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('ledger_alarms', 0));
  if exists (select from open_ledger_alarms() a where (a.proof, a.what) = (p_proof, p_what)) then return false; end if;
  insert into ledger_alarms (proof, what) values (p_proof, p_what);
  return true;
end $$;
create function acknowledge_ledger_alarm(p_id bigint, p_actor text, p_reason text) returns boolean
language sql security definer set search_path = public, pg_temp as $$
  with done as (
    insert into ledger_alarm_acknowledgements (alarm_id, actor, reason)
    select id, p_actor, p_reason from ledger_alarms where id = p_id
    on conflict (alarm_id) do nothing returning 1)
  select exists (select from done)
$$;
create function ledger_is_stopped() returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from open_ledger_alarms())
$$;

do $$
declare t text;
begin
  foreach t in array array['ledger_batches', 'ledger_batch_entries', 'ledger_alarms', 'ledger_alarm_acknowledgements'] loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_rewrite()', t || '_append_only', t);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_rewrite()', t || '_no_truncate', t);
    execute format('grant select on %I to tender_worker', t);
  end loop;
end $$;
revoke execute on function seal_ledger(int), open_ledger_alarms(), raise_ledger_alarm(text, text),
  acknowledge_ledger_alarm(bigint, text, text), ledger_is_stopped() from public;
grant execute on function seal_ledger(int), open_ledger_alarms(), raise_ledger_alarm(text, text),
  acknowledge_ledger_alarm(bigint, text, text) to tender_worker;
grant execute on function ledger_is_stopped() to tender_api, tender_worker;
