-- What the proofs look at between two full runs: traces of a rewrite, guards that are off, and whether
-- anybody still proves the books.

-- Append-only, all of them: not one row of these is ever updated or deleted.
create function ledger_books() returns text[] language sql immutable as $$
  select array['journal_entries', 'postings', 'refused_entries', 'ledger_batches', 'ledger_batch_entries', 'ledger_alarms',
    'ledger_alarm_acknowledgements', 'external_balances', 'ledger_closes', 'ledger_close_balances']
$$;

-- Changes when a row of the books was rewritten, whoever did it: the server counts updates and deletes per
-- table (within ten seconds of the commit; rolled-back ones too, and from zero after a crash), and a table
-- that is emptied or written anew gets another file.
create function ledger_traces() returns text language sql stable as $$
  select string_agg(concat_ws(':', t, pg_relation_filenode(t::regclass), pg_stat_get_tuples_updated(t::regclass),
    pg_stat_get_tuples_deleted(t::regclass)), ' ' order by t) from unnest(ledger_books()) t
$$;

-- The first guard of the books that is off or gone, or null.
create function ledger_unguarded() returns text language sql stable as $$
  select 'the guard ' || g.name || ' of ' || g.t || ' is off' from (
    select t, t || suffix as name from unnest(ledger_books()) t, unnest(array['_append_only', '_no_truncate']) suffix
    union all values ('journal_entries', 'journal_entries_check'), ('journal_entries', 'journal_entries_balanced'),
      ('postings', 'postings_apply')) g
  where not exists (select from pg_trigger r
    where r.tgrelid = g.t::regclass and r.tgname = g.name and r.tgenabled in ('O', 'A'))
  order by 1 limit 1
$$;

-- By the server's clock: nobody can move that one, in tests neither.
create table ledger_proved (
  singleton boolean constraint ledger_proved_pkey primary key default true constraint ledger_proved_singleton check (singleton),
  proved_at timestamptz not null
);
insert into ledger_proved (proved_at) values (clock_timestamp());
create function note_ledger_proved() returns void language sql security definer set search_path = public, pg_temp as $$
  update ledger_proved set proved_at = clock_timestamp()
$$;
create function ledger_unproved_seconds() returns double precision language sql volatile security definer set search_path = public, pg_temp as $$
  select extract(epoch from clock_timestamp() - proved_at) from ledger_proved
$$;
-- Books that nobody has proved for an hour are as good as books that are known to be wrong.
create or replace function ledger_is_stopped() returns boolean language sql volatile security definer set search_path = public, pg_temp as $$
  select exists (select from open_ledger_alarms()) or ledger_unproved_seconds() > 3600
$$;
-- One alarm per proof while it is open: what a broken proof says may be new with every payment.
create or replace function raise_ledger_alarm(p_proof text, p_what text) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('ledger_alarms', 0));
  if exists (select from open_ledger_alarms() a where a.proof = p_proof) then return false; end if;
  insert into ledger_alarms (proof, what) values (p_proof, p_what);
  return true;
end $$;
revoke execute on function note_ledger_proved(), ledger_unproved_seconds() from public;
grant execute on function note_ledger_proved() to tender_worker;
grant execute on function ledger_unproved_seconds() to tender_api, tender_worker;

-- Entries of one account newest first, however seldom it is used.
drop index postings_by_account;
create index postings_by_account on postings (merchant_id, account, currency, entry_id);
