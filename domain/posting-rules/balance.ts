/** What comes out of a merchant's balance, and what of it the balance does not cover. */
import type { Books, Line } from './entry.ts';

/** The part of `amount` that `available` (2110, may not go below zero) does not cover. */
export function shortfall(amount: bigint, available: bigint): bigint {
  if (available <= 0n) return amount;
  return amount > available ? amount - available : 0n;
}

/**
 * Facilitator: from the available balance, the `short` part as a debt of the merchant. Own: there is no
 * balance to be short of, it comes out of revenue.
 */
export function fromMerchant(books: Books, amount: bigint, short: bigint): readonly Line[] {
  if (books.fundModel === 'own') return [['4000', amount]];
  return [
    ['2110', amount - short],
    ['1310', short],
  ];
}
