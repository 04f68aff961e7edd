-- What a merchant's limits are is itself for two people to say: whoever may raise one alone has none.

alter table merchants add column settings_version int not null default 1;
alter table approvals drop constraint approvals_kind,
  add constraint approvals_kind check (kind in ('refund', 'routing_rules', 'resolution', 'merchant_settings'));

-- The version after the one the approval is bound to; null: they have another one by now.
create function apply_merchant_settings(p_approval_id text) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare a approvals; written int;
begin
  select * into a from approvals where id = p_approval_id and kind = 'merchant_settings' and status = 'approved';
  if not found then
    raise exception 'approval % lets nobody change settings', p_approval_id
      using errcode = 'TD015', constraint = 'settings_require_approval';
  end if;
  update merchants set settings_version = settings_version + 1,
    refund_limits = nullif(a.request -> 'refund_limits', 'null')
  where id = a.merchant_id and settings_version = (a.binds ->> 'version')::int returning settings_version into written;
  return written;
end $$;
revoke execute on function apply_merchant_settings(text) from public;
grant execute on function apply_merchant_settings(text) to tender_worker;

create index approvals_by_payment on approvals (payment_id) where payment_id is not null;
