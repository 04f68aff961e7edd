/** Amounts in Adyen's units, and in minor units of ISO 4217 as the books count. */
import { currencyExponent, isCurrency } from '../../domain/currency.ts';
import type { Json } from '../http/reply.ts';
import { adyenContract } from './contract.ts';

export interface WireAmount {
  readonly value: number;
  readonly currency: string;
}

/** What one of Adyen's units is in ours. */
function unitOf(currency: string): number {
  if (!isCurrency(currency)) return 1;
  const own = currencyExponent(currency);
  return 10 ** (own - (adyenContract.exponents[currency] ?? own));
}

/** Null: not an amount the books can hold. */
export function readAmount({ value, currency }: WireAmount): number | null {
  if (!isCurrency(currency)) return null;
  // One hundredth is not exact, one hundred is.
  const unit = unitOf(currency);
  const amount = unit < 1 ? value / Math.round(1 / unit) : value * unit;
  return Number.isSafeInteger(amount) ? amount : null;
}

export function showAmount(amount: number, currency: string): WireAmount & Json {
  const unit = unitOf(currency);
  return { value: unit < 1 ? amount * Math.round(1 / unit) : amount / unit, currency };
}
