-- Less work in each commit: foreign keys that follow from another one dropped, and whose answer a commit
-- froze is said by it (0011 has the commit itself).

-- (payment_id, merchant_id) already refers to the payment, and a payment refers to its merchant.
alter table attempts drop constraint attempts_payment_id_fkey;
alter table operations drop constraint operations_payment_id_fkey;
alter table outbox drop constraint outbox_payment_id_fkey, drop constraint outbox_merchant_id_fkey;
alter table journal_entries drop constraint journal_entries_payment_id_fkey;
-- The trigger takes the merchant from the payment.
alter table timeline drop constraint timeline_merchant_id_fkey;

-- Freezes the answer of every key that waits for this resource and names them, so that whoever waits in
-- the process that committed need not ask; a frozen answer is never replaced.
drop function freeze_answers(text, int, text, text, jsonb);
create function freeze_answers(p_awaits_id text, p_status int, p_code text, p_detail text, p_answer jsonb)
returns setof jsonb language sql as $$
  update idempotency_keys k set answer_status = p_status, answer_code = p_code, answer_detail = p_detail, answer = p_answer
  where awaits_id = p_awaits_id and answer_status is null
    -- A key of another merchant that names this payment is not answered with it.
    and merchant_id = p_answer #>> '{payment,merchant_id}'
  returning jsonb_build_object('person', k.person, 'key', k.key, 'status', p_status, 'code', p_code, 'detail', p_detail)
$$;
