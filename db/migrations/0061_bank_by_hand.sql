-- By people (tier 7): a line of a bank statement that nobody knew is these payouts that providers announced, or these transfers of ours
-- that are in the books, to the cent, and neither is anything else. A payout goes by its id or by its provider's name for it. Null: so
-- it is, and with p_approval_id it is written down; else why not. The caller holds the bank, and books it with `post_bank`.
create function match_bank_by_hand(p_break_id text, p_subjects text[], p_approval_id text) returns text language plpgsql
set search_path = public, pg_temp as $$
declare b breaks; l settlement_lines; said jsonb;
begin
  select * into strict b from breaks where id = p_break_id;
  select * into l from settlement_lines s where s.reconciliation_id = b.reconciliation_id and s.line = b.line;
  if not found or not b.detail ? 'bank' then return 'It is not about a line of a bank statement.'; end if;
  if exists (select from settlement_matches m where m.reconciliation_id = l.reconciliation_id and m.line = l.line) then
    return 'That line is matched already.';
  end if;
  select jsonb_agg(f) into said from (select distinct s from unnest(p_subjects) s) u cross join lateral (
    select a.id, null::text as payment_id, null::text as merchant_id, a.amount, true as is_payout from announced_payouts a
    where a.currency = l.currency and a.credits = 0 and (a.id = u.s
      or a.id in (select n.payout_id from payout_names n where n.currency = l.currency and n.name = u.s))
    union all
    select o.subject_id, o.payment_id, o.merchant_id, o.amount::bigint, false from booked_at_bank(array[u.s]) o
    where o.currency = l.currency and sign(o.amount) = sign(l.net)
      and not exists (select from settlement_matches m where m.subject_id = o.subject_id)) f;
  if coalesce(jsonb_array_length(said), 0) <> (select count(distinct s) from unnest(p_subjects) s) then
    return 'One of these is not there, or is not one: a payout that did not come yet, or a transfer of ours, in the currency of the line.';
  end if;
  if (select sum((f ->> 'amount')::numeric) from jsonb_array_elements(said) f) is distinct from l.net then
    return 'Their sum is not the amount of the line.';
  end if;
  if p_approval_id is not null then
    insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier, matched_by)
    select l.reconciliation_id, l.line, f ->> 'id', f ->> 'payment_id', f ->> 'merchant_id', 7, p_approval_id from jsonb_array_elements(said) f;
    update announced_payouts a set credits = 1, seen = a.amount
    from jsonb_array_elements(said) f where a.id = f ->> 'id' and (f ->> 'is_payout')::boolean;
  end if;
  return null;
end $$;
revoke execute on function match_bank_by_hand(text, text[], text) from public;
grant execute on function match_bank_by_hand(text, text[], text) to tender_worker;
