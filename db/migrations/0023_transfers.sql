-- Money that payers send by themselves: each credit is an operation of its own, asked of nobody, outside the
-- payment's ceilings like all that came without being asked for; and so is what is sent back of it.

alter table operations drop constraint operations_kind,
  add constraint operations_kind check (kind in ('capture', 'void', 'refund', 'increment', 'receipt')),
  drop constraint operations_cause,
  add constraint operations_cause check (cause in ('request', 'automatic', 'cancel', 'expiry', 'late_success', 'transfer')),
  drop constraint operations_late_cause,
  add constraint operations_late_cause check (late = (cause in ('late_success', 'transfer'))),
  add constraint operations_receipt check (kind <> 'receipt' or (cause = 'transfer' and status = 'succeeded' and provider_reference is not null));

-- The same credit twice is the same money.
create unique index operations_one_receipt on operations (attempt_id, provider_reference) where kind = 'receipt';

-- As in 0006, and what a provider has taken and will tell of later (`pending`) is said at once too: it takes days.
create or replace function read_key(p_merchant_id text, p_person text, p_key text) returns jsonb language plpgsql as $$
declare held idempotency_keys;
begin
  perform set_config('tender.merchant_id', p_merchant_id, true);
  select * into held from idempotency_keys where merchant_id = p_merchant_id and person = p_person and key = p_key;
  if not found then return null; end if;
  return to_jsonb(held) || jsonb_build_object(
    'fingerprint', encode(held.fingerprint, 'hex'),
    'in_doubt', case when held.answer_status is null and (
        exists (select from attempts a where a.payment_id = held.payment_id and a.status in ('unknown', 'pending'))
        or exists (select from operations o where o.payment_id = held.payment_id and o.status in ('unknown', 'pending')
          and held.awaits_id in (o.id, o.payment_id)))
      then payment_snapshot(held.payment_id) end);
end $$;
