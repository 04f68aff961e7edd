/** Nothing is corrected in place: the wrong entry is mirrored, then the right one is written. */
import { mirrored, type JournalEntry, type Posting } from '../journal-entry.ts';
import type { JournalEvent } from './events.ts';

export interface Amendment {
  readonly reason: string;
  readonly approver: string;
  /** The true time of the event, which may lie in a closed period; ms since the epoch. */
  readonly effectiveAt?: number;
}

/** Once per entry, by its key. What is only held is released, not reversed. */
export function reversalEntry(wrong: JournalEntry, amendment: Amendment): JournalEntry {
  if (wrong.state === 'pending') throw new RangeError(`${wrong.key} is pending: release it`);
  return {
    key: `${wrong.key}/reversed`,
    event: 'reversal' satisfies JournalEvent,
    state: 'posted',
    reversesKey: wrong.key,
    ...amendment,
    postings: mirrored(wrong.postings),
  };
}

/** `right`: as the rule of the event makes it from the right facts. */
export function amendmentEntry(
  wrong: JournalEntry,
  right: readonly Posting[],
  amendment: Amendment,
): JournalEntry {
  return {
    key: `${wrong.key}/amended`,
    event: 'amendment' satisfies JournalEvent,
    state: 'posted',
    ...amendment,
    postings: right,
  };
}
