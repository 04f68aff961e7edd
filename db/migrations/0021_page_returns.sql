-- What a shopper brought back from a provider's page, as the address had it. Some providers are told of it
-- only by us, and only then finish the payment: so it is a row before anybody is asked.
create table page_returns (
  attempt_id text primary key references attempts,
  -- Of several, the last: an earlier one may have been cut short.
  returned text not null check (octet_length(returned) between 1 and 8192),
  arrived_at timestamptz not null default tender_now()
);
alter table page_returns enable row level security;
alter table page_returns force row level security;
create policy owner_all on page_returns to tender_owner using (true) with check (true);
create policy worker_all on page_returns to tender_worker using (true) with check (true);
grant select on page_returns to tender_worker;

-- As in 0006, and what was brought back is kept in the commit that sets the payment in motion.
drop function arrive_at_return(text);
create function arrive_at_return(p_token text, p_returned text default null)
returns table (payment_id text, merchant_id text, return_url text)
language plpgsql security definer set search_path = public, pg_temp as $$
declare found_attempt attempts;
begin
  select * into found_attempt from attempts a where a.return_token = p_token;
  if not found then return; end if;
  if found_attempt.status = 'requires_action' then
    perform from payments p where p.id = found_attempt.payment_id for no key update;
    if p_returned is not null then
      insert into page_returns (attempt_id, returned) values (found_attempt.id, p_returned)
        on conflict (attempt_id) do update set returned = excluded.returned, arrived_at = tender_now();
    end if;
    update attempts a set due_at = tender_now() where a.id = found_attempt.id and a.status = 'requires_action';
    update payments p set version = p.version + 1, wake_at = tender_now() + direct_delivery()
      where p.id = found_attempt.payment_id;
  end if;
  return query select p.id, p.merchant_id, p.options ->> 'return_url' from payments p where p.id = found_attempt.payment_id;
end $$;
revoke execute on function arrive_at_return(text, text) from public;
grant execute on function arrive_at_return(text, text) to tender_api;
