-- What became of each event of a provider, and on what evidence. An event is judged by what it says, never
-- by when it came: against what is recorded of its object when it arrives, when its object appears, and each
-- time that moves on. It never records anything itself: it sends the payment's run to look.

alter table inbox
  -- waiting: for its object, or for its payment's run to look · unmatched: nothing of ours had its reference
  -- for an hour · confirmed: said what was recorded · looked_up: a lookup made after it has answered ·
  -- recorded: its own word was the evidence, since no lookup can say · mismatch: another amount or currency
  -- than ours, kept for a person.
  add column state text not null default 'waiting',
  add column claim jsonb,
  -- When the provider says it happened. Arrival says nothing.
  add column told_at timestamptz,
  add column evidence jsonb,
  add column woken_at timestamptz;
update inbox set state = 'looked_up', handled_at = received_at, evidence = '{"detail": "before states were kept"}'
  where payment_id is not null;
alter table inbox
  add constraint inbox_states check (state in ('waiting', 'unmatched', 'confirmed', 'looked_up', 'recorded', 'mismatch')),
  add constraint inbox_handled check ((handled_at is not null) = (state in ('confirmed', 'looked_up', 'recorded'))),
  add constraint inbox_says_why check (handled_at is null or evidence is not null),
  add constraint inbox_mismatch_named check (state <> 'mismatch' or (payment_id is not null and evidence is not null));
drop index inbox_waiting;
create index inbox_by_reference on inbox (reference);
create index inbox_open on inbox (state, received_at desc) where handled_at is null;
grant update (state, evidence) on inbox to tender_worker;

-- A person explains the difference.
do $$
declare known text := (select pg_get_expr(conbin, conrelid) from pg_constraint
  where conname = 'cases_kind' and conrelid = 'cases'::regclass);
begin
  alter table cases drop constraint cases_kind;
  execute format('alter table cases add constraint cases_kind check (%s or kind = ''webhook_mismatch'')', known);
end $$;

-- What a claim is to a record: 'confirms', 'mismatch' (of amount or currency) or 'news'.
create function judge_claim(claim jsonb, p_kind text, p_status text, amounts bigint[], p_currency text, is_sale boolean)
returns text language sql immutable as $$
  select case
    when claim is null or claim ->> 'kind' <> p_kind then 'news'
    when claim #>> '{outcome,kind}' = 'approved' then case
      -- A void gives back whatever is left by then; its amount is the provider's to say.
      when p_kind <> 'void' and ((claim #>> '{outcome,currency}') <> p_currency
        or (claim #>> '{outcome,amountMinor}')::numeric <> all (amounts)) then 'mismatch'
      when p_status in ('succeeded', 'late') then 'confirms'
      when p_status in ('authorized', 'voiding') and (claim #>> '{outcome,captured}')::boolean = is_sale then 'confirms'
      else 'news' end
    when claim #>> '{outcome,kind}' = 'declined' and p_status in ('declined', 'failed') then 'confirms'
    when claim #>> '{outcome,kind}' in ('pending', 'requires_action') and p_status = claim #>> '{outcome,kind}' then 'confirms'
    else 'news' end
$$;

-- Judges all that waits for one attempt or operation; the caller holds the payment's row lock. True: there
-- is something that a lookup must answer. Null: no object of that provider has this reference.
create function meet_told(p_provider text, p_reference text) returns boolean language plpgsql as $$
declare
  a attempts; o operations; held payments; told inbox; what text; news boolean := false;
  kind text := 'authorize'; status text; basis jsonb; amounts bigint[]; sold boolean;
begin
  select * into a from attempts t where t.id = p_reference and t.provider = p_provider;
  if a.id is null then
    select * into o from operations t where t.id = p_reference;
    select * into a from attempts t where t.id = o.attempt_id and t.provider = p_provider;
    if a.id is null then return null; end if;
    kind := o.kind; status := o.status; basis := o.basis; amounts := array[o.amount];
  end if;
  select * into strict held from payments t where t.id = a.payment_id;
  if kind = 'authorize' then
    -- Raised since, some providers tell the whole.
    status := a.status; basis := a.basis; amounts := array[a.amount, a.amount + held.amount_incremented];
    sold := a.kind = 'sale' and not exists (select from operations t
      where t.attempt_id = a.id and t.kind = 'capture' and t.status = 'failed');
  end if;
  for told in select * from inbox i where i.provider = p_provider and i.reference = p_reference
      and i.state in ('waiting', 'unmatched') order by i.received_at, i.event_id loop
    what := judge_claim(told.claim, kind, status, amounts, held.currency, sold);
    update inbox i set payment_id = held.id,
      state = case what when 'confirms' then 'confirmed' when 'mismatch' then 'mismatch' else 'waiting' end,
      handled_at = case what when 'confirms' then tender_now() end,
      evidence = case when what <> 'news' then jsonb_build_object('status', status, 'basis', basis,
        'amount', amounts[1], 'currency', held.currency) end
    where i.provider = told.provider and i.event_id = told.event_id;
    if what = 'mismatch' then
      perform append_timeline(held.id, jsonb_build_array(jsonb_build_object('actor', 'provider:' || p_provider,
        'kind', 'webhook.mismatch', 'evidence', jsonb_build_object('kind', 'webhook', 'provider', p_provider,
          'event_id', told.event_id, 'reference', p_reference, 'asked', amounts[1] || ' ' || held.currency,
          'told', (told.claim #>> '{outcome,amountMinor}') || ' ' || (told.claim #>> '{outcome,currency}')))));
      perform open_cases(held, jsonb_build_array(jsonb_build_object('kind', 'webhook_mismatch', 'attempt_id', a.id,
        'operation_id', o.id, 'amount', amounts[1], 'reason', 'told_another_amount', 'evidence', jsonb_build_object(
          'kind', 'webhook', 'provider', p_provider, 'event_id', told.event_id, 'claim', told.claim))));
    end if;
    news := news or what <> 'confirms';
  end loop;
  return news;
end $$;

create function payment_of_reference(p_provider text, p_reference text) returns text language sql stable as $$
  select coalesce(
    (select a.payment_id from attempts a where a.id = p_reference and a.provider = p_provider),
    (select o.payment_id from operations o join attempts a on a.id = o.attempt_id
      where o.id = p_reference and a.provider = p_provider))
$$;

-- Looks again even at what is closed: a provider that speaks up has something to say.
create function look_because_told(p_payment_id text, p_provider text, p_reference text, p_delay_ms int) returns void
language plpgsql as $$
begin
  update attempts a set due_at = tender_now() where a.id = p_reference;
  update operations o set due_at = tender_now() where o.id = p_reference;
  update payments p set version = p.version + 1,
    wake_at = least(p.wake_at, tender_now() + p_delay_ms * interval '1 millisecond') where p.id = p_payment_id;
  update inbox i set woken_at = tender_now()
    where i.provider = p_provider and i.reference = p_reference and i.handled_at is null;
end $$;

-- As in 0006, and one that only confirms is closed here and wakes nothing. What is sent again is no news.
drop function receive_webhook(text, text, text, text, bytea, int);
create function receive_webhook(p_provider text, p_event_id text, p_type text, p_reference text, p_raw bytea, p_delay_ms int,
  p_claim jsonb default null, p_told_at timestamptz default null)
returns table (payment_id text, fresh boolean, state text) language plpgsql security definer set search_path = public, pg_temp as $$
declare owner text;
begin
  insert into inbox (provider, event_id, type, reference, raw, claim, told_at)
  values (p_provider, p_event_id, p_type, p_reference, p_raw, p_claim, p_told_at) on conflict do nothing;
  if not found then
    return query select i.payment_id, false, i.state from inbox i where i.provider = p_provider and i.event_id = p_event_id;
    return;
  end if;
  owner := payment_of_reference(p_provider, p_reference);
  if owner is not null then
    perform from payments p where p.id = owner for no key update;
    if meet_told(p_provider, p_reference) then
      perform look_because_told(owner, p_provider, p_reference, p_delay_ms);
    end if;
  end if;
  return query select i.payment_id, true, i.state from inbox i where i.provider = p_provider and i.event_id = p_event_id;
end $$;
revoke execute on function receive_webhook(text, text, text, text, bytea, int, jsonb, timestamptz) from public;
grant execute on function receive_webhook(text, text, text, text, bytea, int, jsonb, timestamptz) to tender_api;

-- The other way round: the object appears, or moves on, after it was told of; in the transaction that does
-- it. While a call is under way its outcome is awaited, and judges what waits.
create function meet_told_on_move() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare teller text;
begin
  if not exists (select from inbox i where i.reference = new.id and i.state in ('waiting', 'unmatched')) then return null; end if;
  if tg_table_name = 'attempts' then teller := new.provider;
  else select a.provider into teller from attempts a where a.id = new.attempt_id; end if;
  if not coalesce(meet_told(teller, new.id), false) or new.status in ('requested', 'submitting') then return null; end if;
  if tg_table_name = 'attempts' then
    update attempts a set due_at = tender_now() where a.id = new.id and (a.due_at is null or a.due_at > tender_now());
  else
    update operations o set due_at = tender_now() where o.id = new.id and (o.due_at is null or o.due_at > tender_now());
  end if;
  return null;
end $$;
create trigger attempts_told_insert after insert on attempts for each row execute function meet_told_on_move();
create trigger attempts_told_update after update of status on attempts for each row
  when (old.status is distinct from new.status) execute function meet_told_on_move();
create trigger operations_told_insert after insert on operations for each row execute function meet_told_on_move();
create trigger operations_told_update after update of status on operations for each row
  when (old.status is distinct from new.status) execute function meet_told_on_move();

-- What neither of the two could see: an event and its object committed at the same moment, a lookup whose
-- outcome was recorded by a process that died before it closed the event. Answers how many it moved.
create function sweep_inbox(p_unmatched_after interval, p_again_after interval)
returns table (matched int, woken int, unmatched int) language plpgsql security definer set search_path = public, pg_temp as $$
declare told record;
begin
  matched := 0; woken := 0;
  for told in select distinct i.provider, i.reference, payment_of_reference(i.provider, i.reference) as owner
      from (select * from inbox n where n.state in ('waiting', 'unmatched') and n.payment_id is null
        order by n.received_at desc limit 1000) i
      where payment_of_reference(i.provider, i.reference) is not null order by 3, 1, 2 loop
    perform from payments p where p.id = told.owner for no key update;
    if meet_told(told.provider, told.reference) then
      perform look_because_told(told.owner, told.provider, told.reference, 0);
    end if;
    matched := matched + 1;
  end loop;
  for told in select distinct i.payment_id as owner, i.provider, i.reference from inbox i
      where i.state = 'waiting' and i.payment_id is not null
        and coalesce(i.woken_at, i.received_at) < tender_now() - p_again_after order by 1, 2, 3 limit 200 loop
    perform from payments p where p.id = told.owner for no key update;
    if meet_told(told.provider, told.reference) then
      perform look_because_told(told.owner, told.provider, told.reference, 0);
      woken := woken + 1;
    end if;
  end loop;
  update inbox i set state = 'unmatched'
    where i.state = 'waiting' and i.payment_id is null and i.received_at < tender_now() - p_unmatched_after;
  get diagnostics unmatched = row_count;
  return next;
end $$;
revoke execute on function sweep_inbox(interval, interval), meet_told(text, text), meet_told_on_move(),
  look_because_told(text, text, text, int) from public;
grant execute on function sweep_inbox(interval, interval) to tender_worker;
