/**
 * What a merchant is owed becomes available, in one commit: what it owes us is drained first, then a part
 * of what came is kept in the rolling reserve.
 */
import type { JournalEntry } from './journal-entry.ts';
import { allocate } from './money.ts';
import { shortfall } from './posting-rules/balance.ts';
import type { Books } from './posting-rules/entry.ts';
import {
  fundsAvailableEntry,
  fundsTakenBackEntry,
  reserveHeldEntry,
  reserveReleasedEntry,
} from './posting-rules/payout.ts';
import { receivableCreditedEntry, receivableOffsetEntry } from './posting-rules/write-off.ts';

/** Minor units, each on the side on which it grows. */
export interface MerchantBalance {
  /** Captured, and not available yet (2100). */
  readonly pending: bigint;
  /** 2110. */
  readonly available: bigint;
  /** 2120. */
  readonly reserved: bigint;
  /** 2130. */
  readonly inPayout: bigint;
  /** What the merchant owes (1310); below zero: it has paid too much. */
  readonly negative: bigint;
  /** What refunds under way and open disputes may still take of it. */
  readonly held: bigint;
}

export interface Reserve {
  readonly id: string;
  readonly amount: bigint;
}

interface Available {
  readonly entries: readonly JournalEntry[];
  /** What is kept of it. */
  readonly reserve: bigint;
}

const wholeBasisPoints = 10_000n;

/** `batch.amount` is below zero where more was given back than came. */
export function makeAvailable(
  books: Books,
  batch: Reserve,
  balance: MerchantBalance,
  reserveBasisPoints: number,
): Available {
  const { id, amount } = batch;
  if (amount < 0n) return { entries: [takenBack(books, batch, balance.available)], reserve: 0n };
  const entries = amount === 0n ? [] : [fundsAvailableEntry(books, batch)];
  const debt = drainDebt(books, id, { ...balance, available: balance.available + amount });
  const wanted = shareOf(amount, reserveBasisPoints);
  const reserve = wanted < debt.available ? wanted : debt.available;
  if (reserve > 0n) entries.push(...debt.entries, reserveHeldEntry(books, { id, amount: reserve }));
  else entries.push(...debt.entries);
  return { entries, reserve: reserve > 0n ? reserve : 0n };
}

/** Reserves whose time is over, of one merchant and currency. */
export function releaseReserves(
  books: Books,
  reserves: readonly Reserve[],
  balance: MerchantBalance,
): readonly JournalEntry[] {
  const released = reserves.reduce((sum, { amount }) => sum + amount, 0n);
  const last = reserves.at(-1);
  if (last === undefined) return [];
  const after = { ...balance, available: balance.available + released };
  return [
    ...reserves.map((reserve) => reserveReleasedEntry(books, reserve)),
    ...drainDebt(books, `${last.id}/released`, after).entries,
  ];
}

function takenBack(books: Books, { id, amount }: Reserve, available: bigint): JournalEntry {
  return fundsTakenBackEntry(books, { id, amount: -amount }, shortfall(-amount, available));
}

/** `available`: what is left of it after that. */
function drainDebt(
  books: Books,
  id: string,
  { available, negative }: Pick<MerchantBalance, 'available' | 'negative'>,
): { readonly entries: readonly JournalEntry[]; readonly available: bigint } {
  if (negative < 0n) {
    const entries = [receivableCreditedEntry(books, { id, amount: -negative })];
    return { entries, available: available - negative };
  }
  const amount = negative < available ? negative : available;
  if (amount <= 0n) return { entries: [], available };
  return { entries: [receivableOffsetEntry(books, { id, amount })], available: available - amount };
}

function shareOf(amount: bigint, basisPoints: number): bigint {
  const part = BigInt(basisPoints);
  const [share = 0n] = allocate(amount, [part, wholeBasisPoints - part]);
  return share;
}
