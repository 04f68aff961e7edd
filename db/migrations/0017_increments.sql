-- An authorization may be raised while it stands: an operation of its own, one at a time. What is authorized
-- rises when it has succeeded and not before, so an increment in doubt adds nothing that may be captured.

alter table operations drop constraint operations_kind,
  add constraint operations_kind check (kind in ('capture', 'void', 'refund', 'increment'));
-- Two at once would be two answers to one question: how much is held.
create unique index operations_one_increment on operations (payment_id)
  where kind = 'increment' and status in ('requested', 'submitting', 'pending', 'unknown');

alter table payments add column amount_incremented bigint not null default 0
    constraint payments_amount_incremented_not_negative check (amount_incremented >= 0),
  drop constraint payments_authorized_within_amount,
  add constraint payments_authorized_within_amount check (amount_authorized <= amount + amount_incremented),
  add constraint payments_authorized_safe check (amount_authorized <= 9007199254740991);

create or replace function refuse_amount_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if pg_trigger_depth() = 1 and
    (old.amount_captured, old.capture_reserved, old.amount_refunded, old.refund_reserved, old.amount_disputed,
      old.amount_excess, old.void_open, old.amount_incremented)
    is distinct from
    (new.amount_captured, new.capture_reserved, new.amount_refunded, new.refund_reserved, new.amount_disputed,
      new.amount_excess, new.void_open, new.amount_incremented)
  then
    raise exception 'amounts of payment % follow its operations', old.id using errcode = 'TD009', constraint = 'amounts_follow_operations';
  end if;
  return new;
end $$;

-- As in 0005, and behind an increment too: what closes the authorization must know how much it holds.
create or replace function is_queued(o operations) returns boolean language sql stable as $$
  select o.status = 'requested' and not o.late and (o.kind = 'void' or (o.kind = 'capture' and o.final)) and (
    exists (select from attempts a where a.payment_id = o.payment_id and a.status in ('submitting', 'pending', 'unknown'))
    or exists (select from operations e where e.payment_id = o.payment_id and e.kind in ('capture', 'increment')
      and e.number < o.number and is_open_operation(e.status)))
$$;

-- Increments: what is authorized follows them. Taken back, it falls no further than what is captured or on
-- its way to be: that has happened, whatever the provider says of the increment now.
create function apply_increment(p_payment_id text, was_done bigint, is_done bigint) returns void language sql
set search_path = public, pg_temp as $$
  update payments p set amount_authorized = n.authorized,
    amount_incremented = greatest(p.amount_incremented - was_done + is_done, n.authorized - p.amount)
  from (select q.id, greatest(q.amount_authorized - was_done + is_done,
      least(q.amount_authorized, q.amount_captured + q.capture_reserved)) as authorized
    from payments q where q.id = p_payment_id) n
  where p.id = n.id
$$;

-- As in 0002, with increments.
create or replace function reserve_operation() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
  was_open bigint := 0; was_done bigint := 0;
  is_open bigint := case when is_open_operation(new.status) then new.amount else 0 end;
  is_done bigint := case when new.status = 'succeeded' then new.amount else 0 end;
  held payments;
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
  elsif new.kind = 'capture' then
    update payments set
      capture_reserved = capture_reserved - was_open + is_open,
      amount_captured = amount_captured - was_done + is_done,
      capture_closed = capture_closed or (new.final and new.status = 'succeeded'),
      -- A capture taken back after refunds is a fact: no ceiling may refuse it, the rest is excess.
      amount_excess = greatest(amount_excess,
        amount_refunded + refund_reserved + amount_disputed - (amount_captured - was_done + is_done))
    where id = new.payment_id;
  elsif new.kind = 'refund' then
    update payments set
      refund_reserved = refund_reserved - was_open + is_open,
      amount_refunded = amount_refunded - was_done + is_done,
      -- A refund found done after it had been refused is a fact too.
      amount_excess = case when tg_op = 'UPDATE' and old.status = 'failed' then greatest(amount_excess,
        amount_refunded + is_done + refund_reserved + amount_disputed - amount_captured) else amount_excess end
    where id = new.payment_id;
  else
    update payments set
      void_open = is_open_operation(new.status),
      capture_closed = capture_closed or new.status = 'succeeded'
    where id = new.payment_id;
  end if;
  return new;
end $$;
