/**
 * Money that payers send by themselves. Each credit stands in suspense (2900) until the payment it came for
 * is whole, or until it is sent back: a part is no sale, and what is too much is nobody's.
 */
import type { JournalEntry } from '../journal-entry.ts';
import type { AttemptState, OperationState } from '../payment-state.ts';
import { entry, type Books } from './entry.ts';

type At = Pick<AttemptState, 'provider'>;
type Amount = Pick<OperationState, 'id' | 'amount'>;

export function transferReceivedEntry(books: Books, attempt: At, receipt: Amount): JournalEntry {
  return entry(books, {
    key: `${receipt.id}/received`,
    event: 'transfer_received',
    provider: attempt.provider,
    debits: [['1100', receipt.amount]],
    credits: [['2900', receipt.amount]],
  });
}

/** What the payment wanted leaves suspense; its capture, posted with it, says whose it is. */
export function transferAppliedEntry(books: Books, attempt: At, capture: Amount): JournalEntry {
  return entry(books, {
    key: `${capture.id}/applied`,
    event: 'transfer_applied',
    provider: attempt.provider,
    debits: [['2900', capture.amount]],
    credits: [['1100', capture.amount]],
  });
}

export function transferReturnedEntry(books: Books, attempt: At, refund: Amount): JournalEntry {
  return entry(books, {
    key: `${refund.id}/returned`,
    event: 'transfer_returned',
    provider: attempt.provider,
    debits: [['2900', refund.amount]],
    credits: [['1100', refund.amount]],
  });
}
