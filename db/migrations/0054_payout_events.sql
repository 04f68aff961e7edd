-- What a merchant is told of its payouts, in the commit in which it comes to be. Ordered within the payout.

-- Whoever moves it holds its row.
create function announce_payout(p_id text, p_type text) returns void language sql set search_path = public, pg_temp as $$
  insert into outbox (merchant_id, stream, sequence, type, object)
  select p.merchant_id, p.id, 1 + coalesce((select max(o.sequence) from outbox o where o.stream = p.id and o.merchant_id = p.merchant_id), 0),
    p_type, jsonb_build_object('payout', payout_view(p))
  from payouts p where p.id = p_id
$$;
revoke execute on function announce_payout(text, text) from public;
grant execute on function announce_payout(text, text) to tender_worker;
