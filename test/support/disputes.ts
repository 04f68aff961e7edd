import type { PaymentState } from '../../domain/payment-state.ts';
import { newId } from '../../runtime/ids.ts';
import type { PaymentDatabase } from './payment-database.ts';
import type { Rows } from './rows.ts';

/** A row of one minor unit, past all that decides whether there is to be one. */
export async function insertDispute(rows: Rows, payment: PaymentState): Promise<void> {
  await rows.all(
    `insert into disputes (id, merchant_id, payment_id, attempt_id, provider, provider_reference, status, amount, fee,
      currency, reason, due_by)
     values ($1, $2, $3, $4, 'alder', $1, 'needs_response', 1, 0, 'USD', 'fraudulent', tender_now())`,
    [newId('dsp'), payment.merchantId, payment.id, payment.attempts[0]?.id],
  );
  await rows.all(
    `insert into dispute_answers (id, dispute_id, payment_id, merchant_id, kind, status, evidence, due_at, basis, requested_by)
     select $1, d.id, d.payment_id, d.merchant_id, 'accept', 'requested', '{}', tender_now(), '{}', 'x'
     from disputes d where d.payment_id = $2`,
    [newId('dsa'), payment.id],
  );
}

export async function insertCase(
  on: Pick<PaymentDatabase, 'commit'>,
  payment: PaymentState,
): Promise<void> {
  const attemptId = payment.attempts[0]?.id ?? '';
  const opened = { kind: 'excess', attemptId, amount: 1n, reason: 'test', evidence: {} } as const;
  await on.commit(payment, { cases: [opened], timeline: [] });
}
