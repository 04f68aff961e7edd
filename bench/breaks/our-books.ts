/** What our own record has wrong, or knows of a dispute: by plain updates, as `copyMonth` writes it. */
import type pg from 'pg';

const statements = [
  `update operations o set created_at = o.created_at - interval '6 days', updated_at = o.updated_at - interval '6 days'
   from truth.chosen c join truth.payments p using (n) where c.kind = 'time' and o.id = p.capture_id`,
  // Of a sale that was declined there is no capture; of one by itself, it failed.
  `delete from operations o using truth.chosen c join truth.payments p using (n)
   where c.kind = 'state' and p.is_sale and o.id = p.capture_id`,
  `update attempts a set status = 'declined' from truth.chosen c join truth.payments p using (n)
   where c.kind = 'state' and p.is_sale and a.id = p.attempt_id`,
  `update operations o set status = 'failed' from truth.chosen c join truth.payments p using (n)
   where c.kind = 'state' and o.id = p.capture_id`,
  `update payments x set status = case when p.is_sale then 'failed' else 'requires_capture' end, amount_captured = 0,
     amount_authorized = case when p.is_sale then 0 else x.amount_authorized end
   from truth.chosen c join truth.payments p using (n) where c.kind = 'state' and x.id = p.payment_id`,
  `insert into disputes (id, merchant_id, payment_id, attempt_id, provider, provider_reference, status, amount, amount_excess, fee,
     currency, reason, due_by, opened_at)
   select s.dispute_id, p.merchant_id, p.payment_id, p.attempt_id, p.provider, 'dp_' || p.n, 'needs_response', p.amount, p.amount, 0,
     p.currency, 'fraudulent', s.disputed_at + interval '10 days', s.disputed_at
   from truth.stripe s join truth.payments p using (n) where s.role = 'duplicate_outflow'`,
  `update payments x set amount_disputed = p.amount, amount_excess = p.amount
   from truth.stripe s join truth.payments p using (n) where s.role = 'duplicate_outflow' and x.id = p.payment_id`,
];

export async function changeBooks(owner: pg.Pool): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query('set session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.query('reset all').catch(() => undefined);
    client.release();
  }
}
