-- Excess that goes again. `amount_excess` is two things: what was captured in excess and stands, and what was given
-- away beyond what there was. The second ends with the refund that made it one; the first stands in account 2900,
-- and what is refunded while it stands there goes out of it, whoever asks for it.

-- Fixed when it is asked for; of what was returned by itself so far, all of it.
alter table operations add column from_suspense bigint not null default 0,
  add constraint operations_from_suspense check (from_suspense between 0 and amount),
  add constraint operations_suspense_of_refund check (from_suspense = 0 or (kind = 'refund' and not late));
update operations set from_suspense = amount where kind = 'refund' and cause = 'automatic' and not late;

-- What was captured in excess and stands in suspense, without what one operation does to it.
create function excess_standing(p_payment_id text, p_but text) returns bigint language sql stable set search_path = public, pg_temp as $$
  select greatest(0, coalesce(sum(case
    when o.excess and o.status = 'succeeded' then o.amount
    when o.kind = 'refund' and not o.late and o.status not in ('failed', 'rejected')
      then -o.from_suspense
    else 0 end), 0))::bigint
  from operations o where o.payment_id = p_payment_id and o.id <> p_but
$$;

-- What of a refund goes out of it, when it is asked for, and again when it is found done behind a no.
create function take_from_suspense() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare held payments;
begin
  if tg_op = 'INSERT' then
    select * into strict held from payments where id = new.payment_id for no key update;
    new.from_suspense := new.amount;
  else
    select * into strict held from payments where id = new.payment_id;
    new.from_suspense := old.from_suspense;
    if (old.status, new.status) <> ('failed', 'succeeded') then return new; end if;
  end if;
  new.from_suspense := case when new.kind <> 'refund' or new.late or held.amount_excess = 0 then 0
    else least(new.from_suspense, excess_standing(new.payment_id, new.id)) end;
  return new;
end $$;
create trigger operations_suspense before insert or update of status, from_suspense on operations
  for each row execute function take_from_suspense();

-- `beyond`: what was given away beyond what there was. Facts raise it to what is missing (`missing`), and nothing else
-- does; it ends when less is missing.
create function beyond_after(beyond bigint, missing bigint, is_fact boolean) returns bigint language sql immutable as $$
  select greatest(least(beyond, missing), case when is_fact then missing end, 0)
$$;

-- As in 0027, with excess that goes again.
create or replace function reserve_operation() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
  was_open bigint := 0; was_done bigint := 0;
  is_open bigint := case when is_open_operation(new.status) then new.amount else 0 end;
  is_done bigint := case when new.status = 'succeeded' then new.amount else 0 end;
  held payments; stood bigint; stands bigint; missing bigint; is_fact boolean;
begin
  if tg_op = 'INSERT' then
    select * into strict held from payments where id = new.payment_id for no key update;
    if new.currency <> held.currency then
      raise exception 'operation % is in another currency than its payment', new.id using errcode = 'TD002';
    end if;
  end if;
  if new.late then return new; end if;
  if tg_op = 'UPDATE' then
    if old.status = new.status then return new; end if;
    was_open := case when is_open_operation(old.status) then old.amount else 0 end;
    was_done := case when old.status = 'succeeded' then old.amount else 0 end;
    select * into strict held from payments where id = new.payment_id;
  else
    if new.kind in ('capture', 'void', 'increment') and new.status = 'requested' and held.void_open then
      raise exception 'payment % is being canceled', new.payment_id
        using errcode = 'TD003', constraint = 'cancel_pending';
    end if;
    if new.kind in ('capture', 'increment') and new.status = 'requested' and held.capture_closed then
      raise exception 'payment % takes no more captures', new.payment_id
        using errcode = 'TD003', constraint = 'capture_closed';
    end if;
    if new.kind = 'increment' and new.amount > 9007199254740991 - greatest(held.amount, held.amount_authorized) then
      raise exception 'payment % cannot be raised so far', new.payment_id
        using errcode = 'TD003', constraint = 'increment_too_large';
    end if;
  end if;

  if new.kind = 'increment' then
    if was_done <> is_done then perform apply_increment(new.payment_id, was_done, is_done); end if;
    return new;
  elsif new.kind not in ('capture', 'refund') then
    update payments set
      void_open = is_open_operation(new.status),
      capture_closed = capture_closed or new.status = 'succeeded'
    where id = new.payment_id;
    return new;
  end if;

  stood := 0;
  if held.amount_excess > 0 then
    select coalesce(sum(o.amount), 0) into stood from operations o
      where o.payment_id = new.payment_id and o.id <> new.id and o.excess and o.status = 'succeeded';
  end if;
  stands := stood + case when new.excess then is_done else 0 end;
  stood := stood + case when new.excess then was_done else 0 end;
  missing := held.amount_refunded + held.refund_reserved + held.amount_disputed - held.amount_captured - stands
    + case new.kind when 'refund' then is_done + is_open - was_done - was_open
      else case when new.excess then 0 else was_done - is_done end end;
  -- Taken back after it was refunded, or refunded behind a no: no ceiling may refuse it.
  is_fact := tg_op = 'UPDATE' and case new.kind when 'capture' then was_done > is_done else old.status = 'failed' end;
  -- What has just been found captured in excess is for its own return, which is asked for in the same commit.
  if new.excess and is_done > was_done then missing := missing + is_done; end if;
  update payments set
    capture_reserved = capture_reserved + case new.kind when 'capture' then is_open - was_open else 0 end,
    amount_captured = amount_captured + case when new.kind = 'capture' and not new.excess then is_done - was_done else 0 end,
    capture_closed = capture_closed or (new.kind = 'capture' and not new.excess and new.final and new.status = 'succeeded'),
    refund_reserved = refund_reserved + case new.kind when 'refund' then is_open - was_open else 0 end,
    amount_refunded = amount_refunded + case new.kind when 'refund' then is_done - was_done else 0 end,
    amount_excess = stands + beyond_after(greatest(amount_excess - stood, 0), missing, is_fact)
  where id = new.payment_id;
  return new;
end $$;
