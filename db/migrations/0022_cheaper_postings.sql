-- The same postings, dearer work done once per batch instead of once per entry or balance (ADR 31).

-- Balances are rewritten all the time: with room in the page a new version needs no new index entry.
alter table account_balances set (fillfactor = 50);

create or replace function read_items(entries jsonb, lines ledger_line[]) returns ledger_item[] language sql volatile
set enable_hashjoin = on as $$
  with sums as (
    select l.ord, sum(l.n) as n, bool_or(l.amount) as amount, bool_or(l.side) as side, bool_or(l.currency) as currency,
      bool_or(l.account) as account, bool_or(l.provider) as provider, bool_or(l.huge) as huge, bool_or(l.difference <> 0) as uneven
    from (select ord, count(*) as n, bool_or(provider is null or octet_length(provider) > 200) as provider,
        bool_or(amount is null or amount = 0) as amount,
        sum(case side when 'debit' then amount end) > 9223372036854775807 as huge,
        bool_or(side is null or side not in ('debit', 'credit')) as side,
        bool_or(u.currency is null or u.currency !~ '^[A-Z]{3}$') as currency,
        bool_and(u.account = any ((select array_agg(code) from accounts)::text[])) is not true as account,
        sum(case side when 'debit' then amount else -amount::numeric end) as difference
      from unnest(lines) u group by ord, u.currency) l
    group by l.ord
  ), read as (
    select e.ordinality::int as ord, e.value as v, coalesce(s.n, 0) as n,
      s.amount, s.side, s.currency, s.account, s.provider, s.huge, s.uneven,
      row_number() over (partition by e.value ->> 'merchant_id', e.value ->> 'key' order by e.ordinality) > 1 as again,
      case jsonb_typeof(e.value -> 'effective_at') when 'string' then
        case when pg_input_is_valid(e.value ->> 'effective_at', 'timestamptz') then (e.value ->> 'effective_at')::timestamptz end
        else case when e.value ->> 'effective_at' is null then (select tender_now()) end end as effective_at,
      case when e.value ->> 'expires_in_seconds' ~ '^[1-9][0-9]{0,8}$' then (e.value ->> 'expires_in_seconds')::int end as expiry,
      coalesce(e.value ->> 'state', '') as state, e.value ->> 'resolution' as resolution,
      e.value ->> 'resolves_key' as resolves_key
    from jsonb_array_elements(entries) with ordinality e left join sums s on s.ord = e.ordinality
  ), judged as (
    select r.*, case
      when coalesce(v ->> 'key', '') = '' or v ->> 'key' like '%#release' or octet_length(v ->> 'key') > 1000 then 'malformed key'
      when coalesce(v ->> 'event', '') = '' then 'malformed event'
      when r.state not in ('pending', 'posted') then 'malformed state'
      when isfinite(r.effective_at) is not true then 'malformed effective_at'
      when v ->> 'expires_in_seconds' is not null and (expiry is null or r.state <> 'pending' or r.resolves_key is not null)
        then 'malformed expires_in_seconds'
      when r.resolution is not null and (r.resolves_key is null or r.resolution not in ('post', 'void', 'expire')
        or (r.resolution <> 'post' and r.n > 0)) then 'malformed resolution'
      when r.resolves_key is not null and r.state <> case r.resolution when 'post' then 'posted' else 'pending' end
        then 'malformed resolves_key'
      when jsonb_typeof(coalesce(nullif(v -> 'request', 'null'), 'false')) <> 'boolean' then 'malformed request'
      when jsonb_typeof(coalesce(nullif(v -> 'linked', 'null'), 'false')) <> 'boolean' then 'malformed linked'
      when (r.resolves_key is null)::int + (v ->> 'reverses_id' is null)::int + (v ->> 'reverses_key' is null)::int < 2
        then 'malformed reverses_id'
      when r.provider then 'malformed provider' when r.side then 'malformed side' when r.amount then 'malformed amount'
      -- What releases it says all it holds in one line.
      when r.huge and r.state = 'pending' then 'malformed amount' when r.currency then 'malformed currency'
      when r.account then 'unknown_account'
      -- Scalar, since a planner may answer `exists` for many rows by reading a whole table once.
      when (select k.id from merchants k where k.id = v ->> 'merchant_id') is null then 'unknown_merchant'
      when v ->> 'payment_id' is not null and (select p.id from payments p
        where p.id = v ->> 'payment_id' and p.merchant_id || '' = v ->> 'merchant_id') is null then 'unknown_payment'
      when r.uneven or (r.n < 2 and (r.n > 0 or r.resolution is null)) then 'unbalanced' end as mistake
    from read r
  )
  select array_agg(row(r.ord, v ->> 'merchant_id', v ->> 'key', v ->> 'payment_id', v ->> 'event', r.state, r.resolves_key,
    r.resolution, v ->> 'reverses_id', v ->> 'reverses_key', r.expiry, r.effective_at, coalesce(v ->> 'request' = 'true', false),
    coalesce(v ->> 'linked' = 'true', false), r.resolves_key is not null or coalesce(v ->> 'reverses_id', v ->> 'reverses_key') is not null or r.again,
    case jsonb_typeof(v) when 'object' then sha256(convert_to((v - 'effective_at' - 'linked')::text, 'UTF8')) end,
    case when r.mistake is null then 'je_' || uuidv7() end, split_part(r.mistake, ' ', 1), nullif(split_part(r.mistake, ' ', 2), ''))::ledger_item order by r.ord)
  from (select * from judged order by ord) r
$$;

create or replace function post_run(items ledger_item[], lines ledger_line[]) returns ledger_item[] language plpgsql as $$
declare
  known record; late record; at int; difference text; requests boolean := false;
begin
  for known in
    select i.ord, e as entry, r.result, r.field, r.body_hash from unnest(items) i
    left join journal_entries e on e.merchant_id || '' = i.merchant_id and e.key = i.key
    left join refused_entries r on r.merchant_id || '' = i.merchant_id and r.key = i.key
    where i.result is null and (e.id is not null or r.key is not null)
  loop
    at := known.ord - items[1].ord + 1;
    items[at].entry_id := (known.entry).id;
    if (known.entry).id is null then
      items[at].result := case when known.body_hash = items[at].body_hash then known.result else 'already_refused' end;
      items[at].field := case when known.body_hash = items[at].body_hash then known.field end;
    else
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
  -- Asked of the batch, not of each: an expression with a query in it costs more than writing an entry does.
  requests := exists (select from unnest(items) i where i.is_request and i.result is null);
  if requests then
    for late in
      select i.ord from unnest(items) i join ledger_periods p on p.merchant_id = i.merchant_id
      where i.is_request and i.result is null and i.reverses_id is null and (i.effective_at at time zone 'UTC')::date <= p.closed_until
    loop
      at := late.ord - items[1].ord + 1;
      items[at].result := 'period_closed';
      items[at] := refuse_entry(items[at]);
    end loop;
  end if;
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
  return items;
end $$;

create or replace function post_chain(items ledger_item[], lines ledger_line[]) returns ledger_item[] language plpgsql as $$
declare failed int;
begin
  begin
    for k in 1 .. cardinality(items) loop
      failed := k;
      if items[k].result is null then
        items[k:k] := post_run(items[k:k], lines);
        items[k].result := coalesce(items[k].result, 'posted');
      end if;
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

create or replace function post_entries(entries jsonb) returns jsonb language plpgsql
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
    'key', p.key, 'result', coalesce(p.result, 'posted'), 'entry_id', p.entry_id, 'field', p.field)) order by p.ord), '[]') from unnest(items) p);
end $$;

create or replace function apply_postings() returns trigger language plpgsql
-- Rows of tables are found by key, whatever a planner thinks of tables it has no statistics of.
security definer set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
declare wrong record; deltas balance_delta[]; moved int;
begin
  with l as materialized (
    select p.*, e.state, e.resolves_id is not null as gives_back,
      (e.transaction_id <> pg_current_xact_id()) is not false as closed, p.merchant_id <> e.merchant_id as strange
    from new_postings p left join journal_entries e on e.id = p.entry_id
  ), t as (
    select merchant_id, account, provider, currency,
      sum(case when state = 'posted' then 0 when side = 'debit' and not gives_back then amount
        when side = 'credit' and gives_back then -amount else 0 end) as pending_debits,
      sum(case when state = 'posted' then 0 when side = 'credit' and not gives_back then amount
        when side = 'debit' and gives_back then -amount else 0 end) as pending_credits,
      sum(case when state = 'posted' and side = 'debit' then amount else 0 end) as posted_debits,
      sum(case when state = 'posted' and side = 'credit' then amount else 0 end) as posted_credits
    from l group by 1, 2, 3, 4
  ), d as (
    select t.merchant_id, t.account, t.provider, t.currency,
      -- own_stripe, written out: a call for each balance is dearer than the look at its settings.
      (case when s.stripes > 1 then 1 + pg_backend_pid() % s.stripes else 0 end)::smallint as stripe,
      t.pending_debits, t.pending_credits, t.posted_debits, t.posted_credits
    from t left join account_settings s on (s.merchant_id, s.account, s.provider, s.currency)
      = (t.merchant_id, t.account, t.provider, t.currency)
  ), w as (
    select entry_id, bool_or(closed) as closed, bool_or(strange) as strange from l group by entry_id, currency
    having bool_or(closed) or bool_or(strange) or sum(case side when 'debit' then amount else -amount::numeric end) <> 0 limit 1
  ) select w.*, (select array_agg(row(d.*)::balance_delta) from d) as deltas into wrong from (select 1) one left join w on true;
  if wrong.entry_id is not null then
    raise exception 'postings do not fit journal entry %', wrong.entry_id
      using errcode = case when wrong.closed or wrong.strange then 'TD004' else 'TD005' end,
        constraint = case when wrong.closed then 'journal_entry_closed' when wrong.strange then 'postings_of_merchant'
          else 'journal_entry_balanced' end;
  end if;
  deltas := wrong.deltas;
  -- The proof of what is written so far, before the balances that others wait for are locked.
  set constraints journal_entries_balanced immediate;
  set constraints journal_entries_balanced deferred;
  perform lock_balances((select array_agg(row(d.merchant_id, d.account, d.provider, d.currency, d.stripe)::balance_key)
    from unnest(deltas) d));
  update account_balances b set pending_debits = b.pending_debits + d.pending_debits,
    pending_credits = b.pending_credits + d.pending_credits, posted_debits = b.posted_debits + d.posted_debits,
    posted_credits = b.posted_credits + d.posted_credits
  from unnest(deltas) d where (b.merchant_id, b.account, b.provider, b.currency, b.stripe)
    = (d.merchant_id, d.account, d.provider, d.currency, d.stripe);
  get diagnostics moved = row_count;
  if moved <> coalesce(cardinality(deltas), 0) then
    raise exception 'postings without their balances' using errcode = 'TD005', constraint = 'account_balances_missing';
  end if;
  return null;
end $$;

create or replace function check_entry_balanced() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
  if (select coalesce(sum(c.lines), 0) < 2 or bool_or(c.difference <> 0) from (
    select count(*) as lines, sum(case p.side when 'debit' then p.amount else -p.amount::numeric end) as difference
    from postings p where p.entry_id = new.id group by p.currency) c)
  then
    raise exception 'journal entry % does not balance', new.id
      using errcode = 'TD005', constraint = 'journal_entry_balanced';
  end if;
  -- Of one merchant, both posted, and the same sums on the other sides.
  if new.reverses_id is null and new.resolves_id is null then return null; end if;
  if new.reverses_id is not null and (new.state <> 'posted'
    or not exists (select from journal_entries e where e.id = new.reverses_id and e.merchant_id = new.merchant_id and e.state = 'posted')
    or exists (
      select from postings p where p.entry_id in (new.id, new.reverses_id) group by p.account, p.provider, p.currency
      having sum(case when p.side = 'credit' and p.entry_id = new.id then p.amount else 0 end)
          <> sum(case when p.side = 'debit' and p.entry_id <> new.id then p.amount else 0 end)
        or sum(case when p.side = 'debit' and p.entry_id = new.id then p.amount else 0 end)
          <> sum(case when p.side = 'credit' and p.entry_id <> new.id then p.amount else 0 end)))
  then
    raise exception 'journal entry % reverses what it is no mirror of', new.id
      using errcode = 'TD005', constraint = 'journal_entry_mirrored';
  end if;
  if new.resolves_id is null then return null; end if;
  -- All releases of a pending entry together give back at most what it holds, line by line.
  if exists (
    select from journal_entries sibling join postings p on p.entry_id = sibling.id
    where sibling.resolves_id = new.resolves_id
    group by p.account, p.provider, p.side, p.currency
    having sum(p.amount) > coalesce((
      select sum(h.amount) from postings h
      where h.entry_id = new.resolves_id and h.account = p.account and h.provider = p.provider
        and h.side <> p.side and h.currency = p.currency), 0))
  then
    raise exception 'journal entry % releases more than is held', new.id
      using errcode = 'TD005', constraint = 'journal_entry_released';
  end if;
  return null;
end $$;
