-- What a shopper brings back is kept beside what was brought before, never in its place: a page opened again
-- without its result, or with another's, must not cost a payment the one that finishes it.
alter table page_returns
  add column place int not null default 1 constraint page_returns_place_check check (place between 1 and 8),
  drop constraint page_returns_pkey,
  add primary key (attempt_id, place);

-- As in 0021, and each that is new takes the next place, until there is none. The payment's lock orders two.
create or replace function arrive_at_return(p_token text, p_returned text default null)
returns table (payment_id text, merchant_id text, return_url text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare found_attempt attempts;
begin
  select * into found_attempt from attempts a where a.return_token = p_token;
  if not found then return; end if;
  if found_attempt.status = 'requires_action' then
    perform from payments p where p.id = found_attempt.payment_id for no key update;
    if p_returned is not null then
      insert into page_returns (attempt_id, place, returned)
        select found_attempt.id, count(*) + 1, p_returned from page_returns r where r.attempt_id = found_attempt.id
        having count(*) < 8 and not coalesce(bool_or(r.returned = p_returned), false);
    end if;
    update attempts a set due_at = tender_now() where a.id = found_attempt.id and a.status = 'requires_action';
    update payments p set version = p.version + 1, wake_at = tender_now() + direct_delivery()
      where p.id = found_attempt.payment_id;
  end if;
  return query select p.id, p.merchant_id, p.options ->> 'return_url' from payments p where p.id = found_attempt.payment_id;
end $$;
