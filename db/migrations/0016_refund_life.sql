-- A refund is reserved in the ledger with its permit to send (domain/refund-entries.ts). Refunds that had
-- been sent before get their reservation here, because what becomes of them will release it.
do $$
declare refund jsonb;
begin
  for refund in
    select jsonb_build_object(
      'merchant_id', o.merchant_id, 'payment_id', o.payment_id, 'key', o.id || '/requested',
      'event', 'refund_requested', 'state', 'pending',
      'postings', jsonb_build_array(
        jsonb_build_object('account', case m.fund_model when 'own' then '4000' else '2100' end, 'provider', '',
          'side', 'debit', 'amount', o.amount::text, 'currency', o.currency),
        jsonb_build_object('account', '2140', 'provider', a.provider, 'side', 'credit', 'amount', o.amount::text,
          'currency', o.currency)))
    from operations o join attempts a on a.id = o.attempt_id join merchants m on m.id = o.merchant_id
    where o.kind = 'refund' and not o.late and is_open_operation(o.status) and o.sent_count > 0
  loop
    perform post_facts(jsonb_build_array(refund));
  end loop;
end $$;
