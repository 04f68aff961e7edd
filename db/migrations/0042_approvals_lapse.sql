-- A request that nobody decided lapses by itself, and its payment's timeline says so. Refunds lapse with their
-- operation, by the payment's own run.
create index approvals_undecided on approvals (expires_at) where status = 'open' and kind <> 'refund';

-- The caller holds the lock of its payment, where it is about one.
create function lapse_approval(p_id text) returns boolean language plpgsql set search_path = public, pg_temp as $$
declare over approvals;
begin
  update approvals a set status = 'lapsed', decided_by = 'tender', decided_at = tender_now()
    where a.id = p_id and a.status = 'open' and a.expires_at <= tender_now() returning * into over;
  if not found then return false; end if;
  if over.payment_id is not null then
    perform append_timeline(over.payment_id, jsonb_build_array(jsonb_build_object('actor', 'tender',
      'kind', over.kind || '.lapsed', 'evidence', jsonb_build_object('kind', 'timer', 'approval_id', over.id,
        'asked_by', over.asked_by, 'subject_id', over.binds ->> 'id', 'detail', 'nobody decided it in time'))));
  end if;
  return true;
end $$;

-- A few at a time, payments in order, as everybody locks several.
create function lapse_approvals() returns int language plpgsql set search_path = public, pg_temp as $$
declare due record; lapsed int := 0;
begin
  for due in select * from (select a.id, a.payment_id from approvals a
      where a.status = 'open' and a.kind <> 'refund' and a.expires_at <= tender_now() order by a.expires_at limit 100) first
      order by first.payment_id nulls first, first.id loop
    if due.payment_id is not null then
      perform from payments p where p.id = due.payment_id for no key update;
    end if;
    if lapse_approval(due.id) then lapsed := lapsed + 1; end if;
  end loop;
  return lapsed;
end $$;
revoke execute on function lapse_approval(text), lapse_approvals() from public;
grant execute on function lapse_approval(text), lapse_approvals() to tender_worker;
