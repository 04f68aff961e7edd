-- captured -> settled: every captured amount of a payment is matched to lines of settlement files, and nothing about it is open.
-- Set-wise, by compare-and-set under the row locks of the payments, with their lines as evidence.

-- Of which some lines came and which could not be settled with them: looked at again with the next file of the provider.
create table payments_to_settle (
  payment_id text constraint payments_to_settle_pkey primary key references payments,
  provider text not null
);
create index payments_to_settle_by_provider on payments_to_settle (provider, payment_id);
alter table payments_to_settle enable row level security;
alter table payments_to_settle force row level security;
create policy owner_all on payments_to_settle to tender_owner using (true) with check (true);
create policy worker_all on payments_to_settle to tender_worker using (true) with check (true);
grant select, insert, delete on payments_to_settle to tender_worker;

-- A line of a file that is through: whoever it tells of is looked at again with the next one.
create function note_matched_later() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  insert into payments_to_settle (payment_id, provider)
  select distinct f.payment_id, r.provider from (select distinct n.reconciliation_id from fresh n) x
  join reconciliations r on r.id = x.reconciliation_id and r.kind = 'settlement' and r.status in ('posted', 'completed')
  join fresh f on f.reconciliation_id = r.id where f.payment_id is not null
  on conflict do nothing;
  return null;
end $$;
create trigger settlement_matches_later after insert on settlement_matches referencing new table as fresh
  for each statement execute function note_matched_later();

create index breaks_open_by_payment on breaks (payment_id) where status = 'open';

-- What was captured and no line tells of, or an open break is about.
create function is_unsettled(p_payment text) returns boolean language sql stable set search_path = public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off as $$
  select not exists (
      select from operations o where o.payment_id = p_payment and o.kind in ('capture', 'receipt') and o.status = 'succeeded' and not o.late)
    or exists (
      select from operations o where o.payment_id = p_payment and o.status = 'succeeded' and not o.late
        and (o.kind = 'receipt' or o.kind = 'capture' and not exists (
          select from operations x where x.attempt_id = o.attempt_id and x.kind = 'receipt'))
        and not exists (select from settlement_matches m where m.subject_id = o.id))
    or exists (select from operations o where o.payment_id = p_payment and o.kind in ('capture', 'void') and is_open_operation(o.status))
    or exists (select from breaks b where b.payment_id = p_payment and b.status = 'open'
      and b.kind in ('amount', 'currency', 'fx', 'state', 'missing_external', 'duplicate_internal'))
$$;

-- As in 0044, of many at once: inlined where it is read, so that each costs its rows and no call.
create function payment_snapshots(p_ids text[]) returns table (payment_id text, snapshot jsonb) language sql stable as $$
  select p.id, jsonb_build_object(
    'payment', to_jsonb(p),
    'attempts', coalesce((select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = p.id), '[]'),
    'operations', coalesce((select jsonb_agg(to_jsonb(o) order by o.number) from operations o where o.payment_id = p.id), '[]'),
    'disputes', coalesce((select jsonb_agg(dispute_view(d) order by d.id) from disputes d where d.payment_id = p.id), '[]'),
    'customer', (select to_jsonb(c) from customers c where c.id = p.customer_id),
    'fund_model', m.fund_model,
    'refund_limit', refund_limit(m, p.currency),
    'now', tender_now())
  from payments p left join merchants m on m.id = p.merchant_id where p.id = any(p_ids)
$$;

-- Of these payments, whichever are. Answers how many.
create function settle_these(p_provider text, p_payments text[]) returns int language plpgsql set search_path = public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off as $$
declare ready text[]; proofs jsonb[]; not_yet text[]; at timestamptz := tender_now();
begin
  -- Before the payments, as matching has it: no break is found and no line matched meanwhile.
  perform hold_settlement(p_provider);
  -- In their order, as everybody locks them; what is read below does not move any more.
  perform from payments p where p.id = any(p_payments) order by p.id for no key update;
  select array_agg(p.id order by p.id) filter (where p.status = 'captured' and not u.open),
    array_agg(p.id) filter (where p.status = 'partially_captured' or u.open) into ready, not_yet
  from payments p cross join lateral (select is_unsettled(p.id) as open offset 0) u
  where p.id = any(p_payments) and p.status in ('captured', 'partially_captured');
  delete from payments_to_settle w where w.payment_id = any(p_payments);
  insert into payments_to_settle (payment_id, provider) select x, p_provider from unnest(not_yet) x;
  if ready is null then return 0; end if;
  proofs := array(
    select (select jsonb_agg(jsonb_build_object('reconciliation_id', m.reconciliation_id, 'line', m.line, 'subject_id', o.id)
        order by m.reconciliation_id, m.line)
      from operations o join settlement_matches m on m.subject_id = o.id
      where o.payment_id = r.id and o.kind in ('capture', 'receipt') and o.status = 'succeeded')
    from unnest(ready) with ordinality r (id, n) order by r.n);
  update payments p set status = 'settled', version = p.version + 1, updated_at = at, status_basis = settled_basis(p_provider, r.lines)
  from unnest(ready, proofs) r (id, lines) where p.id = r.id;
  insert into timeline (payment_id, actor, kind, from_status, to_status, evidence)
  select r.id, 'tender', 'payment.settled', 'captured', 'settled', settled_basis(p_provider, r.lines) || jsonb_build_object('lines', r.lines)
  from unnest(ready, proofs) r (id, lines);
  insert into outbox (merchant_id, payment_id, sequence, type, object)
  select s.snapshot #>> '{payment,merchant_id}', s.payment_id, coalesce((select o.sequence from outbox o
      where o.payment_id = s.payment_id order by o.sequence desc limit 1), 0) + 1, 'payment.settled', s.snapshot || '{"operation_id": null}'
  -- `offset 0`: else each would be made twice.
  from (select x.payment_id, x.snapshot from payment_snapshots(ready) x offset 0) s;
  return cardinality(ready);
end $$;
create function settled_basis(p_provider text, lines jsonb) returns jsonb language sql immutable as $$
  select jsonb_build_object('kind', 'settlement', 'provider', p_provider,
    'detail', (lines #>> '{-1,reconciliation_id}') || ' line ' || (lines #>> '{-1,line}'))
$$;

-- Those that the lines [p_from, p_to) of a file tell of.
create function settle_payments(p_id text, p_from int, p_to int) returns int language plpgsql set search_path = public, pg_temp as $$
declare of_provider text;
begin
  select r.provider into strict of_provider from reconciliations r
    where r.id = p_id and r.kind = 'settlement' and r.status in ('posted', 'completed');
  return settle_these(of_provider, array(select distinct m.payment_id from settlement_matches m
    where m.reconciliation_id = p_id and m.line >= p_from and m.line < p_to and m.payment_id is not null order by 1));
end $$;

-- Those that waited, after p_after; answers the last one looked at, null where there is none.
create function settle_waiting(p_provider text, p_after text, p_limit int) returns table (settled int, last text)
language plpgsql set search_path = public, pg_temp as $$
declare waiting text[] := array(select w.payment_id from payments_to_settle w where w.provider = p_provider and w.payment_id > p_after
  order by w.payment_id limit p_limit);
begin
  settled := settle_these(p_provider, waiting);
  last := waiting[cardinality(waiting)];
  return next;
end $$;

-- Events are written once and read once or twice: half the size matters less than a third of the time.
do $$
begin
  alter table outbox alter column object set compression lz4;
exception when feature_not_supported then null;
end $$;

do $$
declare f text;
begin
  foreach f in array array['is_unsettled(text)', 'payment_snapshots(text[])', 'settled_basis(text, jsonb)', 'settle_these(text, text[])', 'settle_payments(text, int, int)',
    'settle_waiting(text, text, int)'] loop
    execute format('revoke execute on function %s from public', f);
    execute format('grant execute on function %s to tender_worker', f);
  end loop;
end $$;
