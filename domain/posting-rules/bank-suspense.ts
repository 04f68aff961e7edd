/** What a bank statement says and nothing of ours explains, until it is identified: keyed by its break. */
import type { JournalEntry } from '../journal-entry.ts';
import { entry, type Books } from './entry.ts';

export interface UnidentifiedAtBank {
  /** The break. */
  readonly id: string;
  readonly provider: string;
  readonly amount: bigint;
}

export function unidentifiedReceiptEntry(books: Books, found: UnidentifiedAtBank): JournalEntry {
  return entry(books, {
    key: `${found.id}/suspense`,
    event: 'unidentified_receipt',
    provider: found.provider,
    debits: [['1010', found.amount]],
    credits: [['2900', found.amount]],
  });
}

export function unidentifiedOutgoingEntry(books: Books, found: UnidentifiedAtBank): JournalEntry {
  return entry(books, {
    key: `${found.id}/suspense`,
    event: 'unidentified_outgoing',
    provider: found.provider,
    debits: [['1900', found.amount]],
    credits: [['1010', found.amount]],
  });
}

/**
 * What stood in suspense turns out to be a provider's: in transit when it was announced as a payout, else
 * straight from its receivable; or it is booked where it belongs beside this, and only leaves (1010).
 * `heldFor` is the provider that suspense names.
 */
export interface Identified {
  readonly suspenseKey: string;
  readonly heldFor: string;
  readonly provider: string;
  readonly as: '1200' | '1100' | '1010';
  readonly amount: bigint;
}

export function receiptIdentifiedEntry(books: Books, found: Identified): JournalEntry {
  const draft = entry(books, {
    key: `${found.suspenseKey}/identified`,
    event: 'receipt_identified',
    provider: found.provider,
    debits: [['2900', found.amount]],
    credits: [[found.as, found.amount]],
  });
  return fromSuspense(draft, '2900', found.heldFor);
}

export function outgoingIdentifiedEntry(books: Books, found: Identified): JournalEntry {
  const draft = entry(books, {
    key: `${found.suspenseKey}/identified`,
    event: 'outgoing_identified',
    provider: found.provider,
    debits: [[found.as, found.amount]],
    credits: [['1900', found.amount]],
  });
  return fromSuspense(draft, '1900', found.heldFor);
}

/** It drains where it stands, which need not be at the provider that it turned out to be. */
function fromSuspense(
  draft: JournalEntry,
  suspense: '1900' | '2900',
  provider: string,
): JournalEntry {
  const postings = draft.postings.map((p) => (p.account === suspense ? { ...p, provider } : p));
  return { ...draft, postings };
}
