/**
 * Ways of paying, as data: who can use them, in which currency, and how much at once. Limits are the
 * schemes' own, or of those who offer them where a scheme sets none; a merchant's provider may ask for less.
 */
import type { Currency } from './currency.ts';
import type { PaymentMethodType } from './provider-contract.ts';

/**
 * `token`: the shopper's page has a token before we are asked (a page of the issuer may still follow).
 * The others are the `next_action` that the payment waits with.
 */
export type MethodFlow = 'token' | 'redirect' | 'mandate' | 'bank_instructions';

export interface Limits {
  /** Minor units, both ends included; `max` null: none is known. */
  readonly min: bigint;
  readonly max: bigint | null;
}

export interface MethodScheme {
  readonly name: string;
  readonly type: PaymentMethodType;
  readonly wallet?: 'apple_pay' | 'google_pay';
  readonly flow: MethodFlow;
  /** ISO 3166-1 alpha-2, of the shopper's bank; null: everywhere. */
  readonly countries: readonly string[] | null;
  /** Null: every currency we know, from one minor unit up. */
  readonly limits: Readonly<Partial<Record<Currency, Limits>>> | null;
}

/** European Payments Council, EPC409-09, list of SEPA scheme countries, as of 2025. */
// prettier-ignore
const sepaCountries = [
  'AD', 'AL', 'AT', 'BE', 'BG', 'CH', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GB', 'GR', 'HR', 'HU',
  'IE', 'IS', 'IT', 'LI', 'LT', 'LU', 'LV', 'MC', 'MD', 'ME', 'MK', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'RS',
  'SE', 'SI', 'SK', 'SM', 'VA',
];

/** EPC implementation guidelines of credit transfer and direct debit: 0.01 to 999,999,999.99. */
const sepaLimits = { EUR: { min: 1n, max: 99_999_999_999n } } as const;

// prettier-ignore
export const methodSchemes: readonly MethodScheme[] = [
  { name: 'card', type: 'card', flow: 'token', countries: null, limits: null },
  { name: 'apple_pay', type: 'wallet', wallet: 'apple_pay', flow: 'token', countries: null, limits: null },
  { name: 'google_pay', type: 'wallet', wallet: 'google_pay', flow: 'token', countries: null, limits: null },

  { name: 'sepa_debit', type: 'bank_debit', flow: 'mandate', countries: sepaCountries, limits: sepaLimits },
  // Bacs: 20 million a transaction.
  { name: 'bacs_debit', type: 'bank_debit', flow: 'mandate', countries: ['GB'],
    limits: { GBP: { min: 1n, max: 2_000_000_000n } } },
  // Nacha: the amount of an entry has ten digits.
  { name: 'ach_debit', type: 'bank_debit', flow: 'mandate', countries: ['US'],
    limits: { USD: { min: 1n, max: 9_999_999_999n } } },

  // Mollie's documentation of each, 2025: 0.01 to 50,000.00; from 0.02; 0.01 to 55,000.00.
  { name: 'ideal', type: 'bank_redirect', flow: 'redirect', countries: ['NL'],
    limits: { EUR: { min: 1n, max: 5_000_000n } } },
  { name: 'bancontact', type: 'bank_redirect', flow: 'redirect', countries: ['BE'],
    limits: { EUR: { min: 2n, max: null } } },
  { name: 'przelewy24', type: 'bank_redirect', flow: 'redirect', countries: ['PL'],
    limits: { EUR: { min: 1n, max: 5_500_000n }, PLN: { min: 1n, max: 5_500_000n } } },
  // Braintree's table of local payment methods: 1.00 to 10,000.00; from 1.00.
  { name: 'blik', type: 'bank_redirect', flow: 'redirect', countries: ['PL'],
    limits: { PLN: { min: 100n, max: 1_000_000n } } },
  { name: 'eps', type: 'bank_redirect', flow: 'redirect', countries: ['AT'],
    limits: { EUR: { min: 100n, max: null } } },

  { name: 'sepa_transfer', type: 'bank_transfer', flow: 'bank_instructions', countries: sepaCountries,
    limits: sepaLimits },
  // Pay.UK: a million since February 2022.
  { name: 'faster_payments', type: 'bank_transfer', flow: 'bank_instructions', countries: ['GB'],
    limits: { GBP: { min: 1n, max: 100_000_000n } } },
];
