/**
 * What a provider promises, as data: routing, keys, deadlines and the way out of an unknown are decided
 * by it and by nothing else that an adapter knows. Durations in milliseconds, rates per second.
 */
import type { Currency } from './currency.ts';
import type { SettlementFormat } from './settlement-file.ts';

export const paymentMethodTypes = [
  'card',
  'wallet',
  'bank_debit',
  'bank_transfer',
  'bank_redirect',
] as const;
export type PaymentMethodType = (typeof paymentMethodTypes)[number];

/** How its settlement reports come to us, and as what. */
export type SettlementReports =
  /** `fetched`: Tender asks for them, where it has been told how. By upload as well. */
  | { readonly come: 'fetched' | 'uploaded'; readonly formats: readonly SettlementFormat[] }
  /** It gives none, and none is taken: no file ever proves what it moved. */
  | { readonly come: 'none' };

export interface ProviderContract {
  readonly name: string;
  readonly methods: readonly PaymentMethodType[];
  /** Null: every currency we know. */
  readonly currencies: readonly Currency[] | null;
  /** Methods that it takes in some of its currencies only. */
  readonly currenciesByMethod?: Readonly<Partial<Record<PaymentMethodType, readonly Currency[]>>>;
  /** Where the provider counts other minor units than ISO 4217 does. */
  readonly exponents: Readonly<Partial<Record<Currency, number>>>;
  /** `portable`: takes vault tokens, good at several providers; `own`: only tokens it has issued. */
  readonly tokens: 'portable' | 'own';

  /** One call may authorize and capture. */
  readonly sale: boolean;
  readonly partialCapture: boolean;
  readonly multipleCaptures: boolean;
  /** An authorization may be raised while it stands. */
  readonly incrementalAuthorization: boolean;
  /** `asynchronous`: captures, voids and refunds are acknowledged as `pending`; an event tells the outcome. */
  readonly modifications: 'synchronous' | 'asynchronous';
  /** A refund is taken for this long after the capture; null: for ever. */
  readonly refundWindowMs: number | null;

  /** Puts a 3-D Secure challenge to the shopper where we ask for one. */
  readonly challenges: boolean;
  /** Disputes are accepted and answered through it; else at the provider. */
  readonly disputeAnswers: boolean;

  /** Sends money out of our account there. Then it can be looked up and called off by reference as well. */
  readonly payouts: boolean;

  readonly lookup: boolean;
  /**
   * Where it cannot be asked: what it has acknowledged, and no event told of for so long, is in doubt. Longer
   * than it repeats an event, and than a weekend with a holiday. Null: it can be asked.
   */
  readonly toldWithinMs: number | null;
  readonly voidByReference: boolean;
  /** How long the provider remembers an idempotency key; a resend is safe only inside half of it. */
  readonly keyLifeMs: number;
  /** Within what a key is unique. A key sent to another region is a new one. */
  readonly keyScope: 'account' | 'company_and_region';
  /** Same key after an error reply: does the provider repeat the stored error or try again? */
  readonly errorsCached: boolean;
  /** A negative lookup older than this (since `send_by`) is final; null: never. */
  readonly absenceFinalAfterMs: number | null;
  readonly settlementReports: SettlementReports;
  /** From one settlement file to the next; a movement may be listed two of them late. */
  readonly settlementCycleMs: number;
  /** Lookups that say nothing count only this long after `send_by`. */
  readonly settlingMs: number;

  readonly authorizationLifeMs: number;
  /** Networks with a life of their own, by card brand. */
  readonly authorizationLifeByBrandMs: Readonly<Record<string, number>>;

  /** To connect, to the first byte of the reply, and of the whole call. */
  readonly connectMs: number;
  readonly responseMs: number;
  readonly deadlineMs: number;
  /** Calls under way at once from one process. */
  readonly concurrentMax: number;
  readonly perSecondMax: number;
}

/** How long an authorization of this card stands, from the moment it was given. */
export function authorizationLifeMs(contract: ProviderContract, brand: string | undefined): number {
  const { authorizationLifeByBrandMs: byBrand, authorizationLifeMs: other } = contract;
  return brand !== undefined && Object.hasOwn(byBrand, brand) ? (byBrand[brand] ?? other) : other;
}

export function takesCurrency(
  { currencies, currenciesByMethod = {} }: ProviderContract,
  method: PaymentMethodType,
  currency: Currency,
): boolean {
  const byMethod = currenciesByMethod[method] ?? currencies;
  return byMethod === null || byMethod.includes(currency);
}
