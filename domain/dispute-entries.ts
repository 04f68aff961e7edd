/** The books of a dispute as it moves: which entries each fact is. */
import type { DisputeState, DisputeStatus } from './dispute-state.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { PaymentState } from './payment-state.ts';
import {
  disputeAndRefundPaidEntry,
  disputeFeeChargedEntry,
  disputeFeeGivenBackEntry,
  disputeLostEntry,
  disputeOpenedEntry,
  disputeReopenedEntry,
  disputeWonEntry,
  doubleReturnRecoveredEntry,
  type Dispute,
} from './posting-rules/dispute.ts';

export type DisputeMove = 'opened' | 'reopened' | 'won' | 'lost';

/**
 * `dispute`: as it is after the move; `from`: what it was when it was reopened. A facilitator's merchant bears
 * it as a debt (1310), all of it: nothing is known to be available, and a fact may not fail for want of a
 * balance. The fee is charged on. Entries of a later round are keyed by it.
 */
export function disputeEntries(
  payment: PaymentState,
  dispute: DisputeState,
  move: DisputeMove,
  { feeReturned, from }: { readonly feeReturned: boolean; readonly from: DisputeStatus | null },
): readonly JournalEntry[] {
  const { round, provider, amount, amountExcess, fee } = dispute;
  const id = round === 1 ? dispute.id : `${dispute.id}/${String(round)}`;
  const held = { id, provider, amount: amount - amountExcess, fee };
  const twice = { id, provider, amount: amountExcess, fee: 0n };
  switch (move) {
    case 'opened':
      return taken(payment, held, twice);
    case 'reopened':
      return reopened(payment, held, twice, from);
    case 'lost':
      return held.amount > 0n
        ? [disputeLostEntry(payment, held, debtOf(payment, held.amount))]
        : [];
    case 'won':
      return won(payment, held, twice, feeReturned);
  }
}

function debtOf({ fundModel }: PaymentState, owed: bigint): bigint {
  return fundModel === 'facilitator' ? owed : 0n;
}

function taken(payment: PaymentState, held: Dispute, twice: Dispute): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  if (held.amount + held.fee > 0n) entries.push(disputeOpenedEntry(payment, held));
  if (payment.fundModel === 'facilitator' && held.fee > 0n) {
    entries.push(disputeFeeChargedEntry(payment, held, held.fee));
  }
  if (twice.amount > 0n) {
    entries.push(disputeAndRefundPaidEntry(payment, twice, debtOf(payment, twice.amount)));
  }
  return entries;
}

/** Won, it is taken once more. Lost or still open, the money is with the other side: only the fee is new. */
function reopened(
  payment: PaymentState,
  held: Dispute,
  twice: Dispute,
  from: DisputeStatus | null,
): readonly JournalEntry[] {
  if (from === 'won') return taken(payment, held, twice);
  const none = { ...held, amount: 0n };
  const entries = [...taken(payment, none, { ...twice, amount: 0n })];
  if (from === 'lost' && held.amount > 0n) {
    entries.push(disputeReopenedEntry(payment, held, debtOf(payment, held.amount)));
  }
  return entries;
}

function won(
  payment: PaymentState,
  held: Dispute,
  twice: Dispute,
  feeReturned: boolean,
): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  const feeBack = feeReturned ? held.fee : 0n;
  if (held.amount + feeBack > 0n) entries.push(disputeWonEntry(payment, held, feeReturned));
  if (payment.fundModel === 'facilitator' && feeBack > 0n) {
    entries.push(disputeFeeGivenBackEntry(payment, held));
  }
  if (twice.amount > 0n) {
    entries.push(doubleReturnRecoveredEntry(payment, twice, debtOf(payment, twice.amount)));
  }
  return entries;
}
