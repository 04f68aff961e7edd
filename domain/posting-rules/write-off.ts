/** Debts and differences that are given up, with a reason and a second person; and what comes in later. */
import type { JournalEntry } from '../journal-entry.ts';
import { entry, type Books } from './entry.ts';

export interface Decided {
  /** The case in which it was decided. */
  readonly id: string;
  readonly amount: bigint;
  readonly reason: string;
  readonly approver: string;
  /** The provider at which the suspense stands; empty for a line of the bank's. */
  readonly provider: string;
}

/** A facilitator gives up a merchant's debt; an operator, money that went out twice. */
export function badDebtWrittenOffEntry(books: Books, decided: Decided): JournalEntry {
  const { id, amount, reason, approver, provider } = decided;
  return entry(books, {
    key: `${id}/written_off`,
    event: 'bad_debt_written_off',
    reason,
    approver,
    provider,
    debits: [['5300', amount]],
    credits: [[books.fundModel === 'own' ? '1900' : '1310', amount]],
  });
}

export interface Received {
  /** The statement line or the offset that brought it. */
  readonly id: string;
  readonly amount: bigint;
}

/** Paid after it was written off. */
export function badDebtRecoveredEntry(books: Books, { id, amount }: Received): JournalEntry {
  return entry(books, {
    key: `${id}/bad_debt_recovered`,
    event: 'bad_debt_recovered',
    debits: [['1010', amount]],
    credits: [['5300', amount]],
  });
}

/** A merchant's debt, paid out of what became available. */
export function receivableOffsetEntry(books: Books, { id, amount }: Received): JournalEntry {
  return entry(books, {
    key: `${id}/receivable_offset`,
    event: 'receivable_offset',
    debits: [['2110', amount]],
    credits: [['1310', amount]],
  });
}

/** It had paid more than it owed: what is left of that is available. */
export function receivableCreditedEntry(books: Books, { id, amount }: Received): JournalEntry {
  return entry(books, {
    key: `${id}/receivable_credited`,
    event: 'receivable_credited',
    debits: [['1310', amount]],
    credits: [['2110', amount]],
  });
}

export function receivablePaidEntry(books: Books, { id, amount }: Received): JournalEntry {
  return entry(books, {
    key: `${id}/receivable_paid`,
    event: 'receivable_paid',
    debits: [['1010', amount]],
    credits: [['1310', amount]],
  });
}

/** Less arrived, or more left, than anybody can explain. */
export function shortageWrittenOffEntry(books: Books, decided: Decided): JournalEntry {
  const { id, amount, reason, approver, provider } = decided;
  return entry(books, {
    key: `${id}/written_off`,
    event: 'shortage_written_off',
    reason,
    approver,
    provider,
    debits: [['5400', amount]],
    credits: [['1900', amount]],
  });
}

export function surplusWrittenOffEntry(books: Books, decided: Decided): JournalEntry {
  const { id, amount, reason, approver, provider } = decided;
  return entry(books, {
    key: `${id}/written_off`,
    event: 'surplus_written_off',
    reason,
    approver,
    provider,
    debits: [['2900', amount]],
    credits: [['5400', amount]],
  });
}
