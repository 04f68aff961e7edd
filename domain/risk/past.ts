/**
 * What features are made of: the facts of one payment, and what its entities did before. Instants are ms since
 * the epoch. Amounts are hundredths of the major unit of the payment's own currency, whole numbers: 1 EUR is
 * 100, 1 JPY is 100, 1 KWD is 100. Nothing is converted; sums of them are exact in any order.
 */
import type { Counters } from './counters.ts';

/** `card` is whatever is charged: a card, a wallet's card, an account that is debited. */
export const shopperEntities = ['card', 'customer', 'email', 'device', 'ip'] as const;
export type ShopperEntity = (typeof shopperEntities)[number];

/** A keyed hash, at most 53 bits; null: the payment names none. */
export type EntityKeys = Readonly<Record<ShopperEntity, number | null>>;

export interface PaymentFacts extends EntityKeys {
  readonly merchant: string;
  readonly amount: number;
  readonly currency: string;
  /** The first six to eight digits of the card, where somebody told them. */
  readonly bin: string | null;
}

/**
 * `attempt`: the shopper asked for money to be taken; another provider for the same try is no second one.
 * `declined`: that try ended with a no. `blocked`: a rule stopped it. `fraud`: its cardholder disowned it.
 */
export const riskEventKinds = ['attempt', 'declined', 'blocked', 'fraud'] as const;
export type RiskEventKind = (typeof riskEventKinds)[number];

export interface RiskEvent extends PaymentFacts {
  readonly kind: RiskEventKind;
  /** When it was known. */
  readonly at: number;
  /** When the try was made that it is about. */
  readonly attemptAt: number;
}

/** What an entity of a shopper did, of one event. */
export interface PastEvent {
  readonly kind: RiskEventKind;
  readonly at: number;
  readonly amount: number;
  readonly card: number | null;
}

/** Of which it is told since when they are known. */
export const agedEntities = ['card', 'customer', 'device'] as const;

export interface ShopperPast {
  /** When it was first seen; null: never before, or not told of (`agedEntities`). */
  readonly firstAt: number | null;
  /** Of the last 30 days and at most the `pastEventsMax` newest, newest first. */
  readonly events: readonly PastEvent[];
}

export const pastEventsMax = 128;

/** Null: the payment names no such entity. */
export type Past = Readonly<Record<ShopperEntity, ShopperPast | null>> & {
  readonly merchant: Counters;
  readonly bin: Counters | null;
  /** Of this merchant and exactly this amount; null: the amount is not a small one. */
  readonly sameAmount: Counters | null;
};

/** Card testers take amounts that nobody misses: up to 10 major units. */
const smallAmountMax = 1_000;

/** What `sameAmount` counts under; null: nothing. */
export function sameAmountKey({
  merchant,
  currency,
  amount,
}: Pick<PaymentFacts, 'merchant' | 'currency' | 'amount'>): string | null {
  return amount > smallAmountMax ? null : `${merchant}/${currency}/${String(amount)}`;
}
