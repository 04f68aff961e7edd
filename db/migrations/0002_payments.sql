-- The payment, its attempts (one per try at one provider) and its operations (captures, voids, refunds).
-- Amounts in flight are derived from the operations by trigger, under the payment's row lock, and held
-- by CHECKs: no application code, and no direct SQL, can ask for more than the ceiling.

create table status_transitions (
  object text not null constraint status_transitions_object check (object in ('payment', 'attempt', 'operation')),
  from_status text not null,
  to_status text not null,
  primary key (object, from_status, to_status)
);

create table customers (
  id text primary key default 'cus_' || uuidv7(),
  merchant_id text not null references merchants,
  email text,
  name text,
  created_at timestamptz not null default tender_now()
);

create table payments (
  id text primary key default 'pay_' || uuidv7(),
  merchant_id text not null references merchants,
  version bigint not null default 1,
  status text not null,
  amount bigint not null constraint payments_amount_safe check (amount between 1 and 9007199254740991),
  currency text not null constraint payments_currency check (currency ~ '^[A-Z]{3}$'),
  capture_method text not null constraint payments_capture_method check (capture_method in ('automatic', 'manual')),
  payment_method jsonb not null,
  merchant_reference text,
  -- The merchant's setting at the time of the payment, so that the index below needs no join.
  unique_reference boolean not null default false,
  customer_id text references customers,
  metadata jsonb not null default '{}',
  options jsonb not null default '{}',
  regulated jsonb,
  amount_authorized bigint not null default 0,
  amount_captured bigint not null default 0,
  capture_reserved bigint not null default 0,
  amount_refunded bigint not null default 0,
  refund_reserved bigint not null default 0,
  amount_disputed bigint not null default 0,
  amount_excess bigint not null default 0,
  void_open boolean not null default false,
  capture_closed boolean not null default false,
  submit_within_ms bigint not null,
  submit_by timestamptz,
  expires_at timestamptz,
  wake_at timestamptz,
  next_action jsonb,
  last_decline jsonb,
  status_basis jsonb not null,
  created_at timestamptz not null default tender_now(),
  updated_at timestamptz not null default tender_now(),
  constraint payments_of_merchant unique (id, merchant_id),
  constraint payments_amounts_not_negative check (
    amount_authorized >= 0 and amount_captured >= 0 and capture_reserved >= 0 and amount_refunded >= 0
    and refund_reserved >= 0 and amount_disputed >= 0 and amount_excess >= 0),
  constraint payments_authorized_within_amount check (amount_authorized <= amount),
  constraint payments_captured_within_authorized check (amount_captured + capture_reserved <= amount_authorized),
  constraint payments_refunded_within_captured check (
    amount_refunded + refund_reserved + amount_disputed <= amount_captured + amount_excess)
);
create index payments_by_merchant on payments (merchant_id, id desc);
create index payments_by_reference on payments (merchant_id, merchant_reference) where merchant_reference is not null;
create index payments_to_wake on payments (wake_at) where wake_at is not null;
create unique index payments_unique_reference on payments (merchant_id, merchant_reference)
  where unique_reference and status not in ('canceled', 'failed', 'expired', 'blocked');

create table attempts (
  id text primary key default 'att_' || uuidv7(),
  payment_id text not null references payments,
  merchant_id text not null references merchants,
  number int not null,
  provider text not null,
  kind text not null constraint attempts_kind check (kind in ('sale', 'authorize')),
  status text not null,
  amount bigint not null constraint attempts_amount_positive check (amount > 0),
  currency text not null,
  payment_method jsonb not null,
  route jsonb not null default '[]',
  provider_key text not null constraint attempts_provider_key unique,
  provider_reference text,
  send_by timestamptz not null,
  key_horizon timestamptz not null,
  sent_count int not null default 1,
  decline jsonb,
  redirect_url text,
  return_token text constraint attempts_return_token unique,
  lookups int not null default 0,
  absences int not null default 0,
  due_at timestamptz,
  expires_at timestamptz,
  basis jsonb not null,
  created_at timestamptz not null default tender_now(),
  updated_at timestamptz not null default tender_now(),
  constraint attempts_numbered unique (payment_id, number),
  -- Foreign keys do not see row-level security: a row may only belong to its own merchant's payment.
  constraint attempts_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id)
);
-- One live attempt per payment: no second provider while the first may hold money.
create unique index attempts_one_live on attempts (payment_id)
  where status in ('requires_action', 'submitting', 'pending', 'unknown', 'authorized', 'voiding');

create table operations (
  id text primary key,
  payment_id text not null references payments,
  merchant_id text not null references merchants,
  attempt_id text references attempts,
  number int not null,
  kind text not null constraint operations_kind check (kind in ('capture', 'void', 'refund')),
  cause text not null constraint operations_cause check (cause in ('request', 'automatic', 'cancel', 'expiry', 'late_success')),
  status text not null,
  amount bigint not null constraint operations_amount_positive check (amount > 0),
  currency text not null,
  final boolean not null default false,
  -- Belongs to a late attempt: outside the payment's ceilings.
  late boolean not null default false,
  reason text,
  provider_key text,
  provider_reference text,
  send_by timestamptz,
  key_horizon timestamptz,
  sent_count int not null default 0,
  lookups int not null default 0,
  absences int not null default 0,
  due_at timestamptz,
  failure jsonb,
  basis jsonb not null,
  requested_by text not null,
  created_at timestamptz not null default tender_now(),
  updated_at timestamptz not null default tender_now(),
  constraint operations_numbered unique (payment_id, number),
  constraint operations_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id),
  constraint operations_late_cause check (late = (cause = 'late_success'))
);
create index operations_by_attempt on operations (attempt_id) where attempt_id is not null;

create function is_live_attempt(status text) returns boolean language sql immutable as $$
  select status in ('requires_action', 'submitting', 'pending', 'unknown', 'authorized', 'voiding')
$$;

-- How long direct delivery has before the sweeper takes over.
create function direct_delivery() returns interval language sql immutable as $$ select interval '2 seconds' $$;

create function check_status_transition() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.status is distinct from new.status and not exists (
    select from status_transitions where object = tg_argv[0] and from_status = old.status and to_status = new.status)
  then
    raise exception '% % may not move from % to %', tg_argv[0], new.id, old.status, new.status
      using errcode = 'TD001', constraint = 'status_transitions';
  end if;
  return new;
end $$;
create trigger payments_transition before update on payments
  for each row execute function check_status_transition('payment');
create trigger attempts_transition before update on attempts
  for each row execute function check_status_transition('attempt');
create trigger operations_transition before update on operations
  for each row execute function check_status_transition('operation');

-- What was agreed is never rewritten: what a payment, attempt or operation is, whose it is, how much.
create function refuse_identity_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare same boolean;
begin
  case tg_table_name
    when 'payments' then same := (old.id, old.merchant_id, old.amount, old.currency, old.capture_method, old.unique_reference)
      is not distinct from (new.id, new.merchant_id, new.amount, new.currency, new.capture_method, new.unique_reference)
      and new.version >= old.version and (new.capture_closed or not old.capture_closed);
    when 'attempts' then same :=
      (old.id, old.merchant_id, old.amount, old.currency, old.payment_id, old.number, old.provider, old.kind, old.provider_key)
      is not distinct from
      (new.id, new.merchant_id, new.amount, new.currency, new.payment_id, new.number, new.provider, new.kind, new.provider_key);
    else same :=
      (old.id, old.merchant_id, old.amount, old.currency, old.payment_id, old.number, old.kind, old.cause, old.late)
      is not distinct from
      (new.id, new.merchant_id, new.amount, new.currency, new.payment_id, new.number, new.kind, new.cause, new.late);
  end case;
  if not same then
    raise exception '% % is fixed once written', tg_table_name, old.id using errcode = 'TD002';
  end if;
  return new;
end $$;
create trigger payments_identity before update on payments for each row execute function refuse_identity_change();
create trigger attempts_identity before update on attempts for each row execute function refuse_identity_change();
create trigger operations_identity before update on operations for each row execute function refuse_identity_change();

-- What was moved and reserved follows the operations, by the trigger below and by nothing else.
create function refuse_amount_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if pg_trigger_depth() = 1 and
    (old.amount_captured, old.capture_reserved, old.amount_refunded, old.refund_reserved, old.amount_disputed,
      old.amount_excess, old.void_open)
    is distinct from
    (new.amount_captured, new.capture_reserved, new.amount_refunded, new.refund_reserved, new.amount_disputed,
      new.amount_excess, new.void_open)
  then
    raise exception 'amounts of payment % follow its operations', old.id using errcode = 'TD009', constraint = 'amounts_follow_operations';
  end if;
  return new;
end $$;
create trigger payments_amounts before update on payments for each row execute function refuse_amount_change();

create function is_open_operation(status text) returns boolean language sql immutable as $$
  select status in ('requested', 'submitting', 'pending', 'unknown')
$$;

-- Keeps the payment's reserved and moved amounts equal to its operations, whoever writes them.
-- The UPDATE takes the payment's row lock, so concurrent requests queue and the CHECKs judge the sum.
create function reserve_operation() returns trigger language plpgsql set search_path = public, pg_temp as $$
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
    if new.kind in ('capture', 'void') and new.status = 'requested' and held.void_open then
      raise exception 'payment % is being canceled', new.payment_id
        using errcode = 'TD003', constraint = 'cancel_pending';
    end if;
    if new.kind = 'capture' and new.status = 'requested' and held.capture_closed then
      raise exception 'payment % takes no more captures', new.payment_id
        using errcode = 'TD003', constraint = 'capture_closed';
    end if;
  end if;

  if new.kind = 'capture' then
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
create trigger operations_reserve after insert or update on operations
  for each row execute function reserve_operation();
