-- Posting, the second half: entries that nothing speaks against are written, at once or in chains, and answered.

create function write_entries(items ledger_item[], lines ledger_line[]) returns void language sql
set enable_hashjoin = on as $$
  insert into journal_entries (id, merchant_id, key, payment_id, event, state, resolves_id, resolution, reverses_id,
    expires_in_seconds, effective_at, occurred_at, recorded_at, body_hash)
  select i.entry_id, i.merchant_id, i.key, i.payment_id, i.event, i.state,
    case when i.state = 'pending' and i.resolves_key is not null then
      (select h.id from journal_entries h where h.merchant_id || '' = i.merchant_id and h.key = i.resolves_key) end,
    case i.state when 'pending' then i.resolution end, i.reverses_id, i.expires_in_seconds,
    case when c.closed then (c.closed_until + 1)::timestamp at time zone 'UTC' else i.effective_at end,
    case when c.closed then i.effective_at end, (select tender_now()), i.body_hash
  from unnest(items) i left join lateral (
    select p.closed_until, true as closed from ledger_periods p
    where p.merchant_id = i.merchant_id and (i.effective_at at time zone 'UTC')::date <= p.closed_until) c on true
  where i.result is null order by i.ord;
  insert into postings (entry_id, line, merchant_id, account, provider, side, amount, currency)
  select i.entry_id, l.line, l.merchant_id, l.account, l.provider, l.side, l.amount, l.currency
  from unnest(items) i join unnest(lines) l on l.ord = i.ord where i.result is null
$$;

-- The final release of a pending entry: all it still holds, mirrored. A post writes its posted entry and,
-- in the same commit, this release under the key `<key>#release`.
create function write_resolution(i ledger_item, lines ledger_line[]) returns void language plpgsql as $$
declare
  pending_id text := (select h.id from journal_entries h where h.merchant_id || '' = i.merchant_id and h.key = i.resolves_key);
  rest ledger_line[] := (select array_agg(row(i.ord, h.n, i.merchant_id, h.account, h.provider, h.side, h.amount, h.currency)::ledger_line)
    from (select row_number() over () as n, s.* from still_held(pending_id) s) h);
  mirrored ledger_line[] := (select array_agg(row(l.ord, l.line, l.merchant_id, l.account, l.provider,
    case l.side when 'debit' then 'credit' else 'debit' end, l.amount, l.currency)::ledger_line) from unnest(rest) l);
begin
  if i.resolution = 'post' then
    perform write_entries(array[i], case when exists (select from unnest(lines) l where l.ord = i.ord) then lines else rest end);
    i.entry_id := 'je_' || uuidv7(); i.key := i.key || '#release'; i.state := 'pending'; i.event := i.event || '_release';
  end if;
  perform write_entries(array[i], mirrored);
end $$;

create function refuse_entry(i ledger_item) returns ledger_item language plpgsql as $$
begin
  insert into refused_entries (merchant_id, key, result, field, body_hash)
  values (i.merchant_id, i.key, i.result, i.field, i.body_hash);
  i.entry_id := null;
  return i;
end $$;

-- Entries one after the other as far as answers go, in as few statements as that allows: many at once where
-- nothing speaks against them, else singly.
create function post_run(items ledger_item[], lines ledger_line[]) returns ledger_item[] language plpgsql as $$
declare
  known record; at int; difference text; requests boolean := false;
begin
  for known in
    select i.ord, e as entry, r.result, r.field, r.body_hash from unnest(items) i
    left join journal_entries e on e.merchant_id || '' = i.merchant_id and e.key = i.key
    left join refused_entries r on r.merchant_id || '' = i.merchant_id and r.key = i.key
    where i.result is null and (e.id is not null or r.key is not null)
  loop
    at := known.ord - items[1].ord + 1;
    if (known.entry).id is null then
      items[at].result := case when known.body_hash = items[at].body_hash then known.result else 'already_refused' end;
      items[at].field := case when known.body_hash = items[at].body_hash then known.field end;
    else
      items[at].entry_id := (known.entry).id;
      difference := case when (known.entry).body_hash <> items[at].body_hash
        then first_difference(known.entry, items[at], lines) end;
      items[at].result := 'exists' || coalesce('_with_different_' || difference, '');
      items[at].field := difference;
    end if;
  end loop;
  if items[1].alone and items[1].result is null then
    items[1] := judge_named(items[1], lines);
    if items[1].result is not null then return array[refuse_entry(items[1])]; end if;
  end if;
  for k in 1 .. cardinality(items) loop
    if items[k].result is null then
      items[k].entry_id := 'je_' || uuidv7();
      requests := requests or items[k].is_request;
      if items[k].is_request and items[k].reverses_id is null and exists (select from ledger_periods p
        where p.merchant_id = items[k].merchant_id and (items[k].effective_at at time zone 'UTC')::date <= p.closed_until)
      then
        items[k].result := 'period_closed';
        items[k] := refuse_entry(items[k]);
      end if;
    end if;
  end loop;
  if requests and exceeds_limits(items, lines) then
    if cardinality(items) > 1 then
      for k in 1 .. cardinality(items) loop
        if items[k].result is null then items[k:k] := post_run(items[k:k], lines); end if;
      end loop;
      return items;
    end if;
    -- The limit is for requests; what has happened is written also where it takes too much.
    if items[1].is_request then
      items[1].result := 'insufficient_funds';
      return array[refuse_entry(items[1])];
    end if;
  end if;
  if items[1].resolution is not null then
    if items[1].result is null then perform write_resolution(items[1], lines); end if;
  else perform write_entries(items, lines); end if;
  for k in 1 .. cardinality(items) loop items[k].result := coalesce(items[k].result, 'posted'); end loop;
  return items;
end $$;

-- All of a linked chain, or nothing. What spoils it keeps its refusal; its fellows may come again.
create function post_chain(items ledger_item[], lines ledger_line[]) returns ledger_item[] language plpgsql as $$
declare failed int;
begin
  begin
    for k in 1 .. cardinality(items) loop
      failed := k;
      if items[k].result is null then items[k:k] := post_run(items[k:k], lines); end if;
      if items[k].result not in ('posted', 'exists') then raise exception using errcode = 'TD012', message = 'chain broken'; end if;
    end loop;
    return items;
  exception when sqlstate 'TD012' then null;
  end;
  if items[failed].result in ('insufficient_funds', 'period_closed', 'already_resolved', 'already_expired', 'not_yet_expired',
    'already_reversed', 'reversed_not_found', 'reversal_not_mirror', 'pending_not_found', 'not_pending', 'exceeds_pending')
  then
    insert into refused_entries (merchant_id, key, result, field, body_hash)
    values (items[failed].merchant_id, items[failed].key, items[failed].result, items[failed].field, items[failed].body_hash)
    on conflict do nothing;
  end if;
  for k in 1 .. cardinality(items) loop
    if k <> failed and (items[k].result is null or items[k].result in ('posted', 'exists')) then
      items[k].result := 'linked_failed'; items[k].entry_id := null; items[k].field := null;
    end if;
  end loop;
  return items;
end $$;

-- Posts a batch in one round trip and answers per entry, in order: { key, result, entry_id?, field? }.
-- An entry: { key, merchant_id, payment_id?, event, state, postings: [{ account, provider?, side, amount, currency }],
--   resolves_key?, resolution?: post | void | expire, expires_in_seconds?, reverses_id? | reverses_key?, effective_at?, request?, linked? }.
-- Without `request` it is a fact, which no limit and no closed period refuses (P4).
drop function post_entries(jsonb);
create function post_entries(entries jsonb) returns jsonb language plpgsql
-- Each row of the books is found by its key, whatever a planner thinks of tables it has no statistics of.
security definer set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  lines ledger_line[] := read_lines(entries);
  items ledger_item[] := read_items(entries, lines);
  n int := coalesce(cardinality(items), 0);
  i int := 1; j int;
begin
  -- Each key is a lock, of which a server has some thousands.
  if n > 1000 then
    raise exception 'a batch has at most 1000 entries' using errcode = '54000', constraint = 'batch_too_large';
  end if;
  perform lock_for_posting(items, lines);
  while i <= n loop
    j := i;
    if items[i].linked then
      while j < n and items[j].linked loop j := j + 1; end loop;
      items[i:j] := post_chain(items[i:j], lines);
    elsif not items[i].alone or items[i].result is null then
      while j < n and not (items[i].alone or items[j + 1].alone or items[j + 1].linked) loop
        j := j + 1;
      end loop;
      items[i:j] := post_run(items[i:j], lines);
    end if;
    i := j + 1;
  end loop;
  return (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
    'key', p.key, 'result', p.result, 'entry_id', p.entry_id, 'field', p.field)) order by p.ord), '[]') from unnest(items) p);
end $$;

-- What a recorded fact needs is posted, or the whole record is not made.
create function post_facts(entries jsonb) returns void language plpgsql as $$
declare answer record;
begin
  for answer in select a.value ->> 'key' as key, a.value ->> 'result' as result, a.value ->> 'field' as field
    from jsonb_array_elements(post_entries(entries)) a where a.value ->> 'result' not in ('posted', 'exists')
  loop
    raise exception 'journal entry % is refused: %', answer.key, concat_ws(' ', answer.result, answer.field)
      using errcode = case when answer.result in ('unbalanced', 'exceeds_pending', 'not_pending', 'already_resolved', 'reversal_not_mirror')
          then 'TD005' else 'TD007' end,
        constraint = case
          when answer.result = 'unbalanced' then 'journal_entry_balanced'
          when answer.result = 'reversal_not_mirror' then 'journal_entry_mirrored'
          when answer.result in ('exceeds_pending', 'not_pending', 'already_resolved') then 'journal_entry_released'
          when answer.result like 'exists_with_different%' then 'journal_entries_key'
          when answer.result = 'already_reversed' then 'journal_entries_reversed_once'
          else concat_ws('_', 'journal_entry', answer.result, answer.field) end;
  end loop;
end $$;

-- The ledger is written through post_entries alone.
revoke insert on journal_entries, postings from tender_worker;
revoke execute on function post_entries(jsonb), post_facts(jsonb) from public;
grant execute on function post_entries(jsonb), post_facts(jsonb) to tender_worker;
grant select on account_settings, ledger_periods, refused_entries to tender_worker;
do $$
declare t text;
begin
  foreach t in array array['account_settings', 'ledger_periods', 'refused_entries'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner_all on %I to tender_owner using (true) with check (true)', t);
    execute format('create policy worker_all on %I to tender_worker using (true) with check (true)', t);
  end loop;
end $$;
