-- What is told of files and breaks, in the transaction in which it comes to be. An event of neither a payment nor a merchant
-- is of the installation: merchants' keys do not see it, staff do.

-- What the events that are of no payment are ordered within: a break or a file.
alter table outbox add column stream text;
alter table outbox alter column payment_id drop not null, alter column merchant_id drop not null;
alter table outbox add constraint outbox_stream check ((payment_id is null) = (stream is not null));
-- What is of a payment is of its merchant.
alter table outbox add constraint outbox_merchant check (merchant_id is not null or payment_id is null);
create unique index outbox_stream_ordered on outbox (stream, merchant_id, sequence) nulls not distinct where stream is not null;
-- The API tells of what it accepts; of payments, whose merchant a foreign key holds.
create policy api_tells_of_payments on outbox as restrictive for insert to tender_api with check (payment_id is not null);

-- One that ended as it was found was never open.
create function tell_opened_breaks() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  insert into outbox (merchant_id, stream, sequence, type, object)
  select b.merchant_id, b.id, 1, 'break.opened',
    jsonb_build_object('break', to_jsonb(b) || jsonb_build_object('amount', b.amount::text, 'age_seconds', 0))
  from opened b where b.status = 'open' order by b.id;
  return null;
end $$;
create trigger breaks_told after insert on breaks referencing new table as opened
  for each statement execute function tell_opened_breaks();

-- The installation is told of the whole file, and each merchant of what in it is its own, and of nothing else. Read in the order
-- of the index: sorted, a file of a million lines would take as many seconds as its completion has.
create function tell_completed() returns trigger language plpgsql set search_path = public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  insert into outbox (merchant_id, stream, sequence, type, object)
  with matched as (
    select null as merchant_id, count(*) as lines from (select distinct m.line from settlement_matches m where m.reconciliation_id = new.id) l
    union all
    select l.merchant_id, count(*) from (
      select distinct m.line, m.merchant_id from settlement_matches m where m.reconciliation_id = new.id and m.merchant_id is not null) l
    group by l.merchant_id
  ), broken as (
    select null as merchant_id, count(*) as breaks from breaks b where b.reconciliation_id = new.id and b.status = 'open'
    union all
    select b.merchant_id, count(*) from breaks b where b.reconciliation_id = new.id and b.status = 'open' and b.merchant_id is not null
    group by b.merchant_id
  ), told as (
    select x.merchant_id, sum(x.lines) as lines, sum(x.breaks) as breaks
    from (select merchant_id, lines, 0 as breaks from matched union all select merchant_id, 0, breaks from broken) x group by x.merchant_id
  )
  select t.merchant_id, new.id,
    1 + coalesce((select max(e.sequence) from outbox e where e.stream = new.id and e.merchant_id is not distinct from t.merchant_id), 0),
    'reconciliation.completed', jsonb_build_object('reconciliation', jsonb_build_object('id', new.id, 'provider', new.provider,
      'kind', new.kind, 'statement_id', new.statement_id, 'covers_from', new.covers_from, 'covers_to', new.covers_to,
      'line_count', case when t.merchant_id is null then new.line_count end, 'matched_lines', t.lines, 'open_breaks', t.breaks,
      'received_at', new.received_at, 'completed_at', new.completed_at))
  from told t order by t.merchant_id nulls first;
  return null;
end $$;
create trigger reconciliations_told after update of status on reconciliations
  for each row when (new.status = 'completed' and old.status <> 'completed') execute function tell_completed();

revoke execute on function tell_opened_breaks(), tell_completed() from public;
