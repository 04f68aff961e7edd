-- The past of one payment in one round trip: each entity is one descent of its index, however many payments there are.

-- Events as `kind,at,amount,card` one after the other, the newest first: at most 128 of the last 30 days, all before p_as_of (null:
-- now). Counters as they are kept, and what is not in them yet,
-- of which 500 at most: where the keeper has stopped, they fall behind, and nothing gets slow.
-- Answers one text of lines, in the order of the names below: a row of so many columns costs more than what is in them.
create function read_risk_past(p_payment_id text, p_as_of bigint) returns text language plpgsql stable
set search_path = public, pg_temp as $$
declare
  p payments; e record; hundredths bigint; since bigint; written text; as_of bigint; facts text; firsts text;
  card text; customer text; email text; device text; ip text; merchant text; bin text; same_amount text; of_merchant text; of_bin text;
begin
  select * into p from payments where id = p_payment_id;
  if not found then return null; end if;
  if p.customer_id is not null then select c.email into written from customers c where c.id = p.customer_id; end if;
  e := risk_entities(p.merchant_id, p.payment_method, p.customer_id, written, p.options);
  as_of := coalesce(p_as_of, epoch_ms(tender_now()));
  since := as_of - 2592000000;
  hundredths := risk_amount(p.amount, p.currency);
  facts := json_build_object('merchant', p.merchant_id, 'amount', hundredths, 'currency', p.currency, 'bin', e.bin, 'card', e.card,
    'customer', e.customer, 'email', e.email, 'device', e.device, 'ip', e.ip);
  select concat_ws(',',
      coalesce((select r.at from risk_events r where r.card = e.card and r.at < as_of order by r.at limit 1), 0),
      coalesce((select r.at from risk_events r where r.customer = e.customer and r.at < as_of order by r.at limit 1), 0),
      coalesce((select r.at from risk_events r where r.device = e.device and r.at < as_of order by r.at limit 1), 0)),
    (select string_agg(concat_ws(',', h.kind, h.at, h.amount, e.card), ',') from (select r.kind, r.at, r.amount from risk_events r
      where r.card = e.card and r.at > since and r.at < as_of order by r.at desc limit 128) h),
    (select string_agg(concat_ws(',', h.kind, h.at, h.amount, coalesce(h.card, 0)), ',') from (select r.kind, r.at, r.amount, r.card
      from risk_events r where r.customer = e.customer and r.at > since and r.at < as_of order by r.at desc limit 128) h),
    (select string_agg(concat_ws(',', h.kind, h.at, h.amount, coalesce(h.card, 0)), ',') from (select r.kind, r.at, r.amount, r.card
      from risk_events r where r.email = e.email and r.at > since and r.at < as_of order by r.at desc limit 128) h),
    (select string_agg(concat_ws(',', h.kind, h.at, h.amount, coalesce(h.card, 0)), ',') from (select r.kind, r.at, r.amount, r.card
      from risk_events r where r.device = e.device and r.at > since and r.at < as_of order by r.at desc limit 128) h),
    (select string_agg(concat_ws(',', h.kind, h.at, h.amount, coalesce(h.card, 0)), ',') from (select r.kind, r.at, r.amount, r.card
      from risk_events r where r.ip = e.ip and r.at > since and r.at < as_of order by r.at desc limit 128) h),
    (select k.counters from risk_counters k where k.kind = 'merchant' and k.key = p.merchant_id),
    (select k.counters from risk_counters k where k.kind = 'bin' and k.key = e.bin),
    (select k.counters from risk_counters k where k.kind = 'same_amount'
      and k.key = p.merchant_id || '/' || p.currency || '/' || hundredths),
    (select string_agg(concat_ws(',', u.kind, u.at, u.attempt_at, u.amount, (u.currency = p.currency)::int), ',') from (
      select * from risk_unfolded n where n.merchant_id = p.merchant_id order by n.sequence desc limit 500) u),
    (select string_agg(concat_ws(',', u.kind, u.at, u.attempt_at, u.amount), ',') from (
      select * from risk_unfolded n where n.bin = e.bin order by n.sequence desc limit 500) u)
  into firsts, card, customer, email, device, ip, merchant, bin, same_amount, of_merchant, of_bin;
  return array_to_string(
    array[as_of::text, facts, firsts, card, customer, email, device, ip, merchant, bin, same_amount, of_merchant, of_bin], E'\n', '');
end $$;
revoke execute on function read_risk_past(text, bigint) from public;
grant execute on function read_risk_past(text, bigint) to tender_worker;

-- Of the next p_limit payments after this one: what was written down and is not so is taken back, what is missing is written.
-- What is seen here has committed; what commits meanwhile is written down by whoever makes it happen.
create function correct_risk_events(p_after text, p_limit int, out payments int, out corrected int, out last text)
language plpgsql set search_path = public, pg_temp as $$
declare ids text[]; gone int; fresh int;
begin
  ids := array(select p.id from payments p where p.id > p_after order by p.id limit p_limit);
  with wanted as materialized (select * from risk_events_of(ids)),
  wrong as (
    delete from risk_events r where r.payment_id = any (ids) and not exists (
      select from wanted w where (w.id, w.kind) = (r.id, r.kind) and w is not distinct from r)
    returning 1)
  select count(*) into gone from wrong;
  select coalesce(sum(record_risk_events(i.id)), 0) into fresh from unnest(ids) i (id);
  payments := cardinality(ids);
  corrected := gone + fresh;
  last := case when payments = p_limit then ids[payments] end;
end $$;
revoke execute on function correct_risk_events(text, int) from public;
grant execute on function correct_risk_events(text, int) to tender_worker;
