/** From the provider's receivable to our bank: announced, in transit, seen; and what it keeps in reserve. */
import type { JournalEntry } from '../journal-entry.ts';
import { entry, type Books } from './entry.ts';

export interface ProviderPayout {
  readonly id: string;
  readonly provider: string;
  /** Captures less fees, refunds and disputes of the batch; below zero, the provider collects it. */
  readonly amount: bigint;
}

export function providerPayoutAnnouncedEntry(books: Books, payout: ProviderPayout): JournalEntry {
  const { id, provider, amount } = payout;
  return entry(books, {
    key: `${provider}/${id}/announced`,
    event: 'provider_payout_announced',
    provider,
    ...(amount >= 0n
      ? { debits: [['1200', amount]], credits: [['1100', amount]] }
      : { debits: [['1100', -amount]], credits: [['1200', -amount]] }),
  });
}

/**
 * The bank statement's line for a payout that was announced; `seen` below zero is money that left.
 * In transit is cleared in full, and a difference goes to suspense, where a break explains it.
 */
export function bankCreditEntry(
  books: Books,
  payout: ProviderPayout,
  seen: bigint,
  statementLineId: string,
): JournalEntry {
  const { provider, amount } = payout;
  const positive = (value: bigint): bigint => (value > 0n ? value : 0n);
  return entry(books, {
    key: `bank/${statementLineId}`,
    event: 'bank_credit',
    provider,
    debits: [
      ['1010', positive(seen)],
      ['1200', positive(-amount)],
      ['1900', positive(amount - seen)],
    ],
    credits: [
      ['1200', positive(amount)],
      ['1010', positive(-seen)],
      ['2900', positive(seen - amount)],
    ],
  });
}

export interface ProviderReserve {
  /** The provider's own record of it. */
  readonly id: string;
  readonly provider: string;
  readonly amount: bigint;
}

export function providerReserveHeldEntry(books: Books, reserve: ProviderReserve): JournalEntry {
  return entry(books, {
    key: `${reserve.provider}/${reserve.id}/reserve_held`,
    event: 'provider_reserve_held',
    provider: reserve.provider,
    debits: [['1150', reserve.amount]],
    credits: [['1100', reserve.amount]],
  });
}

export function providerReserveReleasedEntry(books: Books, reserve: ProviderReserve): JournalEntry {
  return entry(books, {
    key: `${reserve.provider}/${reserve.id}/reserve_released`,
    event: 'provider_reserve_released',
    provider: reserve.provider,
    debits: [['1100', reserve.amount]],
    credits: [['1150', reserve.amount]],
  });
}
