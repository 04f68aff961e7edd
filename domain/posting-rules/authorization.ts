/**
 * Authorizations are pending entries: nothing is posted. What is captured, voided or expired releases
 * them with mirrored pending postings that name the entry they resolve.
 */
import type { JournalEntry } from '../journal-entry.ts';
import type { AttemptState, OperationState } from '../payment-state.ts';
import { earned, entry, type Books } from './entry.ts';

type Authorized = Pick<AttemptState, 'id' | 'provider' | 'amount'>;

export function authorizationKey(attempt: Pick<AttemptState, 'id'>): string {
  return `${attempt.id}/authorized`;
}

/** `lifeMs`: how long the provider holds it; only its word ends it, so nothing is released by the clock. */
export function authorizationEntry(
  books: Books,
  attempt: Authorized,
  lifeMs?: number,
): JournalEntry {
  return entry(books, {
    key: authorizationKey(attempt),
    event: 'authorization',
    state: 'pending',
    ...(lifeMs !== undefined && { expiresInSeconds: Math.max(1, Math.ceil(lifeMs / 1_000)) }),
    provider: attempt.provider,
    debits: [['1100', attempt.amount]],
    credits: [[earned(books), attempt.amount]],
  });
}

export function incrementKey(operation: Pick<OperationState, 'id'>): string {
  return `${operation.id}/incremented`;
}

/** The authorization as it was raised: `amount` is all that is held from now on, in place of what was. */
export function incrementEntry(
  books: Books,
  attempt: Pick<AttemptState, 'provider'>,
  operation: Pick<OperationState, 'id' | 'amount'>,
  lifeMs?: number,
): JournalEntry {
  return entry(books, {
    key: incrementKey(operation),
    event: 'authorization_incremented',
    state: 'pending',
    ...(lifeMs !== undefined && { expiresInSeconds: Math.max(1, Math.ceil(lifeMs / 1_000)) }),
    provider: attempt.provider,
    debits: [['1100', operation.amount]],
    credits: [[earned(books), operation.amount]],
  });
}

/**
 * Void, expiry, loss, and what a capture uses up or its last one leaves over: gives back `amount` of what
 * the authorization holds. `cause` is the id of what released it; `hold` the entry that holds it now.
 */
export function releaseEntry(
  books: Books,
  attempt: Pick<AttemptState, 'id' | 'provider'>,
  amount: bigint,
  cause: string,
  hold = authorizationKey(attempt),
): JournalEntry {
  return entry(books, {
    key: `${cause}/released`,
    event: 'authorization_released',
    state: 'pending',
    resolvesKey: hold,
    provider: attempt.provider,
    debits: [[earned(books), amount]],
    credits: [['1100', amount]],
  });
}
