-- What needs a second person: a committed row, bound to what was asked for and at which version. Only a
-- worker may decide one, only once, and whoever asked never approves: held here, whatever the code does.

-- The largest amount of each currency that one person alone gives back of a payment; a currency that is not
-- named has none. Null: no refund ever needs a second person.
alter table merchants add column refund_limits jsonb
  constraint merchants_refund_limits check (jsonb_typeof(refund_limits) = 'object');

create function refund_limit(m merchants, p_currency text) returns bigint language sql immutable as $$
  select case when m.refund_limits is not null then coalesce((m.refund_limits ->> p_currency)::bigint, 0) end
$$;

create table approvals (
  id text default 'apr_' || uuidv7() constraint approvals_pkey primary key,
  -- Null: of the whole installation.
  merchant_id text constraint approvals_merchant references merchants,
  payment_id text,
  kind text not null constraint approvals_kind check (kind in ('refund', 'routing_rules')),
  -- { id, version, ... }: what it is about, as it was when it was asked for.
  binds jsonb not null constraint approvals_binds check (binds ?& array['id', 'version']),
  request jsonb not null,
  asked_by text not null,
  reason text not null,
  status text not null default 'open' constraint approvals_status check (status in ('open', 'approved', 'rejected', 'lapsed')),
  decided_by text,
  decided_at timestamptz,
  decision_reason text,
  expires_at timestamptz not null,
  created_at timestamptz not null default tender_now(),
  constraint approvals_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id),
  constraint approvals_decided check ((status = 'open') = (decided_at is null) and (status = 'open') = (decided_by is null)),
  constraint approvals_four_eyes check (status <> 'approved' or decided_by <> asked_by)
);
create index approvals_by_merchant on approvals (merchant_id, id desc);
create index approvals_of_rules on approvals (id desc) where merchant_id is null;

create function guard_approval() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'open' then
      raise exception 'an approval begins open' using errcode = 'TD015', constraint = 'approval_begins_open';
    end if;
    return new;
  end if;
  if (old.id, old.merchant_id, old.payment_id, old.kind, old.binds, old.request, old.asked_by, old.reason, old.expires_at, old.created_at)
    is distinct from
    (new.id, new.merchant_id, new.payment_id, new.kind, new.binds, new.request, new.asked_by, new.reason, new.expires_at, new.created_at)
  then
    raise exception 'approval % is fixed once written', old.id using errcode = 'TD002';
  end if;
  if old.status <> 'open' then
    raise exception 'approval % is decided', old.id using errcode = 'TD015', constraint = 'approval_decided';
  end if;
  if (new.status = 'lapsed') <> (old.expires_at <= tender_now()) then
    raise exception 'approval % has lapsed, or has not', old.id using errcode = 'TD015', constraint = 'approval_lapsed';
  end if;
  return new;
end $$;
create trigger approvals_guard before insert or update on approvals for each row execute function guard_approval();
create trigger approvals_append_only before delete on approvals for each row execute function refuse_rewrite();
create trigger approvals_no_truncate before truncate on approvals for each statement execute function refuse_rewrite();

-- A refund that waits for approval has its amount reserved like any other that is under way.
create or replace function is_open_operation(status text) returns boolean language sql immutable as $$
  select status in ('requires_approval', 'requested', 'submitting', 'pending', 'unknown')
$$;

alter table operations add column approval_id text constraint operations_approval references approvals;

-- What one person alone has given back, or is giving back, of a payment: many small refunds are one large one.
create function refunded_alone(p_payment_id text) returns numeric language sql stable as $$
  select coalesce(sum(o.amount), 0) from operations o
  where o.payment_id = p_payment_id and o.kind = 'refund' and o.cause = 'request' and o.approval_id is null
    and o.status not in ('failed', 'rejected')
$$;

-- The caller holds the payment's row lock.
create function guard_new_refund() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare alone bigint; held payments;
begin
  if new.kind <> 'refund' then
    raise exception 'a % waits for no approval', new.kind using errcode = 'TD015', constraint = 'approval_of_refunds';
  end if;
  if new.status = 'requires_approval' then
    select * into strict held from payments where id = new.payment_id for no key update;
    new.approval_id := 'apr_' || uuidv7();
    insert into approvals (id, merchant_id, payment_id, kind, binds, request, asked_by, reason, expires_at)
    values (new.approval_id, new.merchant_id, new.payment_id, 'refund',
      jsonb_build_object('id', new.id, 'version', held.version, 'amount', new.amount, 'currency', new.currency,
        'amount_excess', held.amount_excess),
      '{}', new.requested_by, coalesce(new.reason, ''), new.due_at);
    return new;
  end if;
  new.approval_id := null;
  if new.cause = 'request' and not new.late then
    select refund_limit(m, new.currency) into alone from merchants m where m.id = new.merchant_id;
    if refunded_alone(new.payment_id) + new.amount > alone then
      raise exception 'refund % needs a second person', new.id using errcode = 'TD015', constraint = 'refund_requires_approval';
    end if;
  end if;
  return new;
end $$;
create trigger operations_new_refund before insert on operations
  for each row when (new.kind = 'refund' or new.status = 'requires_approval') execute function guard_new_refund();
alter table operations add constraint operations_approval_of_refund check (kind = 'refund' or approval_id is null);

-- Only an approval lets it go on; what ends it otherwise closes the approval too.
create function guard_refund_decision() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if new.approval_id is distinct from old.approval_id then
    raise exception 'operation % is fixed once written', old.id using errcode = 'TD002';
  end if;
  case new.status
    -- A webhook that names it makes it due: it has nothing to look up, and lapses when it was said to.
    when 'requires_approval' then new.due_at := old.due_at;
    when 'rejected' then
      update approvals set status = 'lapsed', decided_by = 'tender', decided_at = tender_now()
        where id = new.approval_id and status = 'open';
    else
      if not exists (select from approvals a where a.id = new.approval_id and a.status = 'approved' and a.binds ->> 'id' = new.id) then
        raise exception 'refund % is not approved', old.id using errcode = 'TD015', constraint = 'refund_requires_approval';
      end if;
  end case;
  return new;
end $$;
-- Named to come after `operations_transition`.
create trigger operations_wait_for_approval before update on operations
  for each row when (old.status = 'requires_approval' or new.approval_id is distinct from old.approval_id)
  execute function guard_refund_decision();

drop policy api_requests on operations;
create policy api_requests on operations as restrictive for insert to tender_api
  with check (status in ('requested', 'requires_approval') and not late);

alter table approvals enable row level security;
alter table approvals force row level security;
create policy owner_all on approvals to tender_owner using (true) with check (true);
create policy worker_all on approvals to tender_worker using (true) with check (true);
-- The API's own connection only asks, and only with the refund that waits.
create policy one_merchant on approvals for insert to tender_api
  with check (merchant_id = current_setting('tender.merchant_id', true) and kind = 'refund' and status = 'open');
grant insert on approvals to tender_api;
grant select, insert on approvals to tender_worker;
grant update (status, decided_by, decided_at, decision_reason) on approvals to tender_worker;

-- As in 0005, with the limit that a refund of this payment is judged by.
create or replace function payment_snapshot(p_payment_id text) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'payment', to_jsonb(p),
    'attempts', coalesce((select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = p.id), '[]'),
    'operations', coalesce((select jsonb_agg(to_jsonb(o) order by o.number) from operations o where o.payment_id = p.id), '[]'),
    'customer', (select to_jsonb(c) from customers c where c.id = p.customer_id),
    'fund_model', m.fund_model,
    'refund_limit', refund_limit(m, p.currency),
    'now', tender_now())
  from payments p left join merchants m on m.id = p.merchant_id where p.id = p_payment_id
$$;

-- Rules are written by two people: one asked, the approval names the other.
alter table routing_rules add column approved_by text, add column approval_id text
  constraint routing_rules_approval references approvals constraint routing_rules_once unique;
drop function put_routing_rules(int, jsonb, text, text);
-- The version after the one the approval is bound to; null: that is not the newest any more.
create function put_routing_rules(p_approval_id text) returns routing_rules
language plpgsql security definer set search_path = public, pg_temp as $$
declare newest routing_rules; written routing_rules; a approvals;
begin
  lock table routing_rules in share row exclusive mode;
  select * into a from approvals where id = p_approval_id and kind = 'routing_rules' and status = 'approved';
  if not found then
    raise exception 'approval % lets nobody write rules', p_approval_id using errcode = 'TD015', constraint = 'rules_require_approval';
  end if;
  select * into strict newest from routing_rules order by version desc limit 1;
  if newest.version <> (a.binds ->> 'version')::int then return null; end if;
  insert into routing_rules (version, rules, written_by, reason, approved_by, approval_id)
  values (newest.version + 1, a.request, a.asked_by, a.reason, a.decided_by, a.id) returning * into written;
  return written;
end $$;
revoke execute on function put_routing_rules(text) from public;
grant execute on function put_routing_rules(text) to tender_worker;
