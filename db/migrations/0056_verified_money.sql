-- Verified money: of what moved on a day, how much is matched with a line of a settlement file, or explained by a break that
-- has ended; how much is open; and how much waits, since no file could have listed it yet.

-- The movements that p_from <= day < p_until (UTC) asked for or were told of, and are done, with what verifies each. Ids are in
-- the order of time, so only those of these days are read.
create function movements_verified(p_from timestamptz, p_until timestamptz, p_merchant_id text, p_provider text, p_currency text)
returns table (day date, provider text, currency text, amount bigint, done_at timestamptz, state text) language sql stable
set search_path = public, pg_temp set enable_hashjoin = off set enable_mergejoin = off as $$
  with span as (
    -- Ids go by the machine's time, which the clock of a sandbox may be ahead of.
    select p_from - (tender_now() - clock_timestamp()) - clock_timestamp() - interval '1 minute' as since,
      p_until - clock_timestamp() + interval '1 minute' as until
  ), moved as (
    select o.id, o.payment_id, o.merchant_id, a.provider, o.currency, o.amount, o.created_at as at, o.updated_at as done_at
    from span, (values ('op_'), ('ref_')) p (prefix), operations o, attempts a
    where o.id >= p.prefix || uuidv7(span.since)::text and o.id < p.prefix || uuidv7(span.until)::text
      and o.created_at >= p_from and o.created_at < p_until and a.id = o.attempt_id
      and o.kind in ('capture', 'refund', 'receipt') and o.status = 'succeeded'
      -- What payers sent by themselves is listed credit by credit.
      and not (o.kind = 'capture' and exists (select from operations x where x.attempt_id = o.attempt_id and x.kind = 'receipt'))
    union all
    select d.id, d.payment_id, d.merchant_id, d.provider, d.currency, d.amount, d.opened_at, d.opened_at
    from span, disputes d
    where d.id >= 'dsp_' || uuidv7(span.since)::text and d.id < 'dsp_' || uuidv7(span.until)::text
      and d.opened_at >= p_from and d.opened_at < p_until
    union all
    -- A sale that came after we had said no is with the provider until it is given back.
    select a.id, a.payment_id, a.merchant_id, a.provider, a.currency, a.amount, a.created_at, a.updated_at
    from span, attempts a
    where a.id >= 'att_' || uuidv7(span.since)::text and a.id < 'att_' || uuidv7(span.until)::text
      and a.created_at >= p_from and a.created_at < p_until and a.kind = 'sale' and a.status = 'late'
      and not exists (select from operations o where o.attempt_id = a.id and o.kind in ('capture', 'receipt'))
  )
  select (m.at at time zone 'UTC')::date, m.provider, m.currency, m.amount, m.done_at,
    case when b.is_open then 'open'
      when b.by_people then 'explained'
      when exists (select from settlement_matches k where k.subject_id = m.id) then 'matched'
      when b.is_ended then 'explained'
      else 'unseen' end
  from moved m left join lateral (
    -- Of its value; a fee, a date, a rate or money paid twice leave what was moved as it is.
    select bool_or(b.status = 'open') as is_open, bool_or(b.status = 'resolved') as is_ended,
      bool_or(b.status = 'resolved' and b.resolution ->> 'by' <> 'tender') as by_people
    from breaks b where b.payment_id = m.payment_id and b.subject_id = m.id
      and b.kind in ('missing_external', 'duplicate_internal', 'amount', 'currency', 'state')) b on true
  where m.merchant_id = coalesce(p_merchant_id, m.merchant_id) and m.provider = coalesce(p_provider, m.provider)
    and m.currency = coalesce(p_currency, m.currency)
$$;

-- By day, provider and currency. p_waits: { provider: seconds } in which a file lists what was done; a provider that is not
-- in it has two days. Sums are decimal strings of minor units.
create function verified_money(p_from date, p_to date, p_waits jsonb, p_merchant_id text, p_provider text, p_currency text)
returns table (day text, provider text, currency text, total text, matched text, explained text, open text, waiting text)
language sql stable set search_path = public, pg_temp as $$
  select m.day::text, m.provider, m.currency, sum(m.amount)::text, coalesce(sum(m.amount) filter (where m.state = 'matched'), 0)::text,
    coalesce(sum(m.amount) filter (where m.state = 'explained'), 0)::text,
    coalesce(sum(m.amount) filter (where m.state = 'open' or m.state = 'unseen' and not w.waits), 0)::text,
    coalesce(sum(m.amount) filter (where m.state = 'unseen' and w.waits), 0)::text
  from movements_verified(p_from::timestamp at time zone 'UTC', (p_to + 1)::timestamp at time zone 'UTC', p_merchant_id, p_provider,
    p_currency) m
  cross join lateral (select tender_now()
    < m.done_at + coalesce((p_waits ->> m.provider)::numeric, 172800) * interval '1 second' as waits) w
  group by m.day, m.provider, m.currency order by m.day desc, m.provider, m.currency
$$;

revoke execute on function movements_verified(timestamptz, timestamptz, text, text, text),
  verified_money(date, date, jsonb, text, text, text) from public;
grant execute on function movements_verified(timestamptz, timestamptz, text, text, text),
  verified_money(date, date, jsonb, text, text, text) to tender_worker;
