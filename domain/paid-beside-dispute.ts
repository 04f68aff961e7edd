/** A refund that was on its way when a dispute took its money, and was paid: what is then out twice. */
import type { DisputePatch } from './change.ts';
import { takenTwiceBy } from './dispute-pot.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { OperationState, PaymentState } from './payment-state.ts';
import { refundBesideDisputePaidEntry } from './posting-rules/dispute.ts';

export interface PaidBeside {
  readonly entries: readonly JournalEntry[];
  readonly disputes: readonly DisputePatch[];
}

/** As if the refund had been paid first: the same excess, in the same accounts, whichever was. */
export function paidBesideDispute(payment: PaymentState, operation: OperationState): PaidBeside {
  let twice = takenTwiceBy(payment, operation);
  const entries: JournalEntry[] = [];
  const disputes: DisputePatch[] = [];
  for (const dispute of payment.disputes) {
    const { id, provider, status, amount, amountExcess } = dispute;
    const held = status === 'won' ? 0n : amount - amountExcess;
    const taken = twice < held ? twice : held;
    if (taken === 0n) continue;
    twice -= taken;
    disputes.push({ id, fromStatus: status, amountExcess: amountExcess + taken });
    const of = { id, provider, amount: taken, fee: 0n };
    const lost = status === 'lost';
    // A merchant of a facilitator bears what is lost as a debt already.
    if (lost && payment.fundModel === 'facilitator') continue;
    entries.push(refundBesideDisputePaidEntry(payment, of, operation.id, lost));
  }
  return { entries, disputes };
}
