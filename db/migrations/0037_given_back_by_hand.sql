-- What no provider would give back, two people have given back by hand. The return that failed stays failed: this
-- is an operation of its own in its place, once, so what is heard of the failed one later still contradicts.

alter table operations add column in_place_of text constraint operations_in_place_of references operations;
create unique index operations_in_place_once on operations (in_place_of) where in_place_of is not null;

-- Money out that nobody was asked to move is there on the word of two people alone.
create function guard_given_back() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare failed operations;
begin
  new.in_place_of := new.basis ->> 'inPlaceOf';
  select * into failed from operations o where o.id = new.in_place_of for no key update;
  if failed.status is distinct from 'failed'
    or (failed.payment_id, failed.attempt_id, failed.kind, failed.amount, failed.currency, failed.late)
      is distinct from (new.payment_id, new.attempt_id, new.kind, new.amount, new.currency, new.late)
    or not exists (select from approvals a where a.kind = 'resolution' and a.status = 'approved'
      and a.payment_id = new.payment_id and a.binds ->> 'id' = failed.id and a.request ->> 'outcome' = 'succeeded')
  then
    raise exception '% was given back by nobody', new.id using errcode = 'TD015', constraint = 'return_requires_approval';
  end if;
  return new;
end $$;
create trigger operations_given_back before insert on operations for each row
  when (new.in_place_of is not null or new.basis ? 'inPlaceOf' or (new.kind in ('refund', 'void') and new.status = 'succeeded'))
  execute function guard_given_back();
create trigger operations_in_place_fixed before update on operations for each row
  when (new.in_place_of is distinct from old.in_place_of) execute function refuse_rewrite();

-- As in 0032, and not what was given back by hand: that is owed (2150), and never stood in suspense. Comes after
-- `operations_given_back`, which says whose place it takes.
create or replace function take_from_suspense() returns trigger language plpgsql set search_path = public, pg_temp as $$
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
  new.from_suspense := case when new.kind <> 'refund' or new.late or new.in_place_of is not null or held.amount_excess = 0 then 0
    else least(new.from_suspense, excess_standing(new.payment_id, new.id)) end;
  return new;
end $$;
