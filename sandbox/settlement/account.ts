/** Our account at our own bank: a payout to us is on it the day after the day it pays, what we send that day. */
import type { Context } from '../context.ts';
import { batchesOf, payoutsOf } from './batches.ts';
import { dayMs, stampOf } from './days.ts';

export interface Entry {
  /** The bank's own name for it. */
  readonly bankReference: string;
  readonly endToEndId: string;
  readonly counterparty: string;
  readonly amount: bigint;
}

/** One currency's day on the account. */
export interface DayOfAccount {
  readonly currency: string;
  readonly opening: bigint;
  readonly entries: readonly Entry[];
  readonly closing: bigint;
}

export interface Statement {
  readonly id: string;
  readonly day: number;
  /** Of the account's life, from 1. */
  readonly number: number;
  /** By currency, of every one that was ever paid into. */
  readonly accounts: readonly DayOfAccount[];
}

export function statementIdOf(day: number): string {
  return `statement-${stampOf(day)}`;
}

/** The statement of a day that is over; without accounts before the first payout. */
export function statementOf({ store }: Context, day: number, number: number): Statement {
  const accounts = new Map<string, DayOfAccount>();
  // A day is paid on the next, so today's entries are yesterday's payouts.
  const put = (currency: string, isToday: boolean, entry: Entry): void => {
    const known = accounts.get(currency) ?? { currency, opening: 0n, entries: [], closing: 0n };
    const { amount } = entry;
    accounts.set(currency, {
      currency,
      opening: known.opening + (isToday ? 0n : amount),
      entries: isToday ? [...known.entries, entry] : known.entries,
      closing: known.closing + amount,
    });
  };
  for (const { id, batch, amount, currency } of payoutsOf(batchesOf(store, null, 0, day))) {
    const bankReference = `${stampOf(day)}/${batch.provider}/${currency}`;
    const entry = { bankReference, endToEndId: id, counterparty: batch.provider, amount };
    put(currency, batch.day + dayMs === day, entry);
  }
  for (const sent of store.movements.listBetween('bank', 0, day + dayMs)) {
    if (sent.operation !== 'payout' && sent.operation !== 'payout_return') continue;
    const amount = BigInt(sent.operation === 'payout' ? -sent.amount : sent.amount);
    const { provider_reference: bankReference, reference: endToEndId, currency, at } = sent;
    put(currency, at >= day, { bankReference, endToEndId, counterparty: 'merchant', amount });
  }
  const byCurrency = [...accounts.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
  return { id: statementIdOf(day), day, number, accounts: byCurrency };
}
