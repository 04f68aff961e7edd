/**
 * Adyen's amounts: integers of its own minor unit. Where that has more digits than ISO 4217 gives the
 * currency (CLP and ISK: 100 for one peso or króna) they must be zero; where it has fewer (IDR: whole
 * rupiahs) ours must be whole.
 */
import { currencyExponent, isCurrency } from '../../domain/currency.ts';
import type { Currency } from '../../domain/currency.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import { adyenContract } from './contract.ts';

export interface WireAmount {
  readonly value: number;
  readonly currency: string;
}

export interface Money {
  readonly amountMinor: bigint;
  readonly currency: Currency;
}

const exponents: ProviderContract['exponents'] = adyenContract.exponents;

/** Digits that Adyen's minor unit has more than ours; negative: fewer. */
function extraDigits(currency: Currency): number {
  const own = currencyExponent(currency);
  return (exponents[currency] ?? own) - own;
}

/** Exactly, or null. */
function scale(amount: bigint, digits: number): bigint | null {
  if (digits >= 0) return amount * 10n ** BigInt(digits);
  const divisor = 10n ** BigInt(-digits);
  return amount % divisor === 0n ? amount / divisor : null;
}

/** Null: Adyen cannot hold this amount, so it must not leave rounded. Zero asks about the card alone. */
export function toAdyenAmount(amountMinor: bigint, currency: Currency): WireAmount | null {
  const value = scale(amountMinor, extraDigits(currency));
  if (value === null || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return { value: Number(value), currency };
}

/** Null: no amount that we could have asked for. */
export function fromAdyenAmount(amount: unknown): Money | null {
  if (typeof amount !== 'object' || amount === null) return null;
  const { value, currency } = amount as Record<string, unknown>;
  if (typeof currency !== 'string' || !isCurrency(currency)) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) return null;
  const amountMinor = scale(BigInt(value), -extraDigits(currency));
  return amountMinor === null ? null : { amountMinor, currency };
}
