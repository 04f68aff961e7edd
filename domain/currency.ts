/**
 * ISO 4217 currencies we accept, with their minor-unit exponents: frozen from the ISO list (never
 * from `Intl`, whose CLDR digits differ from ISO for 29 codes). Providers that deviate override.
 */
// prettier-ignore
const exponents = {
  AED: 2, AUD: 2, BGN: 2, BHD: 3, BRL: 2, CAD: 2, CHF: 2, CLP: 0, CNY: 2, COP: 2, CZK: 2, DKK: 2,
  EUR: 2, GBP: 2, HKD: 2, HUF: 2, IDR: 2, ILS: 2, INR: 2, ISK: 0, JOD: 3, JPY: 0, KRW: 0, KWD: 3,
  MXN: 2, MYR: 2, NOK: 2, NZD: 2, OMR: 3, PHP: 2, PLN: 2, RON: 2, SAR: 2, SEK: 2, SGD: 2, THB: 2,
  TND: 3, TRY: 2, TWD: 2, UAH: 2, USD: 2, VND: 0, ZAR: 2,
} as const;

export type Currency = keyof typeof exponents;

export const currencies: readonly Currency[] = Object.freeze(Object.keys(exponents) as Currency[]);

export function isCurrency(code: string): code is Currency {
  return Object.hasOwn(exponents, code);
}

/** Number of decimal places of the minor unit: 2 for USD, 0 for JPY, 3 for KWD. */
export function currencyExponent(currency: Currency): number {
  return exponents[currency];
}
