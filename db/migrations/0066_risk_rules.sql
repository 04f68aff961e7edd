-- Risk: rules of the installation and of each merchant, every version kept with who wrote it, who approved it and what it would
-- have done; and the lists of cards, people and places that rules and decisions go by.

alter table approvals drop constraint approvals_kind,
  add constraint approvals_kind check (
    kind in ('refund', 'routing_rules', 'resolution', 'merchant_settings', 'break', 'risk_rules'));

-- What a draft would have done to past traffic, as whoever approves it sees it.
create table risk_dry_runs (
  approval_id text constraint risk_dry_runs_pkey primary key constraint risk_dry_runs_approval references approvals,
  merchant_id text constraint risk_dry_runs_merchant references merchants,
  result jsonb not null,
  made_at timestamptz not null default tender_now()
);
create trigger risk_dry_runs_append_only before update or delete on risk_dry_runs
  for each row execute function refuse_rewrite();
create trigger risk_dry_runs_no_truncate before truncate on risk_dry_runs
  for each statement execute function refuse_rewrite();

-- The newest version of a scope is the one in force, so there is always exactly one. Version 1 is no rules at all, and nobody wrote
-- it: the first row of a scope is version 2.
create table risk_rules (
  -- Null: of the whole installation.
  merchant_id text constraint risk_rules_merchant references merchants,
  scope text generated always as (coalesce(merchant_id, '')) stored,
  version int not null constraint risk_rules_version check (version > 1),
  -- A list, as domain/risk/rules.ts has it.
  rules jsonb not null constraint risk_rules_list check (jsonb_typeof(rules) = 'array'),
  written_at timestamptz not null default tender_now(),
  written_by text not null,
  reason text not null,
  approved_by text not null,
  approval_id text not null constraint risk_rules_approval references approvals constraint risk_rules_once unique,
  constraint risk_rules_pkey primary key (scope, version),
  constraint risk_rules_four_eyes check (written_by <> approved_by)
);
create trigger risk_rules_append_only before update or delete on risk_rules
  for each row execute function refuse_rewrite();
create trigger risk_rules_no_truncate before truncate on risk_rules
  for each statement execute function refuse_rewrite();

create function risk_rules_version_of(p_merchant_id text) returns int language sql stable set search_path = public, pg_temp as $$
  select coalesce(max(version), 1) from risk_rules where scope = coalesce(p_merchant_id, '')
$$;

-- The version after the one the approval is bound to; null: that is not the newest any more.
create function put_risk_rules(p_approval_id text) returns risk_rules
language plpgsql security definer set search_path = public, pg_temp as $$
declare newest int; written risk_rules; a approvals;
begin
  select * into a from approvals where id = p_approval_id and kind = 'risk_rules' and status = 'approved';
  if not found then
    raise exception 'approval % lets nobody write risk rules', p_approval_id
      using errcode = 'TD015', constraint = 'rules_require_approval';
  end if;
  if not exists (select from risk_dry_runs d where d.approval_id = a.id) then
    raise exception 'the rules of % were never tried', p_approval_id using errcode = 'TD021', constraint = 'rules_require_dry_run';
  end if;
  perform pg_advisory_xact_lock(hashtext('risk rules of ' || coalesce(a.merchant_id, '')));
  newest := risk_rules_version_of(a.merchant_id);
  if newest <> (a.binds ->> 'version')::int then return null; end if;
  insert into risk_rules (merchant_id, version, rules, written_by, reason, approved_by, approval_id)
  values (a.merchant_id, newest + 1, a.request -> 'rules', a.asked_by, a.reason, a.decided_by, a.id) returning * into written;
  return written;
end $$;

create table risk_list_entries (
  id text constraint risk_list_entries_pkey primary key default 'rle_' || uuidv7(),
  -- Null: of the whole installation.
  merchant_id text constraint risk_list_entries_merchant references merchants,
  scope text generated always as (coalesce(merchant_id, '')) stored,
  list text not null constraint risk_list_entries_list check (list in ('allow', 'challenge', 'block', 'watch')),
  entity text not null constraint risk_list_entries_entity check (
    entity in ('card', 'customer', 'email', 'device', 'ip', 'bin', 'country', 'merchant')),
  -- Of a person as `risk_hash` (0064) has it; a BIN, a country or a merchant in plain.
  value text not null constraint risk_list_entries_value check (
    case when entity in ('bin', 'country', 'merchant') then length(value) between 1 and 64 else value ~ '^\d{1,16}$' end),
  reason text not null,
  added_by text not null,
  added_at timestamptz not null default tender_now(),
  expires_at timestamptz constraint risk_list_entries_lasts check (expires_at > added_at),
  removed_at timestamptz,
  removed_by text,
  removal_reason text,
  constraint risk_list_entries_removed check (
    (removed_at is null) = (removed_by is null) and (removed_at is null) = (removal_reason is null))
);
-- Once at a time on one list.
create unique index risk_list_entries_one on risk_list_entries (entity, value, scope, list) where removed_at is null;
create index risk_list_entries_by_scope on risk_list_entries (scope, list, id desc);

-- An entry ends once, and says the same until then.
create function guard_risk_list_entry() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  -- `scope` is not computed yet, and is of `merchant_id` alone.
  if tg_op = 'DELETE' or old.removed_at is not null
    or to_jsonb(old) - '{scope,removed_at,removed_by,removal_reason}'::text[]
      <> to_jsonb(new) - '{scope,removed_at,removed_by,removal_reason}'::text[]
  then
    raise exception 'list entry % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;
create trigger risk_list_entries_fixed before update or delete on risk_list_entries
  for each row execute function guard_risk_list_entry();
create trigger risk_list_entries_no_truncate before truncate on risk_list_entries
  for each statement execute function refuse_rewrite();

-- What stands on a list already is the entry that is there; one whose time is over makes room. { fresh, entry }
create function add_risk_list_entry(e jsonb) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare n risk_list_entries; standing risk_list_entries;
begin
  n := jsonb_populate_record(null::risk_list_entries, e);
  update risk_list_entries o set removed_at = tender_now(), removed_by = 'tender', removal_reason = 'its time is over'
    where o.entity = n.entity and o.value = n.value and o.scope = coalesce(n.merchant_id, '') and o.list = n.list
      and o.removed_at is null and o.expires_at <= tender_now();
  insert into risk_list_entries (merchant_id, list, entity, value, reason, added_by, expires_at)
  values (n.merchant_id, n.list, n.entity, n.value, n.reason, n.added_by,
    coalesce(n.expires_at, tender_now() + (e ->> 'expires_in_ms')::bigint * interval '1 millisecond'))
  on conflict (entity, value, scope, list) where removed_at is null do nothing returning * into standing;
  if found then return jsonb_build_object('fresh', true, 'entry', to_jsonb(standing)); end if;
  select * into strict standing from risk_list_entries o
    where o.entity = n.entity and o.value = n.value and o.scope = coalesce(n.merchant_id, '') and o.list = n.list
      and o.removed_at is null;
  return jsonb_build_object('fresh', false, 'entry', to_jsonb(standing));
end $$;

-- How an entry names what somebody wrote, as 0064 names it in payments: the same written otherwise is the same. A customer, by id
-- or e-mail, is of one merchant; of a card the fingerprint, else the token.
create function risk_entity_value(p_merchant_id text, p_entity text, p_written text) returns text
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  written text := btrim(p_written); ip inet;
  email text := case when p_entity = 'email' or written ~ '@' then written end;
begin
  if p_entity in ('bin', 'merchant') then return written; end if;
  if p_entity = 'country' then return upper(written); end if;
  if p_entity in ('card', 'customer', 'email') then
    return (select to_jsonb(e) ->> p_entity
      from risk_entities(p_merchant_id, jsonb_build_object('token', written), written, email, '{}') e);
  end if;
  if p_entity = 'ip' then
    ip := regexp_replace(written, '^::ffff:(?=\d+\.)', '', 'i');
    written := case family(ip) when 6 then text(network(set_masklen(ip, 64))) else host(ip) end;
  end if;
  return (select risk_hash(k.key, p_entity, written) from risk_key k);
end $$;

-- Of a payment that is there; null: it does not name one.
create function risk_entity_of_payment(p_payment_id text, p_entity text) returns text
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return (select case p_entity when 'country' then p.payment_method ->> 'country' when 'merchant' then p.merchant_id
      else to_jsonb(e) ->> p_entity end
    from payments p left join customers c on c.id = p.customer_id
    cross join lateral risk_entities(p.merchant_id, p.payment_method, p.customer_id, c.email, p.options) e
    where p.id = p_payment_id);
end $$;

do $$
declare t text;
begin
  foreach t in array array['risk_rules', 'risk_dry_runs', 'risk_list_entries'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner_all on %I to tender_owner using (true) with check (true)', t);
    execute format('create policy worker_all on %I to tender_worker using (true) with check (true)', t);
  end loop;
end $$;
grant select on risk_rules, risk_dry_runs, risk_list_entries to tender_worker;
grant insert on risk_dry_runs, risk_list_entries to tender_worker;
grant update (removed_at, removed_by, removal_reason) on risk_list_entries to tender_worker;
revoke execute on function risk_rules_version_of(text), put_risk_rules(text), add_risk_list_entry(jsonb),
  risk_entity_value(text, text, text), risk_entity_of_payment(text, text) from public;
grant execute on function risk_rules_version_of(text), put_risk_rules(text), add_risk_list_entry(jsonb),
  risk_entity_value(text, text, text), risk_entity_of_payment(text, text) to tender_worker;
