/** Single fields of a file: exact, or the file is refused. */
import { currencyExponent, isCurrency } from '../domain/currency.ts';
import type { Currency } from '../domain/currency.ts';
import { refuse, shown } from './refusal.ts';
import type { Place } from './refusal.ts';

/** Where a provider counts other minor units than ISO 4217 does. */
export type Exponents = Readonly<Partial<Record<Currency, number>>>;

/** What is kept of a file is no longer than this. */
export const keptLengthMax = 255;
// eslint-disable-next-line no-control-regex -- what is looked for
const control = /[\u0000-\u001f\u007f]/;
const number = /^[+-]?\d+([.,]\d+)*$/;
/** = + - @ and the tab, with which a spreadsheet begins a formula. */
const formulaStarts: ReadonlySet<number> = new Set([0x3d, 0x2b, 0x2d, 0x40, 0x09]);

export function isFormula(cell: string): boolean {
  return formulaStarts.has(cell.charCodeAt(0)) && !number.test(cell);
}

/** Null where it is empty. */
export function optionalText(value: string, place: Place): string | null {
  if (value === '') return null;
  if (value.length > keptLengthMax) {
    refuse('overlong', `${String(value.length)} characters, ${String(keptLengthMax)} fit`, place);
  }
  if (control.test(value)) refuse('characters', shown(value), place);
  return value;
}

export function requiredText(value: string, place: Place): string {
  return optionalText(value, place) ?? refuse('field', 'it is empty', place);
}

export function currencyField(value: string, place: Place): Currency {
  return isCurrency(value) ? value : refuse('currency', shown(value), place);
}

const minorPattern = /^-?\d{1,18}$/;

export function minorAmount(value: string, place: Place): bigint {
  return minorPattern.test(value) ? BigInt(value) : refuse('amount', shown(value), place);
}

const majorPatterns = {
  '.': /^(-?)(\d{1,18})(?:\.(\d+))?$/,
  ',': /^(-?)(\d{1,18})(?:,(\d+))?$/,
} as const;

export type DecimalMark = keyof typeof majorPatterns;

/** Of the provider's own minor unit, which has `exponent` digits: exactly that many, none for zero. */
export function majorAmount(
  value: string,
  { currency, mark = '.', exponents = {} }: MajorUnits,
  place: Place,
): bigint {
  const [, sign, whole, fraction = ''] = majorPatterns[mark].exec(value) ?? [];
  if (whole === undefined) return refuse('amount', shown(value), place);
  const exponent = exponents[currency] ?? currencyExponent(currency);
  if (fraction.length !== exponent) {
    refuse('exponent', `${shown(value)}: ${currency} has ${String(exponent)} decimals`, place);
  }
  if (whole.length + exponent > 18) refuse('amount', shown(value), place);
  return inIsoUnits(BigInt(`${sign ?? ''}${whole}${fraction}`), currency, exponents, place);
}

export interface MajorUnits {
  readonly currency: Currency;
  readonly mark?: DecimalMark;
  readonly exponents?: Exponents;
}

/** From the provider's minor units: what ISO 4217's cannot hold is not rounded. */
export function inIsoUnits(
  amount: bigint,
  currency: Currency,
  exponents: Exponents,
  place: Place,
): bigint {
  const own = exponents[currency];
  if (own === undefined) return amount;
  const digits = currencyExponent(currency) - own;
  if (digits >= 0) return amount * 10n ** BigInt(digits);
  const divisor = 10n ** BigInt(-digits);
  if (amount % divisor === 0n) return amount / divisor;
  return refuse('exponent', `${String(amount)} is no whole amount of ${currency}`, place);
}

const isoPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/;

/** ISO 8601 with its offset; ms since the epoch. */
export function isoInstant(value: string, place: Place): number {
  const at = isoPattern.test(value) ? Date.parse(value) : Number.NaN;
  // The 30th of February is the 2nd of March to the parser, and nothing to us.
  if (Number.isNaN(at) || !isDay(value)) refuse('time', shown(value), place);
  return at;
}

/** `2026-11-26…`: whether there is such a day. */
function isDay(value: string): boolean {
  const [year, month, day] = [value.slice(0, 4), value.slice(5, 7), value.slice(8, 10)].map(Number);
  return (day ?? 0) <= daysOf(year ?? 0, month ?? 0);
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Midnight UTC of `2026-11-26`. */
export function dateField(value: string, place: Place): number {
  return /^\d{4}-\d\d-\d\d$/.test(value)
    ? isoInstant(`${value}T00:00:00Z`, place)
    : refuse('time', shown(value), place);
}
