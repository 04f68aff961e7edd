-- What people and Tender did by themselves, as one list: read from the rows in which each act was committed, so there is no
-- second record that could differ from the first.

create index approvals_by_asked on approvals (created_at, id);
create index approvals_by_decided on approvals (decided_at, id) where decided_at is not null;
create index breaks_by_resolved on breaks (resolved_at, id) where status = 'resolved';
create index api_keys_by_merchant on api_keys (merchant_id, created_at);

-- A merchant's keys, and nothing that anybody could use: workers read no secrets.
create function keys_of(p_merchant_id text)
returns table (id text, name text, mode text, last4 text, scopes text[], created_at timestamptz, revoked_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.name, k.mode, k.last4, k.scopes, k.created_at, k.revoked_at from api_keys k where k.merchant_id = p_merchant_id
$$;

-- Of one merchant and of the whole installation, newest first, before (p_before, p_before_id). Null filters ask for nothing.
-- Each source gives at most p_limit, by an index in the order of time.
create function audit_acts(p_merchant_id text, p_kind text, p_actor text, p_object_id text, p_from timestamptz, p_to timestamptz,
  p_before timestamptz, p_before_id text, p_limit int) returns setof jsonb language sql stable set search_path = public, pg_temp as $$
  with acts as (
    (select a.created_at as at, a.id || '/asked' as id, 'approval.asked' as kind, a.asked_by as actor, a.reason,
        'approval' as object_type, a.id as object_id, a.merchant_id, a.payment_id, jsonb_build_object('kind', a.kind, 'binds', a.binds) as detail
      from approvals a where (a.merchant_id = p_merchant_id or a.merchant_id is null)
        and (p_kind is null or p_kind = 'approval.asked') and (p_actor is null or a.asked_by = p_actor)
        and (p_object_id is null or p_object_id in (a.id, a.binds ->> 'id', a.payment_id))
        and a.created_at >= p_from and a.created_at < p_to and (a.created_at, a.id || '/asked') < (p_before, p_before_id)
      order by a.created_at desc, a.id desc limit p_limit)
    union all
    (select a.decided_at, a.id || '/decided', 'approval.' || a.status, a.decided_by, coalesce(a.decision_reason, ''), 'approval', a.id,
        a.merchant_id, a.payment_id, jsonb_build_object('kind', a.kind, 'binds', a.binds, 'asked_by', a.asked_by)
      from approvals a where (a.merchant_id = p_merchant_id or a.merchant_id is null) and a.decided_at is not null
        and (p_kind is null or p_kind = 'approval.' || a.status) and (p_actor is null or a.decided_by = p_actor)
        and (p_object_id is null or p_object_id in (a.id, a.binds ->> 'id', a.payment_id))
        and a.decided_at >= p_from and a.decided_at < p_to and (a.decided_at, a.id || '/decided') < (p_before, p_before_id)
      order by a.decided_at desc, a.id desc limit p_limit)
    union all
    (select b.resolved_at, b.id || '/resolved', 'break.resolved', b.resolution ->> 'by', coalesce(b.resolution ->> 'reason', ''), 'break',
        b.id, b.merchant_id, b.payment_id, jsonb_build_object('kind', b.kind, 'action', b.resolution ->> 'action',
          'approved_by', b.resolution ->> 'approved_by', 'amount', b.amount::text, 'currency', b.currency)
      from breaks b where (b.merchant_id = p_merchant_id or b.merchant_id is null) and b.status = 'resolved'
        and (p_kind is null or p_kind = 'break.resolved') and (p_actor is null or b.resolution ->> 'by' = p_actor)
        and (p_object_id is null or p_object_id in (b.id, b.subject_id, b.payment_id))
        and b.resolved_at >= p_from and b.resolved_at < p_to and (b.resolved_at, b.id || '/resolved') < (p_before, p_before_id)
      order by b.resolved_at desc, b.id desc limit p_limit)
    union all
    select r.written_at, 'routing_rules/' || r.version, 'routing_rules.changed', r.written_by, r.reason, 'routing_rules', r.version::text,
      null, null, '{}' from routing_rules r
    union all
    select c.closed_at, 'close/' || c.period, 'period.closed', c.closed_by, c.reason, 'close', c.period, null, null,
      jsonb_build_object('kind', c.kind, 'open_alarms', c.open_alarms) from ledger_closes c
    union all
    select k.at, 'ledger_alarm/' || k.alarm_id, 'ledger_alarm.acknowledged', k.actor, k.reason, 'ledger_alarm', k.alarm_id::text,
      null, null, '{}' from ledger_alarm_acknowledgements k
    union all
    select k.created_at, k.id || '/created', 'api_key.created', 'tender', '', 'api_key', k.id, p_merchant_id, null,
      jsonb_build_object('name', k.name, 'mode', k.mode, 'last4', k.last4, 'scopes', k.scopes)
    from keys_of(p_merchant_id) k
    union all
    select k.revoked_at, k.id || '/revoked', 'api_key.revoked', 'tender', '', 'api_key', k.id, p_merchant_id, null,
      jsonb_build_object('name', k.name, 'mode', k.mode, 'last4', k.last4)
    from keys_of(p_merchant_id) k where k.revoked_at is not null
  )
  select to_jsonb(x) from acts x
  where (p_kind is null or x.kind = p_kind) and (p_actor is null or x.actor = p_actor)
    and (p_object_id is null or x.object_type in ('approval', 'break') or x.object_id = p_object_id)
    and x.at >= p_from and x.at < p_to and (x.at, x.id) < (p_before, p_before_id)
  order by x.at desc, x.id desc limit p_limit
$$;
revoke execute on function keys_of(text) from public;
grant execute on function keys_of(text) to tender_worker;
revoke execute on function audit_acts(text, text, text, text, timestamptz, timestamptz, timestamptz, text, int) from public;
grant execute on function audit_acts(text, text, text, text, timestamptz, timestamptz, timestamptz, text, int) to tender_worker;
