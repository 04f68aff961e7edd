/** A journal entry: the balanced postings of one business event, never changed once it is written. */
import type { AccountCode, Side } from './accounts.ts';

export interface Posting {
  readonly account: AccountCode;
  /** Empty on accounts that are not kept per provider. */
  readonly provider: string;
  readonly side: Side;
  readonly amount: bigint;
  readonly currency: string;
}

export interface JournalEntry {
  /** Unique per merchant, from the identity of the event: posting it again is the same entry. */
  readonly key: string;
  readonly event: string;
  readonly state: 'pending' | 'posted';
  /** The pending entry of which this one, mirrored, gives back a part or all. */
  readonly resolvesKey?: string;
  /** The posted entry that this one undoes. */
  readonly reversesKey?: string;
  /** When it happened, where that is not when it is written; ms since the epoch. */
  readonly effectiveAt?: number;
  /** Of a pending entry: how long what it holds is good for, from when it is recorded. */
  readonly expiresInSeconds?: number;
  readonly reason?: string;
  /** Whoever approved what needs a second person. */
  readonly approver?: string;
  readonly postings: readonly Posting[];
}

export function mirrored(postings: readonly Posting[]): readonly Posting[] {
  return postings.map((p) => ({ ...p, side: p.side === 'debit' ? 'credit' : 'debit' }));
}
