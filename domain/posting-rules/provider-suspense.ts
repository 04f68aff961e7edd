/** A difference at a provider that people set aside until it is explained: out of its receivable. */
import type { JournalEntry } from '../journal-entry.ts';
import { entry, type Books } from './entry.ts';

export interface Difference {
  /** The break. */
  readonly id: string;
  readonly provider: string;
  /** Below zero: less came, or more was taken, than our books say. */
  readonly amount: bigint;
}

export function differenceParkedEntry(books: Books, difference: Difference): JournalEntry {
  const { id, provider, amount } = difference;
  return entry(books, {
    key: `${id}/suspense`,
    event: amount < 0n ? 'unidentified_outgoing' : 'unidentified_receipt',
    provider,
    ...(amount < 0n
      ? { debits: [['1900', -amount]], credits: [['1100', -amount]] }
      : { debits: [['1100', amount]], credits: [['2900', amount]] }),
  });
}
