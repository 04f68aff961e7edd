/** Money that nobody can place yet: in suspense until it is given back or identified. */
import type { JournalEntry } from '../journal-entry.ts';
import type { AttemptState, OperationState } from '../payment-state.ts';
import { entry, type Books } from './entry.ts';

type Late = Pick<AttemptState, 'id' | 'provider' | 'kind'>;

/**
 * Money that came after we had said it did not. A sale has moved funds (posted), an authorization only
 * reserves them (pending).
 */
export function lateSuccessEntry(
  books: Books,
  attempt: Late & Pick<AttemptState, 'amount'>,
): JournalEntry {
  return entry(books, {
    key: `${attempt.id}/late`,
    event: 'late_success',
    state: attempt.kind === 'sale' ? 'posted' : 'pending',
    provider: attempt.provider,
    debits: [['1100', attempt.amount]],
    credits: [['2900', attempt.amount]],
  });
}

export function lateSuccessReturnedEntry(
  books: Books,
  attempt: Late,
  operation: Pick<OperationState, 'amount'>,
): JournalEntry {
  return entry(books, {
    key: `${attempt.id}/late_returned`,
    event: 'late_success_returned',
    ...(attempt.kind === 'sale'
      ? { state: 'posted' as const }
      : { state: 'pending' as const, resolvesKey: `${attempt.id}/late` }),
    provider: attempt.provider,
    debits: [['2900', operation.amount]],
    credits: [['1100', operation.amount]],
  });
}

/** What moved the money: the provider, by hand, or our own bank account. */
export type PaidFrom = 'provider' | 'bank';

/** Given back by people, where the provider's own return had failed. Keyed by itself: it is done once. */
export function returnedByHandEntry(
  books: Books,
  attempt: Pick<AttemptState, 'provider'>,
  operation: Pick<OperationState, 'id' | 'amount'>,
  paid: { readonly event: 'late_success_returned' | 'transfer_returned'; readonly from: PaidFrom },
): JournalEntry {
  return entry(books, {
    key: `${operation.id}/returned`,
    event: paid.event,
    provider: attempt.provider,
    debits: [['2900', operation.amount]],
    credits: [[paid.from === 'bank' ? '1010' : '1100', operation.amount]],
  });
}

/** A return that had succeeded did not: the money stands with us again. */
export function lateSuccessReturnFailedEntry(
  books: Books,
  attempt: Pick<AttemptState, 'provider'>,
  operation: Pick<OperationState, 'id' | 'amount'>,
): JournalEntry {
  return entry(books, {
    key: `${operation.id}/failed_late`,
    event: 'late_success',
    provider: attempt.provider,
    debits: [['1100', operation.amount]],
    credits: [['2900', operation.amount]],
  });
}

/** A capture done behind a no, with no room left for it: nobody's until it is given back. */
export function excessCaptureEntry(
  books: Books,
  attempt: Pick<AttemptState, 'provider'>,
  operation: Pick<OperationState, 'id' | 'amount'>,
): JournalEntry {
  return entry(books, {
    key: `${operation.id}/excess`,
    event: 'late_success',
    provider: attempt.provider,
    debits: [['1100', operation.amount]],
    credits: [['2900', operation.amount]],
  });
}

export function excessCaptureFailedEntry(
  books: Books,
  attempt: Pick<AttemptState, 'provider'>,
  operation: Pick<OperationState, 'id' | 'amount'>,
): JournalEntry {
  return entry(books, {
    key: `${operation.id}/failed_late`,
    event: 'late_success_returned',
    provider: attempt.provider,
    debits: [['2900', operation.amount]],
    credits: [['1100', operation.amount]],
  });
}

/** Charged twice at the provider, which only its own records show: `reference` is theirs. */
export interface DuplicateCharge {
  readonly provider: string;
  readonly reference: string;
  readonly amount: bigint;
}

export function duplicateChargeEntry(books: Books, charge: DuplicateCharge): JournalEntry {
  return entry(books, {
    key: `${charge.provider}/${charge.reference}/duplicate`,
    event: 'duplicate_charge',
    provider: charge.provider,
    debits: [['1100', charge.amount]],
    credits: [['2900', charge.amount]],
  });
}

export function duplicateChargeReturnedEntry(books: Books, charge: DuplicateCharge): JournalEntry {
  return entry(books, {
    key: `${charge.provider}/${charge.reference}/duplicate_returned`,
    event: 'duplicate_charge_returned',
    provider: charge.provider,
    debits: [['2900', charge.amount]],
    credits: [['1100', charge.amount]],
  });
}
