/**
 * From what a merchant is owed to the merchant's bank. Facilitator only: to whoever operates its own
 * shop nothing is owed, so none of these events exists there and each rule refuses.
 */
import type { AccountCode } from '../accounts.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { fromMerchant } from './balance.ts';
import { entry, type Books } from './entry.ts';
import type { JournalEvent } from './events.ts';

/** `id` is that of the payout, the reserve, or the batch that became available. */
export interface BalanceMove {
  readonly id: string;
  readonly amount: bigint;
}

function move(
  books: Books,
  { id, amount }: BalanceMove,
  event: JournalEvent,
  from: AccountCode,
  to: AccountCode,
): JournalEntry {
  return entry(books, {
    key: `${id}/${event}`,
    event,
    debits: [[from, amount]],
    credits: [[to, amount]],
  });
}

export function fundsAvailableEntry(books: Books, batch: BalanceMove): JournalEntry {
  return move(books, batch, 'funds_available', '2100', '2110');
}

/** More was given back than came since; `short` is what 2110 does not cover of it. */
export function fundsTakenBackEntry(books: Books, batch: BalanceMove, short: bigint): JournalEntry {
  return entry(books, {
    key: `${batch.id}/funds_taken_back`,
    event: 'funds_taken_back',
    debits: fromMerchant(books, batch.amount, short),
    credits: [['2100', batch.amount]],
  });
}

export function reserveHeldEntry(books: Books, reserve: BalanceMove): JournalEntry {
  return move(books, reserve, 'reserve_held', '2110', '2120');
}

export function reserveReleasedEntry(books: Books, reserve: BalanceMove): JournalEntry {
  return move(books, reserve, 'reserve_released', '2120', '2110');
}

export function merchantPayoutSentEntry(books: Books, payout: BalanceMove): JournalEntry {
  return move(books, payout, 'merchant_payout_sent', '2110', '2130');
}

export function merchantPayoutConfirmedEntry(books: Books, payout: BalanceMove): JournalEntry {
  return move(books, payout, 'merchant_payout_confirmed', '2130', '1010');
}

/** Refused by a bank: available again. */
export function merchantPayoutFailedEntry(books: Books, payout: BalanceMove): JournalEntry {
  return move(books, payout, 'merchant_payout_failed', '2130', '2110');
}

/** Paid, and sent back by the merchant's bank after that: available again. */
export function merchantPayoutReturnedEntry(books: Books, payout: BalanceMove): JournalEntry {
  return move(books, payout, 'merchant_payout_returned', '1010', '2110');
}

/** Paid after it had been given back; `short` is what 2110 does not cover of it. */
export function merchantPayoutPaidLateEntry(
  books: Books,
  { id, amount }: BalanceMove,
  short: bigint,
): JournalEntry {
  return entry(books, {
    key: `${id}/merchant_payout_paid_late`,
    event: 'merchant_payout_paid_late',
    debits: [
      ['2110', amount - short],
      ['1310', short],
    ],
    credits: [['1010', amount]],
  });
}
