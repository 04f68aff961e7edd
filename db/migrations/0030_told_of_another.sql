-- Told of another: a yes to what is recorded, under another id of the provider, is another movement under our
-- reference, a second hold perhaps. It confirms nothing: the run looks, and a person is told, with both ids.

-- Once per pair of ids, and nothing where it is about nothing of ours.
create function open_case_of_another(told inbox, p_known text) returns void language sql set search_path = public, pg_temp as $$
  insert into cases (merchant_id, payment_id, kind, subject_id, attempt_id, operation_id, amount, currency, reason, evidence)
  select a.merchant_id, a.payment_id, 'contradiction', told.reference, a.id, o.id, coalesce(o.amount, a.amount), a.currency,
    'told_of_another', jsonb_build_object('kind', 'webhook', 'provider', told.provider, 'event_id', told.event_id,
      'claim', told.claim, 'provider_references', n.both_of)
  from (select jsonb_build_array(p_known, told.claim #>> '{outcome,providerReference}') as both_of) n
    left join operations o on o.id = told.reference
    join attempts a on a.id = coalesce(o.attempt_id, told.reference)
  where a.provider = told.provider and told.claim ->> 'kind' = coalesce(o.kind, 'authorize')
    and not exists (select from cases k where k.subject_id = told.reference and k.reason = 'told_of_another'
      and k.evidence -> 'provider_references' = n.both_of)
  on conflict (subject_id, kind) where status = 'open' do nothing
$$;
revoke execute on function open_case_of_another(inbox, text) from public;
grant execute on function open_case_of_another(inbox, text) to tender_worker;

-- As in 0028, and 'another': of the same amount, under another id than the recorded one.
create function judge_claim(claim jsonb, p_kind text, p_status text, amounts bigint[], p_currency text, is_sale boolean,
  p_known text) returns text language sql immutable as $$
  select case
    when judged = 'confirms' and claim #>> '{outcome,kind}' = 'approved' and p_kind <> 'void'
      and (claim #>> '{outcome,providerReference}') <> p_known then 'another'
    else judged end
  from judge_claim(claim, p_kind, p_status, amounts, p_currency, is_sale) judged
$$;

create or replace function meet_told(p_provider text, p_reference text) returns boolean language plpgsql as $$
declare
  a attempts; o operations; held payments; told inbox; what text; news boolean := false; known text;
  kind text := 'authorize'; status text; basis jsonb; amounts bigint[]; sold boolean;
begin
  select * into a from attempts t where t.id = p_reference and t.provider = p_provider;
  if a.id is null then
    select * into o from operations t where t.id = p_reference;
    select * into a from attempts t where t.id = o.attempt_id and t.provider = p_provider;
    if a.id is null then return null; end if;
    kind := o.kind; status := o.status; basis := o.basis; amounts := array[o.amount]; known := o.provider_reference;
  end if;
  select * into strict held from payments t where t.id = a.payment_id;
  if kind = 'authorize' then
    -- Raised since, some providers tell the whole.
    status := a.status; basis := a.basis; amounts := array[a.amount, a.amount + held.amount_incremented];
    known := a.provider_reference;
    sold := a.kind = 'sale' and not exists (select from operations t
      where t.attempt_id = a.id and t.kind = 'capture' and t.status = 'failed');
  end if;
  -- A line of a settlement file has an id of its own.
  if basis ->> 'kind' = 'settlement' then known := null; end if;
  for told in select * from inbox i where i.provider = p_provider and i.reference = p_reference
      and i.state in ('waiting', 'unmatched') order by i.received_at, i.event_id loop
    what := judge_claim(told.claim, kind, status, amounts, held.currency, sold, known);
    update inbox i set payment_id = held.id,
      state = case what when 'confirms' then 'confirmed' when 'mismatch' then 'mismatch' else 'waiting' end,
      handled_at = case what when 'confirms' then tender_now() end,
      evidence = case when what in ('confirms', 'mismatch') then jsonb_build_object('status', status, 'basis', basis,
        'amount', amounts[1], 'currency', held.currency) end
    where i.provider = told.provider and i.event_id = told.event_id;
    if what = 'another' then perform open_case_of_another(told, known); end if;
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

-- What one answer closes. An event that tells of another than the one it is about was told before any was recorded.
create function close_told(p_provider text, p_event_ids text[], p_state text, p_evidence jsonb, p_known text) returns void
language plpgsql set search_path = public, pg_temp as $$
declare told inbox;
begin
  for told in update inbox i set state = p_state, handled_at = tender_now(), evidence = p_evidence
      where i.provider = p_provider and i.event_id = any(p_event_ids) and i.state in ('waiting', 'unmatched') returning i.* loop
    if told.claim #>> '{outcome,kind}' = 'approved' and told.claim ->> 'kind' <> 'void'
      and (told.claim #>> '{outcome,providerReference}') <> p_known then
      perform open_case_of_another(told, p_known);
    end if;
  end loop;
end $$;
revoke execute on function close_told(text, text[], text, jsonb, text) from public;
grant execute on function close_told(text, text[], text, jsonb, text) to tender_worker;

-- As in 0028, where a look is meant: not before it was sent, nor while its answer is awaited. The time of what
-- waits for a second person is when that wait is over, and of what is to be sent again, when it is sent.
create function wants_look(p_status text) returns boolean language sql immutable as $$
  select p_status not in ('requires_approval', 'requested', 'submitting')
$$;

create or replace function look_because_told(p_payment_id text, p_provider text, p_reference text, p_delay_ms int) returns void
language plpgsql as $$
begin
  update attempts a set due_at = tender_now() where a.id = p_reference and wants_look(a.status);
  update operations o set due_at = tender_now() where o.id = p_reference and wants_look(o.status);
  update payments p set version = p.version + 1,
    wake_at = least(p.wake_at, tender_now() + p_delay_ms * interval '1 millisecond') where p.id = p_payment_id;
  update inbox i set woken_at = tender_now()
    where i.provider = p_provider and i.reference = p_reference and i.handled_at is null;
end $$;

create or replace function meet_told_on_move() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare teller text;
begin
  if not exists (select from inbox i where i.reference = new.id and i.state in ('waiting', 'unmatched')) then return null; end if;
  if tg_table_name = 'attempts' then teller := new.provider;
  else select a.provider into teller from attempts a where a.id = new.attempt_id; end if;
  if not coalesce(meet_told(teller, new.id), false) or not wants_look(new.status) then return null; end if;
  if tg_table_name = 'attempts' then
    update attempts a set due_at = tender_now() where a.id = new.id and (a.due_at is null or a.due_at > tender_now());
  else
    update operations o set due_at = tender_now() where o.id = new.id and (o.due_at is null or o.due_at > tender_now());
  end if;
  return null;
end $$;
