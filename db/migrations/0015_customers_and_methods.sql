-- Customers, and the ways of paying they leave with us: tokens only, each good for later payments, also
-- while the shopper is away. A payment that names one takes its tokens over when it is written.

alter table customers
  add column metadata jsonb not null default '{}',
  add constraint customers_of_merchant unique (id, merchant_id);

create table payment_methods (
  id text primary key default 'pm_' || uuidv7(),
  merchant_id text not null references merchants,
  customer_id text not null,
  -- { type, token | tokens, wallet?, brand?, last4? }, as a payment has it.
  method jsonb not null constraint payment_methods_method check (method ? 'type' and (method ? 'token' or method ? 'tokens')),
  -- The payment it was saved with; null: given by itself.
  payment_id text,
  created_at timestamptz not null default tender_now(),
  detached_at timestamptz,
  constraint payment_methods_of_customer foreign key (customer_id, merchant_id) references customers (id, merchant_id)
);
create index payment_methods_by_customer on payment_methods (customer_id, id desc);
-- Saved once, however often the payment moves.
create unique index payment_methods_by_payment on payment_methods (payment_id) where payment_id is not null;

-- What is saved is never rewritten: it may only be detached, once.
create function refuse_method_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if (old.id, old.merchant_id, old.customer_id, old.method, old.payment_id, old.created_at)
    is distinct from (new.id, new.merchant_id, new.customer_id, new.method, new.payment_id, new.created_at)
    or (old.detached_at is not null and new.detached_at is distinct from old.detached_at)
  then
    raise exception 'payment method % is fixed once written', old.id using errcode = 'TD002';
  end if;
  return new;
end $$;
create trigger payment_methods_identity before update on payment_methods for each row execute function refuse_method_change();

-- A payment that names a saved method gets its tokens, and its customer if it names none.
create function take_saved_method() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare saved payment_methods;
begin
  select * into saved from payment_methods m
    where m.id = new.payment_method ->> 'id' and m.merchant_id = new.merchant_id and m.detached_at is null
      and m.method ->> 'type' = new.payment_method ->> 'type'
      and m.customer_id = coalesce(new.customer_id, m.customer_id)
    for share;
  if not found then
    raise exception 'payment method % is not there', new.payment_method ->> 'id'
      using errcode = 'TD011', constraint = 'payment_method_not_found';
  end if;
  new.payment_method := saved.method || jsonb_build_object('id', saved.id);
  new.customer_id := saved.customer_id;
  return new;
end $$;
create trigger payments_take_saved_method before insert or update of payment_method on payments for each row
  when (new.payment_method ? 'id' and not new.payment_method ?| array['token', 'tokens'])
  execute function take_saved_method();

-- With `save`, the method is kept in the commit that first says the provider took it.
create function save_method() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare saved text;
begin
  insert into payment_methods (merchant_id, customer_id, method, payment_id)
  values (new.merchant_id, new.customer_id, new.payment_method, new.id) returning id into saved;
  new.payment_method := new.payment_method || jsonb_build_object('id', saved);
  return new;
end $$;
create trigger payments_save_method before update on payments for each row
  when (new.options ->> 'save' = 'true' and new.customer_id is not null and not new.payment_method ? 'id'
    and old.status is distinct from new.status and new.status in ('requires_capture', 'partially_captured', 'captured'))
  execute function save_method();

-- A method is set up with a payment of nothing: the issuer is asked, no money moves.
alter table payments drop constraint payments_amount_safe,
  add constraint payments_amount_safe check (amount between 0 and 9007199254740991),
  add constraint payments_nothing_is_for_saving check (amount > 0 or coalesce(options ->> 'save' = 'true', false));
alter table attempts drop constraint attempts_amount_positive,
  add constraint attempts_amount_not_negative check (amount >= 0);

alter table payment_methods enable row level security;
alter table payment_methods force row level security;
create policy owner_all on payment_methods to tender_owner using (true) with check (true);
create policy worker_all on payment_methods to tender_worker using (true) with check (true);
create policy one_merchant on payment_methods to tender_api using (merchant_id = current_setting('tender.merchant_id', true))
  with check (merchant_id = current_setting('tender.merchant_id', true));
grant select, insert on payment_methods to tender_api, tender_worker;
grant update (detached_at) on payment_methods to tender_api, tender_worker;

-- What is made in one commit is answered at once: its key waits for nothing.
alter table idempotency_keys drop constraint idempotency_keys_kind,
  add constraint idempotency_keys_kind check (resource_kind in ('payment', 'operation', 'refund', 'object'));
