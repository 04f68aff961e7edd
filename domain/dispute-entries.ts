/** The books of a dispute as it moves: which entries each fact is. */
import type { DisputeState } from './dispute-state.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { PaymentState } from './payment-state.ts';
import {
  disputeAndRefundPaidEntry,
  disputeFeeChargedEntry,
  disputeFeeGivenBackEntry,
  disputeLostEntry,
  disputeOpenedEntry,
  disputeWonEntry,
  doubleReturnRecoveredEntry,
} from './posting-rules/dispute.ts';

export type DisputeMove = 'opened' | 'won' | 'lost';

/**
 * A facilitator's merchant bears it as a debt (1310), all of it: nothing is known to be available, and a
 * fact may not fail for want of a balance. The fee is charged on.
 */
export function disputeEntries(
  payment: PaymentState,
  { id, provider, amount, amountExcess, fee }: DisputeState,
  move: DisputeMove,
  feeReturned: boolean,
): readonly JournalEntry[] {
  const isCharged = payment.fundModel === 'facilitator';
  const short = (owed: bigint): bigint => (isCharged ? owed : 0n);
  const held = { id, provider, amount: amount - amountExcess, fee };
  const twice = { id, provider, amount: amountExcess, fee: 0n };
  const entries: JournalEntry[] = [];
  if (move === 'opened') {
    if (held.amount + fee > 0n) entries.push(disputeOpenedEntry(payment, held));
    if (isCharged && fee > 0n) entries.push(disputeFeeChargedEntry(payment, held, fee));
    if (twice.amount > 0n) {
      entries.push(disputeAndRefundPaidEntry(payment, twice, short(twice.amount)));
    }
    return entries;
  }
  if (move === 'lost') {
    return held.amount > 0n ? [disputeLostEntry(payment, held, short(held.amount))] : [];
  }
  const feeBack = feeReturned ? fee : 0n;
  if (held.amount + feeBack > 0n) entries.push(disputeWonEntry(payment, held, feeReturned));
  if (isCharged && feeBack > 0n) entries.push(disputeFeeGivenBackEntry(payment, held));
  if (twice.amount > 0n) {
    entries.push(doubleReturnRecoveredEntry(payment, twice, short(twice.amount)));
  }
  return entries;
}
