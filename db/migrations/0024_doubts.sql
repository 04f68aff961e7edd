-- What is in doubt, found without reading what is not; and its end by two people, where nobody else can end it.

-- `submitting` past its time is in doubt as well: whoever sent it is gone.
create index attempts_in_doubt on attempts (merchant_id, payment_id desc) where status in ('submitting', 'unknown');
create index operations_in_doubt on operations (merchant_id, payment_id desc) where status in ('submitting', 'unknown');

alter table approvals drop constraint approvals_kind,
  add constraint approvals_kind check (kind in ('refund', 'routing_rules', 'resolution'));
-- One at a time about one thing: two people shall not approve two answers to one question.
create unique index approvals_one_resolution on approvals ((binds ->> 'id')) where kind = 'resolution' and status = 'open';

-- An outcome on the word of people needs two of them.
create function guard_resolution() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if not exists (select from approvals a where a.kind = 'resolution' and a.status = 'approved'
    and a.payment_id = new.payment_id and a.binds ->> 'id' = new.id)
  then
    raise exception '% is resolved by nobody', new.id using errcode = 'TD015', constraint = 'resolution_requires_approval';
  end if;
  return new;
end $$;
create trigger attempts_resolution before update on attempts for each row
  when (new.basis ->> 'kind' = 'staff' and new.basis is distinct from old.basis and old.status in ('submitting', 'unknown'))
  execute function guard_resolution();
create trigger operations_resolution before update on operations for each row
  when (new.basis ->> 'kind' = 'staff' and new.basis is distinct from old.basis and old.status in ('submitting', 'unknown'))
  execute function guard_resolution();
