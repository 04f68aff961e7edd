/** What is captured is earned (`own`) or owed to the merchant (`facilitator`), less what is not theirs. */
import type { JournalEntry } from '../journal-entry.ts';
import type { AttemptState, OperationState } from '../payment-state.ts';
import { earned, entry, type Books, type Line } from './entry.ts';
import { grossOf, owedToOthers, wholly, type Parts } from './parts.ts';

type At = Pick<AttemptState, 'provider'>;
type Amount = Pick<OperationState, 'id' | 'amount'>;

export interface CaptureSplit {
  readonly parts: Parts;
  /** What a facilitator keeps of it; may not exceed the net part. */
  readonly platformFee: bigint;
}

export function captureEntry(
  books: Books,
  attempt: At,
  operation: Amount,
  split: CaptureSplit = undivided(operation),
): JournalEntry {
  return entry(books, {
    key: `${operation.id}/succeeded`,
    event: 'capture',
    provider: attempt.provider,
    debits: [['1100', operation.amount]],
    credits: shares(books, operation, split),
  });
}

/** A capture that had succeeded did not: everybody's share of it is taken back. */
export function captureFailedEntry(
  books: Books,
  attempt: At,
  operation: Amount,
  split: CaptureSplit = undivided(operation),
): JournalEntry {
  return entry(books, {
    key: `${operation.id}/failed_late`,
    event: 'capture_failed',
    provider: attempt.provider,
    debits: shares(books, operation, split),
    credits: [['1100', operation.amount]],
  });
}

function undivided({ amount }: Amount): CaptureSplit {
  return { parts: wholly(amount), platformFee: 0n };
}

function shares(books: Books, operation: Amount, split: CaptureSplit): readonly Line[] {
  const { parts, platformFee } = split;
  if (grossOf(parts) !== operation.amount) {
    throw new RangeError(`the parts of ${operation.id} are not its amount`);
  }
  return [[earned(books), parts.net - platformFee], ['4100', platformFee], ...owedToOthers(parts)];
}
