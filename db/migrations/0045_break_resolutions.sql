-- How breaks end. By people: once, with the second person and the sums held here, whatever the code does. And what is
-- found again: the same break, unless its figures changed or it had only ended by itself.

alter table breaks
  add column version bigint not null default 1,
  -- The how-manieth of its place; the one before it is over.
  add column generation int not null default 1,
  add column previous_id text constraint breaks_previous references breaks;
drop index breaks_once;
create unique index breaks_once on breaks (kind, provider, coalesce(reconciliation_id, ''), coalesce(line, 0), coalesce(subject_id, ''),
  generation);
create index breaks_open_newest on breaks (id desc) where status = 'open';

create function number_break() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare last breaks;
begin
  select * into last from breaks b
  where b.kind = new.kind and b.provider = new.provider and coalesce(b.reconciliation_id, '') = coalesce(new.reconciliation_id, '')
    and coalesce(b.line, 0) = coalesce(new.line, 0) and coalesce(b.subject_id, '') = coalesce(new.subject_id, '')
  order by b.generation desc limit 1;
  new.version := 1; new.previous_id := null; new.generation := coalesce(last.generation, 1);
  if last.status = 'resolved' and ((new.amount, new.currency) is distinct from (last.amount, last.currency)
    or (last.resolution ->> 'by' = 'tender' and last.resolution ->> 'action' <> 'accepted'))
  then
    new.generation := last.generation + 1; new.previous_id := last.id;
  end if;
  return new;
end $$;
create trigger breaks_number before insert on breaks for each row execute function number_break();

alter table approvals drop constraint approvals_kind,
  add constraint approvals_kind check (kind in ('refund', 'routing_rules', 'resolution', 'merchant_settings', 'break'));
create unique index approvals_one_break on approvals ((binds ->> 'id')) where kind = 'break' and status = 'open';

-- Entries that people book for a break are keyed by it, so each is booked once.
create function break_entry_keys(p_id text) returns text[] language sql immutable as $$
  select array[p_id || '/suspense', p_id || '/suspense/identified', p_id || '/written_off', p_id || '/reversed', p_id || '/amended']
$$;
-- What stands in suspense because of a break, by whose books and account: above zero is a debit. People's entries for it, those
-- of a dispute whose money was paid back twice (with a facilitator the debt of its merchant), and what the reconciliation of
-- its file set aside for its line: in the books of its merchant, or of the operator where nobody knew.
create function break_in_suspense(b breaks) returns table (merchant_id text, account text, amount numeric) language plpgsql stable
set search_path = public, pg_temp as $$
declare owners text[] := array_remove(array[b.merchant_id, 'mer_operator'], null);
begin
  return query
  with own as (
    select e.merchant_id as m, p.account as a, case p.side when 'debit' then p.amount else -p.amount::numeric end as n
    from journal_entries e join postings p on p.entry_id = e.id
    where e.merchant_id = any(owners) and p.currency = b.currency
      and (e.key = any(break_entry_keys(b.id))
        or b.kind = 'duplicate_outflow' and e.key in (b.subject_id || '/paid_twice', b.subject_id || '/recovered'))
      and (p.account in ('1900', '2900') or b.kind = 'duplicate_outflow' and p.account = '1310'))
  select own.m, own.a, sum(own.n) from own where to_regclass('public.settlement_postings') is null group by 1, 2 having sum(own.n) <> 0;
  if to_regclass('public.settlement_postings') is null then return; end if;
  return query
  with own as (
    select e.merchant_id as m, p.account as a, case p.side when 'debit' then p.amount else -p.amount::numeric end as n
    from journal_entries e join postings p on p.entry_id = e.id
    where e.merchant_id = any(owners) and p.currency = b.currency
      and (e.key = any(break_entry_keys(b.id))
        or b.kind = 'duplicate_outflow' and e.key in (b.subject_id || '/paid_twice', b.subject_id || '/recovered'))
      and (p.account in ('1900', '2900') or b.kind = 'duplicate_outflow' and p.account = '1310')
    union all
    select s.merchant_id, x.account, x.sign * s.amount::numeric
    from settlement_postings s cross join lateral (values (s.debit, 1), (s.credit, -1)) x (account, sign)
    where s.reconciliation_id = b.reconciliation_id and s.scope = b.line::text and s.what in ('suspense', 'difference')
      and s.provider = b.provider and s.currency = b.currency and x.account in ('1900', '2900'))
  select own.m, own.a, sum(own.n) from own group by 1, 2 having sum(own.n) <> 0;
end $$;
-- What people set aside for it and nobody took out again.
create function break_set_aside(b breaks) returns boolean language sql stable set search_path = public, pg_temp as $$
  select exists (select from journal_entries e where e.merchant_id = b.merchant_id and e.key = b.id || '/suspense')
    and not exists (select from journal_entries e where e.merchant_id = b.merchant_id
      and e.key in (b.id || '/suspense/identified', b.id || '/written_off', b.id || '/reversed'))
$$;

create function guard_break() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare act text := new.resolution ->> 'action'; owners text[] := array_remove(array[new.merchant_id, 'mer_operator'], null);
begin
  if old.status = 'resolved' then
    raise exception 'break % is resolved', old.id using errcode = 'TD002', constraint = 'break_resolved';
  end if;
  if (old.id, old.kind, old.provider, old.reconciliation_id, old.line, old.subject_id, old.amount, old.currency, old.opened_at,
      old.generation, old.previous_id)
    is distinct from
    (new.id, new.kind, new.provider, new.reconciliation_id, new.line, new.subject_id, new.amount, new.currency, new.opened_at,
      new.generation, new.previous_id)
    or (old.merchant_id is not null and new.merchant_id is distinct from old.merchant_id)
    or (old.payment_id is not null and new.payment_id is distinct from old.payment_id)
  then
    raise exception 'break % is fixed once found', old.id using errcode = 'TD002';
  end if;
  new.version := old.version + 1;
  if new.status = 'open' then return new; end if;
  if new.resolution ->> 'by' = 'tender' then
    if not break_set_aside(new) then return new; end if;
    -- People set its money aside: they take it out again. Said once, so that what they ask for meanwhile stays of this version.
    if old.detail ? 'explained_by_itself' then return old; end if;
    new.status := 'open'; new.resolved_at := null;
    new.detail := new.detail || jsonb_build_object('explained_by_itself', new.resolution); new.resolution := null;
    return new;
  end if;
  if act in ('force_match', 'amend', 'write_off', 'from_suspense') and not exists (
    select from approvals a where a.id = new.resolution ->> 'approval_id' and a.kind = 'break' and a.status = 'approved'
      and a.binds ->> 'id' = new.id and (a.binds ->> 'version')::bigint = old.version and a.request ->> 'action' = act
      and (a.asked_by, a.decided_by) = (new.resolution ->> 'by', new.resolution ->> 'approved_by') and a.asked_by <> a.decided_by)
  then
    raise exception 'break % is resolved by one person', old.id using errcode = 'TD015', constraint = 'break_requires_approval';
  end if;
  -- What people parked or found parked for it is gone from suspense once it is over; and nobody else's went with it.
  -- (A line that is matched leaves what its file's reconciliation set aside with the next posting of that.)
  if break_set_aside(new) or act <> 'force_match' and exists (select from break_in_suspense(new)) or exists (
    select from account_balances s where s.merchant_id = any(owners) and s.account in ('1900', '2900') and s.provider = new.provider
      and s.currency = new.currency
    group by s.merchant_id, s.account having sum(case s.account when '1900' then s.posted_debits - s.posted_credits else s.posted_credits - s.posted_debits end) < 0)
  then
    raise exception 'break % leaves suspense otherwise than it found it', old.id using errcode = 'TD018', constraint = 'break_drains_suspense';
  end if;
  if act in ('write_off', 'from_suspense') and new.kind <> 'duplicate_outflow' and not exists (
    select from journal_entries e join postings p on p.entry_id = e.id
    where e.merchant_id = any(owners) and e.key in (new.id || '/written_off', new.id || '/suspense/identified')
      and p.account in ('1900', '2900') and p.currency = new.currency
    having sum(p.amount) = abs(new.amount))
  then
    raise exception 'break % is not of that amount', old.id using errcode = 'TD018', constraint = 'break_amount';
  end if;
  return new;
end $$;
create trigger breaks_guard before update on breaks for each row execute function guard_break();

-- By people (tier 7): one line is all of these movements of ours, to the cent, in one currency, at its provider, and neither
-- is anything else. Null: so it is, and with p_approval_id it is written down; else why not. The caller holds the settlement
-- of the provider, so nobody else matches meanwhile.
create function force_match(p_break_id text, p_reconciliation_id text, p_line int, p_subjects text[], p_approval_id text) returns text
language plpgsql set search_path = public, pg_temp as $$
declare b breaks; l settlement_lines; said jsonb;
begin
  select * into strict b from breaks where id = p_break_id;
  select x.* into l from settlement_lines x join reconciliations r on r.id = x.reconciliation_id
    where x.reconciliation_id = p_reconciliation_id and x.line = p_line and r.provider = b.provider;
  if not found then return 'There is no such line of this provider.'; end if;
  if exists (select from settlement_matches m where m.reconciliation_id = l.reconciliation_id and m.line = l.line) then
    return 'That line is matched already.';
  end if;
  if exists (select from settlement_matches m where m.subject_id = any(p_subjects)) then
    return 'One of these movements is matched already.';
  end if;
  select jsonb_agg(s) into said from (
    select o.id, o.payment_id, o.merchant_id, case o.kind when 'refund' then -o.amount else o.amount end as amount, o.currency
    from operations o join attempts a on a.id = o.attempt_id
    where o.id = any(p_subjects) and o.kind in ('capture', 'refund', 'receipt') and o.status = 'succeeded' and a.provider = b.provider
    union all
    select d.id, d.payment_id, d.merchant_id, -d.amount, d.currency from disputes d
    where d.id = any(p_subjects) and d.provider = b.provider and d.status <> 'won'
    union all
    select a.id, a.payment_id, a.merchant_id, a.amount, a.currency from attempts a
    where a.id = any(p_subjects) and a.provider = b.provider and a.kind = 'sale' and a.status = 'late') s
  where s.merchant_id = coalesce(b.merchant_id, s.merchant_id) and s.currency = coalesce(l.charged_currency, l.currency);
  if coalesce(jsonb_array_length(said), 0) <> cardinality(p_subjects) then
    return 'One of these movements is not there: done, at this provider, in the currency of the line, of this merchant.';
  end if;
  if (select sum((s ->> 'amount')::numeric) from jsonb_array_elements(said) s) is distinct from coalesce(l.charged, l.gross) then
    return 'Their sum is not the amount of the line.';
  end if;
  if p_approval_id is not null then
    insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier, matched_by)
    select l.reconciliation_id, l.line, s ->> 'id', s ->> 'payment_id', s ->> 'merchant_id', 7, p_approval_id
    from jsonb_array_elements(said) s;
  end if;
  return null;
end $$;

create function guard_forced_match() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if not exists (select from approvals a where a.id = new.matched_by and a.kind = 'break' and a.status = 'approved'
    and a.request ->> 'action' = 'force_match')
  then
    raise exception 'line % is matched by nobody', new.line using errcode = 'TD015', constraint = 'match_requires_approval';
  end if;
  return new;
end $$;
create trigger settlement_matches_forced before insert on settlement_matches for each row when (new.tier = 7)
  execute function guard_forced_match();

revoke execute on function force_match(text, text, int, text[], text), break_entry_keys(text), break_in_suspense(breaks),
  break_set_aside(breaks) from public;
grant execute on function force_match(text, text, int, text[], text), break_entry_keys(text), break_in_suspense(breaks),
  break_set_aside(breaks) to tender_worker;
