-- Routing: its rules, every version kept with who wrote it and why, and the health of providers as all
-- processes share it. Health is of this very moment, so it goes by the machine's time and not by tender_now().

create table routing_rules (
  version int constraint routing_rules_pkey primary key constraint routing_rules_version check (version > 0),
  -- As the API takes it.
  rules jsonb not null,
  written_at timestamptz not null default tender_now(),
  written_by text not null,
  reason text not null
);
create trigger routing_rules_append_only before update or delete on routing_rules
  for each row execute function refuse_rewrite();
create trigger routing_rules_no_truncate before truncate on routing_rules
  for each statement execute function refuse_rewrite();
insert into routing_rules (version, rules, written_by, reason) values (1,
  '{"rules": [], "providers": [], "explore_percent": 0, "failover_declines": ["issuer_unavailable", "processing_error"]}',
  'tender', 'every provider, in the order they are configured');

-- The version after `p_expected`; null: that is not the newest any more. The same words of the same person
-- again are the same change, whose answer was lost.
create function put_routing_rules(p_expected int, p_rules jsonb, p_actor text, p_reason text) returns routing_rules
language plpgsql security definer set search_path = public, pg_temp as $$
declare newest routing_rules; written routing_rules;
begin
  lock table routing_rules in share row exclusive mode;
  select * into strict newest from routing_rules order by version desc limit 1;
  if newest.version = p_expected + 1
    and (newest.rules, newest.written_by, newest.reason) = (p_rules, p_actor, p_reason) then
    return newest;
  end if;
  if newest.version <> p_expected then return null; end if;
  insert into routing_rules (version, rules, written_by, reason)
  values (p_expected + 1, p_rules, p_actor, p_reason) returning * into written;
  return written;
end $$;

create table provider_health (
  provider text constraint provider_health_pkey primary key,
  is_open boolean not null default false,
  -- In a row, each within a minute of the last closing: the longer the trouble, the rarer the probes.
  openings int not null default 0,
  reason text not null default '',
  opened_at timestamptz,
  opened_by text,
  retry_at timestamptz,
  closed_at timestamptz,
  -- One call at a time finds out whether the trouble is over; it may die, so its turn ends by itself.
  probe_by text,
  probe_until timestamptz,
  -- As the provider asked for by Retry-After.
  left_alone_until timestamptz
);
-- The processes that call providers; a provider's rate is shared between them.
create table provider_callers (
  process text constraint provider_callers_pkey primary key,
  seen_at timestamptz not null
);

-- Answers when the next probe is, in ms from now: 5 s, 10 s, ... up to a minute.
create function probe_delay(p_openings int) returns interval language sql immutable as $$
  select least(interval '60 seconds', interval '5 seconds' * (2 ^ greatest(p_openings - 1, 0))::int)
$$;

create function open_provider(p_provider text, p_process text, p_reason text) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into provider_health as h (provider, is_open, openings, reason, opened_at, opened_by, retry_at)
  values (p_provider, true, 1, p_reason, clock_timestamp(), p_process, clock_timestamp() + probe_delay(1))
  on conflict (provider) do update set is_open = true, reason = excluded.reason, opened_at = excluded.opened_at,
    opened_by = excluded.opened_by, probe_by = null, probe_until = null,
    openings = case when h.closed_at > clock_timestamp() - interval '1 minute' then least(h.openings + 1, 10) else 1 end,
    retry_at = clock_timestamp() + probe_delay(
      case when h.closed_at > clock_timestamp() - interval '1 minute' then least(h.openings + 1, 10) else 1 end)
  where not h.is_open
$$;

create function claim_probe(p_provider text, p_process text, p_for_ms int) returns boolean
language sql security definer set search_path = public, pg_temp as $$
  with claimed as (
    update provider_health set probe_by = p_process, probe_until = clock_timestamp() + p_for_ms * interval '1 millisecond'
    where provider = p_provider and is_open and retry_at <= clock_timestamp()
      and coalesce(probe_until, '-infinity') <= clock_timestamp()
    returning 1)
  select exists (select from claimed)
$$;

create function end_probe(p_provider text, p_process text, p_well boolean, p_reason text) returns void
language sql security definer set search_path = public, pg_temp as $$
  update provider_health set is_open = not p_well, probe_by = null, probe_until = null,
    closed_at = case when p_well then clock_timestamp() else closed_at end,
    reason = case when p_well then reason else p_reason end,
    openings = case when p_well then openings else least(openings + 1, 10) end,
    retry_at = case when p_well then null else clock_timestamp() + probe_delay(least(openings + 1, 10)) end
  where provider = p_provider and is_open and probe_by = p_process
$$;

create function leave_provider_alone(p_provider text, p_for_ms int) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into provider_health as h (provider, left_alone_until)
  values (p_provider, clock_timestamp() + p_for_ms * interval '1 millisecond')
  on conflict (provider) do update set left_alone_until = greatest(h.left_alone_until, excluded.left_alone_until)
$$;

-- All that routing goes by, in one round trip; rules only where `p_known_version` is not the newest.
-- Times are spans from now, since clocks of machines differ.
create function read_routing(p_process text, p_known_version int) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare newest int; at timestamptz := clock_timestamp();
begin
  -- Every few seconds only: this is asked for four times a second.
  if not exists (select from provider_callers where process = p_process and seen_at > at - interval '3 seconds') then
    insert into provider_callers values (p_process, at) on conflict (process) do update set seen_at = at;
    delete from provider_callers where seen_at < at - interval '1 minute';
  end if;
  select max(version) into newest from routing_rules;
  return jsonb_build_object(
    'version', newest,
    'rules', case when newest is distinct from p_known_version then
      (select r.rules from routing_rules r where r.version = newest) end,
    'callers', (select count(*) from provider_callers where seen_at > at - interval '10 seconds'),
    'health', (select coalesce(jsonb_agg(jsonb_build_object(
        'provider', h.provider, 'is_open', h.is_open, 'reason', h.reason, 'opened_at', h.opened_at, 'openings', h.openings,
        'retry_in_ms', ceil(extract(epoch from h.retry_at - at) * 1000)::bigint,
        'probing_ms', ceil(extract(epoch from h.probe_until - at) * 1000)::bigint,
        'left_alone_ms', ceil(extract(epoch from h.left_alone_until - at) * 1000)::bigint)), '[]')
      from provider_health h));
end $$;

grant select on routing_rules, provider_health, provider_callers to tender_worker;
revoke execute on function put_routing_rules(int, jsonb, text, text), open_provider(text, text, text),
  claim_probe(text, text, int), end_probe(text, text, boolean, text), leave_provider_alone(text, int),
  read_routing(text, int) from public;
grant execute on function put_routing_rules(int, jsonb, text, text), open_provider(text, text, text),
  claim_probe(text, text, int), end_probe(text, text, boolean, text), leave_provider_alone(text, int),
  read_routing(text, int) to tender_worker;
