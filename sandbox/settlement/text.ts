/** How amounts and fields are written in files. */
import { currencyExponent, isCurrency } from '../../domain/currency.ts';

/** Major units with all the digits of the currency: -0.05, 1200, 12.345. */
export function inMajorUnits(amount: bigint, currency: string, mark = '.'): string {
  const exponent = isCurrency(currency) ? currencyExponent(currency) : 2;
  const sign = amount < 0n ? '-' : '';
  const digits = String(amount < 0n ? -amount : amount).padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}${mark}${digits.slice(-exponent)}`;
}

/** RFC 4180: references may hold any visible character. */
export function csvLine(fields: readonly string[], separator = ','): string {
  return fields
    .map((field) =>
      field.includes(separator) || field.includes('"') ? `"${field.replaceAll('"', '""')}"` : field,
    )
    .join(separator);
}

export function timeOf(at: number): string {
  return new Date(at).toISOString();
}
