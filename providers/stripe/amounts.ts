/**
 * Stripe's amounts: integers of its own minor unit, currencies in lower case. Where that unit has more
 * digits than ISO 4217 gives the currency (ISK: 100 for one króna) they must be zero, and the third
 * digit of a three-digit currency must be zero as well.
 */
import { currencyExponent, isCurrency } from '../../domain/currency.ts';
import type { Currency } from '../../domain/currency.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import { stripeContract } from './contract.ts';

const exponents: ProviderContract['exponents'] = stripeContract.exponents;

function factorOf(currency: Currency): bigint {
  const own = currencyExponent(currency);
  return 10n ** BigInt((exponents[currency] ?? own) - own);
}

/** Null: Stripe cannot hold this amount, so it must not leave rounded. */
export function toStripeAmount(amountMinor: bigint, currency: Currency): number | null {
  const amount = amountMinor * factorOf(currency);
  if (amount <= 0n || amount > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  if (currencyExponent(currency) === 3 && amount % 10n !== 0n) return null;
  return Number(amount);
}

export interface Money {
  readonly amountMinor: bigint;
  readonly currency: Currency;
}

/** Null: no amount that we could have asked for. */
export function fromStripeAmount(amount: number, stripeCurrency: string): Money | null {
  const currency = stripeCurrency.toUpperCase();
  if (!isCurrency(currency) || !Number.isSafeInteger(amount) || amount <= 0) return null;
  const factor = factorOf(currency);
  const wire = BigInt(amount);
  return wire % factor === 0n ? { amountMinor: wire / factor, currency } : null;
}
