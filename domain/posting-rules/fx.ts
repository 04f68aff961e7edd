/**
 * Charged in one currency, settled in another. No entry mixes the two: each balances in itself, and
 * currency conversion clearing (1190) holds both sides until the conversion is realized.
 */
import type { JournalEntry } from '../journal-entry.ts';
import { entry, type Books } from './entry.ts';

export interface Conversion {
  /** The provider's batch in which it converted. */
  readonly id: string;
  readonly provider: string;
  readonly charged: bigint;
  readonly settled: bigint;
  readonly settlementCurrency: string;
}

/** `books.currency` is what was charged. */
export function currencyConvertedEntry(books: Books, conversion: Conversion): JournalEntry {
  const { id, provider, charged, settled, settlementCurrency } = conversion;
  return entry(books, {
    key: `${provider}/${id}/${books.currency}/converted`,
    event: 'currency_converted',
    provider,
    debits: [
      ['1190', charged],
      ['1100', settled, settlementCurrency],
    ],
    credits: [
      ['1100', charged],
      ['1190', settled, settlementCurrency],
    ],
  });
}

/**
 * Both sides leave clearing for 7100. Valued in the currency of the books at the rate of the capture, what
 * its two sides leave over is the gain or the loss.
 */
export function currencyRealizedEntry(books: Books, conversion: Conversion): JournalEntry {
  const { id, provider, charged, settled, settlementCurrency } = conversion;
  return entry(books, {
    key: `${provider}/${id}/${books.currency}/realized`,
    event: 'currency_realized',
    debits: [
      ['7100', charged],
      ['1190', settled, settlementCurrency],
    ],
    credits: [
      ['1190', charged],
      ['7100', settled, settlementCurrency],
    ],
  });
}
