import { commitDispute, nextTold } from '../db/disputes.ts';
import { paymentState } from '../db/snapshot.ts';
import { recordDispute } from '../domain/dispute.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { load } from './commit.ts';
import type { ActivityDeps } from './deps.ts';

/** One told event after the other, each in a commit of its own, until all are recorded. */
export async function recordDisputes(deps: ActivityDeps, paymentId: string): Promise<PaymentState> {
  let payment = await load(deps, paymentId);
  while (payment.disputesTold) {
    const next = await nextTold(deps.db, paymentId);
    if (next === null) {
      // Somebody else has recorded it since, and said so in the same commit.
      payment = await load(deps, paymentId);
      if (!payment.disputesTold) break;
      throw new Error(`payment ${paymentId} is told of a dispute that is not there`);
    }
    const record = recordDispute(payment, next.known, next.told, deps.newId('dsp'));
    const { committed, snapshot } = await commitDispute(deps.db, payment, record);
    payment = paymentState(snapshot);
    if (committed) deps.onCommitted(paymentId, { snapshot, frozen: [] });
  }
  return payment;
}
