-- Posting, the first half: entries are read, their keys and balances locked in order, and judged.

create type ledger_line as (ord int, line int, merchant_id text, account text, provider text, side text, amount bigint, currency text);
-- result: null while nothing speaks against it.
create type ledger_item as (ord int, merchant_id text, key text, payment_id text, event text, state text, resolves_key text,
  resolution text, reverses_id text, reverses_key text, expires_in_seconds int, effective_at timestamptz, is_request boolean, linked boolean,
  alone boolean, body_hash bytea, entry_id text, result text, field text);

-- A value of the wrong form is null here and refused by name in read_items.
create function read_lines(entries jsonb) returns ledger_line[] language sql stable as $$
  select array_agg(row(e.ordinality, l.ordinality, e.value ->> 'merchant_id', l.value ->> 'account',
    coalesce(l.value ->> 'provider', ''), l.value ->> 'side',
    case when l.value ->> 'amount' ~ '^[0-9]{1,19}$' and (l.value ->> 'amount')::numeric <= 9223372036854775807
      then (l.value ->> 'amount')::bigint end, l.value ->> 'currency')::ledger_line order by e.ordinality, l.ordinality)
  from jsonb_array_elements(entries) with ordinality e, jsonb_array_elements(
    case jsonb_typeof(e.value -> 'postings') when 'array' then e.value -> 'postings' else '[]' end) with ordinality l
$$;

-- What can be said of an entry without looking at the books. Alone: judged after all before it is written.
-- Joins are by number, and may be large.
create function read_items(entries jsonb, lines ledger_line[]) returns ledger_item[] language sql stable
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
        else case when e.value ->> 'effective_at' is null then tender_now() end end as effective_at,
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
      when not exists (select from merchants k where k.id = v ->> 'merchant_id') then 'unknown_merchant'
      when v ->> 'payment_id' is not null and not exists (select from payments p
        where p.id = v ->> 'payment_id' and p.merchant_id || '' = v ->> 'merchant_id') then 'unknown_payment'
      when r.uneven or (r.n < 2 and (r.n > 0 or r.resolution is null)) then 'unbalanced' end as mistake
    from read r
  )
  select array_agg(row(r.ord, v ->> 'merchant_id', v ->> 'key', v ->> 'payment_id', v ->> 'event', r.state, r.resolves_key,
    r.resolution, v ->> 'reverses_id', v ->> 'reverses_key', r.expiry, r.effective_at, coalesce(v ->> 'request' = 'true', false),
    coalesce(v ->> 'linked' = 'true', false), r.resolves_key is not null or coalesce(v ->> 'reverses_id', v ->> 'reverses_key') is not null or r.again,
    case jsonb_typeof(v) when 'object' then sha256(convert_to((v - 'effective_at' - 'linked')::text, 'UTF8')) end, null, split_part(r.mistake, ' ', 1), nullif(split_part(r.mistake, ' ', 2), ''))::ledger_item order by r.ord)
  from judged r
$$;

-- Holds the periods; then locks keys, so that two callers of one key get one answer also where it is refused;
-- then, where answers may depend on balances or several statements will add to them, the balances. A batch of facts locks its
-- balances when it adds to them, at its very end: hot ones are held for as short as can be. Either way keys
-- come before balances, and each class is locked in order, in one go.
create function lock_for_posting(items ledger_item[], lines ledger_line[]) returns void language plpgsql as $$
begin
  perform hold_ledger_periods();
  perform pg_advisory_xact_lock(k.hash) from (
    select distinct hashtextextended(i.merchant_id || ' ' || i.key, 8) as hash
    from unnest(items) i where i.result is null order by 1) k;
  if not exists (select from unnest(items) i where i.alone or i.linked or i.is_request) then return; end if;
  perform lock_balances(array_agg(row(t.*, own_stripe((select s.stripes from account_settings s
    where (s.merchant_id, s.account, s.provider, s.currency) = (t.merchant_id, t.account, t.provider, t.currency))))::balance_key)) from (
    select l.merchant_id, l.account, l.provider, l.currency from unnest(items) i join unnest(lines) l on l.ord = i.ord
      where i.result is null
    union
    select p.merchant_id, p.account, p.provider, p.currency from unnest(items) i
      join journal_entries e on e.merchant_id || '' = i.merchant_id and e.key = i.resolves_key
      join postings p on p.entry_id = e.id where i.resolution is not null) t;
end $$;

-- What of a stored entry differs from this one: the first in this order, or null.
create function first_difference(e journal_entries, i ledger_item, lines ledger_line[]) returns text language plpgsql stable as $$
declare found_field text; release journal_entries := e;
begin
  if e.state = 'posted' then select * into release from journal_entries r
    where r.merchant_id || '' = e.merchant_id and r.key = e.key || '#release'; end if;
  found_field := case when e.event <> i.event then 'event' when e.state <> i.state then 'state'
    when e.payment_id is distinct from i.payment_id then 'payment'
    when (select h.key from journal_entries h where h.id = release.resolves_id) is distinct from i.resolves_key then 'resolves'
    when release.resolution is distinct from i.resolution then 'resolution'
    when e.reverses_id is distinct from coalesce(i.reverses_id, (select h.id from journal_entries h
      where h.merchant_id || '' = i.merchant_id and h.key = i.reverses_key)) then 'reverses'
    when e.expires_in_seconds is distinct from i.expires_in_seconds then 'expiry' end;
  if found_field is not null or (i.resolution is not null and not exists (select from unnest(lines) l where l.ord = i.ord))
  then return found_field; end if;
  return (select case when bool_or(p.line is null or l.line is null) then 'postings'
      when bool_or(p.account <> l.account) then 'account' when bool_or(p.provider <> l.provider) then 'provider'
      when bool_or(p.side <> l.side) then 'side' when bool_or(p.currency <> l.currency) then 'currency'
      when bool_or(p.amount <> l.amount) then 'amount' end
    from (select * from postings where entry_id = e.id) p
    full join (select * from unnest(lines) u where u.ord = i.ord) l on l.line = p.line);
end $$;

-- What a pending entry still holds, on the sides it was made with.
create function still_held(p_entry_id text)
returns table (account text, provider text, side text, currency text, amount bigint) language sql stable as $$
  select h.account, h.provider, h.side, h.currency, sum(h.amount)::bigint from (
    select p.account, p.provider, p.side, p.currency, p.amount from postings p where p.entry_id = p_entry_id
    union all
    select p.account, p.provider, case p.side when 'debit' then 'credit' else 'debit' end, p.currency, -p.amount
    from journal_entries r join postings p on p.entry_id = r.id where r.resolves_id = p_entry_id) h
  group by 1, 2, 3, 4 having sum(h.amount) > 0
$$;

-- Whether lines undo an entry: the same sums on the other sides. How they are cut into lines is free.
create function is_mirror(p_entry_id text, lines ledger_line[]) returns boolean language sql stable as $$
  select not exists (
    select from (
      select p.account, p.provider, p.currency, p.side, p.amount from postings p where p.entry_id = p_entry_id
      union all
      select l.account, l.provider, l.currency, case l.side when 'debit' then 'credit' else 'debit' end, -l.amount::numeric
      from unnest(lines) l) s
    group by s.account, s.provider, s.currency, s.side having sum(s.amount) <> 0)
$$;

-- Whether what an entry names, to release, resolve or reverse, lets it. Locks that row: one at a time.
create function judge_named(i ledger_item, lines ledger_line[]) returns ledger_item language plpgsql as $$
declare held journal_entries; final text;
begin
  if i.reverses_key is not null then
    i.reverses_id := coalesce((select e.id from journal_entries e
      where e.merchant_id || '' = i.merchant_id and e.key = i.reverses_key), '');
  end if;
  if i.reverses_id is not null then
    select * into held from journal_entries e where e.id = i.reverses_id and e.merchant_id = i.merchant_id for no key update;
    if not found then i.result := 'reversed_not_found'; return i; end if;
    if exists (select from journal_entries e where e.reverses_id = i.reverses_id) then
      i.result := 'already_reversed'; return i;
    end if;
    i.field := case when held.state <> 'posted' or i.state <> 'posted' then 'state'
      when not is_mirror(i.reverses_id, (select array_agg(l) from unnest(lines) l where l.ord = i.ord)) then 'postings' end;
    if i.field is not null then i.result := 'reversal_not_mirror'; return i; end if;
  end if;
  if i.resolves_key is null then return i; end if;
  select * into held from journal_entries e where e.merchant_id || '' = i.merchant_id and e.key = i.resolves_key for no key update;
  if not found then i.result := 'pending_not_found'; return i; end if;
  if held.state <> 'pending' or held.resolves_id is not null then i.result := 'not_pending'; return i; end if;
  select r.resolution into final from journal_entries r where r.resolves_id = held.id and r.resolution is not null;
  i.field := case
    when final is not null then case final when 'post' then 'posted' when 'void' then 'voided' else 'expired' end
    when i.resolution is not null and not exists (select from still_held(held.id)) then 'released' end;
  i.result := case
    when i.field is not null then 'already_resolved'
    when i.resolution = 'expire' and coalesce(held.expires_at > tender_now(), true) then 'not_yet_expired'
    when (i.resolution in ('post', 'void') or i.is_request and i.resolution is null) and held.expires_at <= tender_now()
      then 'already_expired'
    when exists (
      select from unnest(lines) l
      left join still_held(held.id) h on h.account = l.account and h.provider = l.provider and h.currency = l.currency
        -- A release is mirrored; what is posted is not.
        and (h.side = l.side) = (i.resolution is not null)
      where l.ord = i.ord group by l.account, l.provider, l.side, l.currency, h.amount
      having sum(l.amount) > coalesce(h.amount, 0)) then 'exceeds_pending' end;
  return i;
end $$;

-- Whether requests would take a bounded account below its limit; what gives to it in this batch not counted.
create function exceeds_limits(items ledger_item[], lines ledger_line[]) returns boolean language sql stable as $$
  select exists (
    select from unnest(items) i join unnest(lines) l on l.ord = i.ord
    join account_settings s on s.bounded
      and (s.merchant_id, s.account, s.provider, s.currency) = (l.merchant_id, l.account, l.provider, l.currency)
    join accounts a on a.code = s.account and a.normal_side <> l.side
    join account_balances b
      on (b.merchant_id, b.account, b.provider, b.currency, b.stripe) = (s.merchant_id, s.account, s.provider, s.currency, 0)
    where i.result is null and i.resolves_key is null
    group by s.merchant_id, s.account, s.provider, s.currency, s.overdraft, a.normal_side, b.posted_debits, b.posted_credits,
      b.pending_debits, b.pending_credits
    having sum(l.amount) > s.overdraft + case a.normal_side
      when 'credit' then b.posted_credits - b.posted_debits - b.pending_debits
      else b.posted_debits - b.posted_credits - b.pending_credits end)
$$;
