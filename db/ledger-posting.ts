/** Posts journal entries: a batch in one round trip, an answer to each. */
import { sql, type Transaction } from 'kysely';
import type { JournalEntry } from '../domain/journal-entry.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';

export interface EntryToPost extends Omit<JournalEntry, 'postings'> {
  readonly merchantId: string;
  readonly paymentId?: string;
  /** May be left out where `resolution` says all of what is pending. */
  readonly postings?: JournalEntry['postings'];
  /** The final step of the pending entry `resolvesKey`; without it, a part of that is released. */
  readonly resolution?: 'post' | 'void' | 'expire';
  /** In place of `reversesKey`. */
  readonly reversesId?: string;
  /** Asked for, not happened: limits and closed periods may refuse it. A fact is refused by neither (P4). */
  readonly request?: boolean;
  /** Posted with the next entry of the batch, or not at all. */
  readonly linked?: boolean;
}

/** Final for the key: a later retry gets the same answer, also when funds have come since. */
export type Refusal =
  | 'insufficient_funds'
  | 'period_closed'
  | 'pending_not_found'
  | 'not_pending'
  | 'exceeds_pending'
  | 'already_resolved'
  | 'already_expired'
  | 'not_yet_expired'
  | 'reversed_not_found'
  | 'already_reversed'
  /** Reversed is what is posted, whole: the same sums on the other sides. Else it is an amendment. */
  | 'reversal_not_mirror';

/** What differs from the stored entry of that key; where several things do, the first in this order. */
export type Difference =
  | 'event'
  | 'state'
  | 'payment'
  | 'resolves'
  | 'resolution'
  | 'reverses'
  | 'expiry'
  | 'postings'
  | 'account'
  | 'provider'
  | 'side'
  | 'currency'
  | 'amount';

/** Says nothing about the key: a corrected entry may use it. */
type Mistake =
  'malformed' | 'unbalanced' | 'unknown_account' | 'unknown_merchant' | 'unknown_payment';

export interface PostingVerdict {
  readonly key: string;
  readonly result:
    | 'posted'
    | 'exists'
    | `exists_with_different_${Difference}`
    | Refusal
    /** The key was refused for another body. */
    | 'already_refused'
    /** Another entry of its chain was not posted. */
    | 'linked_failed'
    | Mistake;
  /** Of what is posted or exists. */
  readonly entry_id?: string;
  /** What is malformed, different or no mirror; of `already_resolved`: posted, voided, expired or released in parts. */
  readonly field?: string;
}

export async function postEntries(
  db: Db | Transaction<Database>,
  entries: readonly EntryToPost[],
): Promise<readonly PostingVerdict[]> {
  const body = JSON.stringify(entries.map(encodeEntry));
  const { rows } = await sql<{ verdicts: readonly PostingVerdict[] }>`
    select post_entries(${body}::jsonb) as verdicts`.execute(db);
  return rows[0]?.verdicts ?? [];
}

/** What a commit about a merchant's own money needs is posted, or the whole is not done. */
export async function postMerchantEntries(
  trx: Transaction<Database>,
  merchantId: string,
  entries: readonly Omit<EntryToPost, 'merchantId'>[],
): Promise<void> {
  if (entries.length === 0) return;
  const body = JSON.stringify(entries.map((entry) => encodeEntry({ ...entry, merchantId })));
  await sql`select post_facts(${body}::jsonb)`.execute(trx);
}

/** As `post_entries` reads it; undefined fields are left out, so they are no part of the entry's hash. */
export function encodeEntry(entry: EntryToPost): unknown {
  return {
    merchant_id: entry.merchantId,
    payment_id: entry.paymentId,
    key: entry.key,
    event: entry.event,
    state: entry.state,
    resolves_key: entry.resolvesKey,
    resolution: entry.resolution,
    expires_in_seconds: entry.expiresInSeconds,
    reverses_id: entry.reversesId,
    reverses_key: entry.reversesKey,
    effective_at:
      entry.effectiveAt === undefined ? undefined : new Date(entry.effectiveAt).toISOString(),
    request: entry.request,
    linked: entry.linked,
    postings: entry.postings?.map((p) => ({ ...p, amount: String(p.amount) })),
  };
}
