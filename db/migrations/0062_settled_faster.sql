-- An event stays in its row, where the table beside it took two more writes for each, and whether a payment is settled is read where
-- it is asked, in place of a call per payment. Each alone is a third and two thirds less (docs/performance.md has the whole).

alter table outbox set (toast_tuple_target = 8160);

-- Of each of these: what was captured and no line tells of, or an open break is about. Inlined where it is read.
create function payments_open(p_ids text[]) returns table (id text, status text, open boolean) language sql stable as $$
  select p.id, p.status,
    not exists (
      select from operations o where o.payment_id = p.id and o.kind in ('capture', 'receipt') and o.status = 'succeeded' and not o.late)
    or exists (
      select from operations o where o.payment_id = p.id and o.status = 'succeeded' and not o.late
        and (o.kind = 'receipt' or o.kind = 'capture' and not exists (
          select from operations x where x.attempt_id = o.attempt_id and x.kind = 'receipt'))
        and not exists (select from settlement_matches m where m.subject_id = o.id))
    or exists (select from operations o where o.payment_id = p.id and o.kind in ('capture', 'void') and is_open_operation(o.status))
    or exists (select from breaks b where b.payment_id = p.id and b.status = 'open'
      and b.kind in ('amount', 'currency', 'fx', 'state', 'missing_external', 'duplicate_internal'))
  from payments p where p.id = any(p_ids)
$$;
revoke execute on function payments_open(text[]) from public;
grant execute on function payments_open(text[]) to tender_worker;

create or replace function settle_these(p_provider text, p_payments text[]) returns int language plpgsql set search_path = public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off as $$
declare ready text[]; proofs jsonb[]; not_yet text[]; at timestamptz := tender_now();
begin
  -- Before the payments, as matching has it: no break is found and no line matched meanwhile.
  perform hold_settlement(p_provider);
  -- In their order, as everybody locks them; what is read below does not move any more.
  perform from payments p where p.id = any(p_payments) order by p.id for no key update;
  select array_agg(p.id order by p.id) filter (where p.status = 'captured' and not p.open),
    array_agg(p.id) filter (where p.status = 'partially_captured' or p.open) into ready, not_yet
  -- `offset 0`: else each would be looked at twice.
  from (select o.* from payments_open(p_payments) o offset 0) p where p.status in ('captured', 'partially_captured');
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
drop function is_unsettled(text);
