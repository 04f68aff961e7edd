/** Form-encoded bodies as Stripe reads them, and amounts in its units. */
import { currencyExponent, isCurrency } from '../../domain/currency.ts';
import { stripeContract } from './contract.ts';

export type Form = Readonly<Record<string, string>>;

export function readForm(body: string): Form {
  return Object.fromEntries(new URLSearchParams(body));
}

function factorOf(currency: string): number {
  if (!isCurrency(currency)) return 1;
  const own = currencyExponent(currency);
  return 10 ** ((stripeContract.exponents[currency] ?? own) - own);
}

/** Minor units of ISO 4217, as the books count; null: not an amount Stripe takes. */
export function readAmount(text: string | undefined, currency: string): number | null {
  if (text === undefined || !/^[1-9]\d{0,14}$/.test(text) || !isCurrency(currency)) return null;
  const amount = Number(text);
  if (currencyExponent(currency) === 3 && amount % 10 !== 0) return null;
  const factor = factorOf(currency);
  return amount % factor === 0 ? amount / factor : null;
}

export function showAmount(amount: number, currency: string): number {
  return amount * factorOf(currency);
}
