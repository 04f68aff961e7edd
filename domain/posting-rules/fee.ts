/** What a provider keeps: booked on its own record, never on our estimate. */
import type { JournalEntry } from '../journal-entry.ts';
import { entry, type Books } from './entry.ts';

export interface ProviderFee {
  readonly provider: string;
  /** The provider's batch: one entry per provider, batch, merchant and currency. */
  readonly batchId: string;
  /** Below zero: the provider gave more back (interchange corrections) than it kept. */
  readonly amount: bigint;
}

export function providerFeeEntry(books: Books, fee: ProviderFee): JournalEntry {
  const { provider, batchId, amount } = fee;
  return entry(books, {
    key: `${provider}/${batchId}/${books.currency}/fees`,
    event: 'provider_fee',
    provider,
    ...(amount >= 0n
      ? { debits: [['5100', amount]], credits: [['1100', amount]] }
      : { debits: [['1100', -amount]], credits: [['5100', -amount]] }),
  });
}

/** With a refund, where the provider's contract gives the fee of the capture back. */
export function providerFeeReturnedEntry(
  books: Books,
  refund: { readonly id: string; readonly provider: string; readonly fee: bigint },
): JournalEntry {
  return entry(books, {
    key: `${refund.id}/fee_returned`,
    event: 'provider_fee_returned',
    provider: refund.provider,
    debits: [['1100', refund.fee]],
    credits: [['5100', refund.fee]],
  });
}
