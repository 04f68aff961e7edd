/** A dispute: what the provider took stays in progress (1300) until the scheme has decided. */
import type { JournalEntry } from '../journal-entry.ts';
import { fromMerchant } from './balance.ts';
import { entry, type Books, type Line } from './entry.ts';

export interface Dispute {
  readonly id: string;
  readonly provider: string;
  readonly amount: bigint;
  /** What the provider keeps for it; zero for none. */
  readonly fee: bigint;
}

export function disputeOpenedEntry(books: Books, dispute: Dispute): JournalEntry {
  return entry(books, {
    key: `${dispute.id}/opened`,
    event: 'dispute_opened',
    provider: dispute.provider,
    debits: [
      ['1300', dispute.amount],
      ['5200', dispute.fee],
    ],
    credits: [['1100', dispute.amount + dispute.fee]],
  });
}

/** `feeReturned`: only if the scheme says so. */
export function disputeWonEntry(
  books: Books,
  dispute: Dispute,
  feeReturned: boolean,
): JournalEntry {
  const fee = feeReturned ? dispute.fee : 0n;
  return entry(books, {
    key: `${dispute.id}/won`,
    event: 'dispute_won',
    provider: dispute.provider,
    debits: [['1100', dispute.amount + fee]],
    credits: [
      ['1300', dispute.amount],
      ['5200', fee],
    ],
  });
}

/** All of it the merchant's loss: tax, deposit and excise of a lost sale are for the tax return to claim. */
export function disputeLostEntry(books: Books, dispute: Dispute, short: bigint): JournalEntry {
  return entry(books, {
    key: `${dispute.id}/lost`,
    event: 'dispute_lost',
    provider: dispute.provider,
    debits: fromMerchant(books, dispute.amount, short),
    credits: [['1300', dispute.amount]],
  });
}

/** What was lost is contested once more: in progress again. */
export function disputeReopenedEntry(books: Books, dispute: Dispute, short: bigint): JournalEntry {
  return entry(books, {
    key: `${dispute.id}/reopened`,
    event: 'dispute_reopened',
    provider: dispute.provider,
    debits: [['1300', dispute.amount]],
    credits: fromMerchant(books, dispute.amount, short),
  });
}

/** Facilitator only: the operator of its own shop has nobody to charge. */
export function disputeFeeChargedEntry(
  books: Books,
  dispute: Dispute,
  short: bigint,
): JournalEntry {
  return entry(books, {
    key: `${dispute.id}/fee_charged`,
    event: 'dispute_fee_charged',
    debits: fromMerchant(books, dispute.fee, short),
    credits: [['4200', dispute.fee]],
  });
}

export function disputeFeeGivenBackEntry(books: Books, dispute: Dispute): JournalEntry {
  return entry(books, {
    key: `${dispute.id}/fee_given_back`,
    event: 'dispute_fee_given_back',
    debits: [['4200', dispute.fee]],
    credits: [['2110', dispute.fee]],
  });
}

/** A facilitator's merchant bears it until it is claimed back; the operator has nobody but suspense. */
function bearers(books: Books, amount: bigint, short: bigint): readonly Line[] {
  return books.fundModel === 'own' ? [['1900', amount]] : fromMerchant(books, amount, short);
}

/** The refund was paid and the dispute took the money once more: to be claimed from the network. */
export function disputeAndRefundPaidEntry(
  books: Books,
  dispute: Dispute,
  short: bigint,
): JournalEntry {
  return entry(books, {
    key: `${dispute.id}/paid_twice`,
    event: 'dispute_and_refund_paid',
    provider: dispute.provider,
    debits: bearers(books, dispute.amount, short),
    credits: [['1100', dispute.amount]],
  });
}

/**
 * A refund was paid beside a dispute that had taken the money already: what the dispute took twice is nobody's
 * sale. `refundId`: there may be several. `lost`: out of revenue by then, not in progress; a facilitator's
 * merchant owes what is lost already.
 */
export function refundBesideDisputePaidEntry(
  books: Books,
  dispute: Dispute,
  refundId: string,
  lost: boolean,
): JournalEntry {
  return entry(books, {
    key: `${dispute.id}/paid_twice/${refundId}`,
    event: 'refund_beside_dispute_paid',
    provider: dispute.provider,
    debits: bearers(books, dispute.amount, dispute.amount),
    credits: [[lost ? '4000' : '1300', dispute.amount]],
  });
}

/** The claim was granted: whoever bore it has it back. */
export function doubleReturnRecoveredEntry(
  books: Books,
  dispute: Dispute,
  short: bigint,
): JournalEntry {
  return entry(books, {
    key: `${dispute.id}/recovered`,
    event: 'double_return_recovered',
    provider: dispute.provider,
    debits: [['1100', dispute.amount]],
    credits: bearers(books, dispute.amount, short),
  });
}
