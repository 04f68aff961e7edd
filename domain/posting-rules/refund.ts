/**
 * A refund: reserved when requested (pending), the merchant's loss once accepted, gone from the provider
 * once settled. The split into parts and what the balance is short of are fixed at the request and go with
 * the refund through its life, so each step undoes exactly what it should.
 *
 * The payment's own flow: pending while it is asked for; accepted (posted, in flight) when the provider
 * acknowledges it and tells later; settled or declined when it has told. A provider that answers at once
 * accepts and settles in one entry.
 */
import { mirrored, type JournalEntry } from '../journal-entry.ts';
import type { AttemptState, OperationState } from '../payment-state.ts';
import { fromMerchant } from './balance.ts';
import { earned, entry, type Books, type Line } from './entry.ts';
import { grossOf, owedToOthers, wholly, type Parts } from './parts.ts';

export interface Refund {
  readonly id: string;
  readonly provider: string;
  readonly parts: Parts;
  /** Of the net part, what the merchant's available balance does not cover. */
  readonly short: bigint;
  /** Of the net part, what was captured in excess and stands in suspense. */
  readonly suspense?: bigint;
  /** `captured`: nothing is known to be available yet, so it goes back from where the capture went to. */
  readonly from?: 'captured' | 'available';
}

function sources(books: Books, { parts, short, from, suspense = 0n }: Refund): readonly Line[] {
  const rest = parts.net - suspense;
  const net: readonly Line[] =
    from === 'captured' ? [[earned(books), rest]] : fromMerchant(books, rest, short);
  return [['2900', suspense], ...net, ...owedToOthers(parts)];
}

type Amount = Pick<OperationState, 'id' | 'amount'>;
type Returned = Amount & Partial<Pick<OperationState, 'fromSuspense'>>;

/** As the payment's own flow asks for it: undivided, and before anything is known to be available. */
export function refundOfCapture(
  attempt: Pick<AttemptState, 'provider'>,
  operation: Returned,
): Refund {
  const { id, amount } = operation;
  const { provider } = attempt;
  const { fromSuspense: suspense = 0n } = operation;
  return { id, provider, parts: wholly(amount), short: 0n, suspense, from: 'captured' };
}

export function refundRequestedEntry(books: Books, refund: Refund): JournalEntry {
  return entry(books, {
    key: `${refund.id}/requested`,
    event: 'refund_requested',
    state: 'pending',
    provider: refund.provider,
    debits: sources(books, refund),
    credits: [['2140', grossOf(refund.parts)]],
  });
}

/** Accepted, declined or withdrawn: the reservation has done its work. */
export function refundReservationReleasedEntry(books: Books, refund: Refund): JournalEntry {
  const requested = refundRequestedEntry(books, refund);
  return {
    ...requested,
    key: `${refund.id}/released`,
    event: 'refund_reservation_released',
    resolvesKey: requested.key,
    postings: mirrored(requested.postings),
  };
}

export function refundAcceptedEntry(books: Books, refund: Refund): JournalEntry {
  return entry(books, {
    key: `${refund.id}/accepted`,
    event: 'refund_accepted',
    provider: refund.provider,
    debits: sources(books, refund),
    credits: [['2140', grossOf(refund.parts)]],
  });
}

export function refundSettledEntry(books: Books, refund: Refund): JournalEntry {
  const gross = grossOf(refund.parts);
  return entry(books, {
    key: `${refund.id}/settled`,
    event: 'refund_settled',
    provider: refund.provider,
    debits: [['2140', gross]],
    credits: [['1100', gross]],
  });
}

/** Declined after it was accepted and before it settled: everybody has back what they gave. */
export function refundDeclinedEntry(books: Books, refund: Refund): JournalEntry {
  return entry(books, {
    key: `${refund.id}/declined`,
    event: 'refund_declined',
    provider: refund.provider,
    debits: [['2140', grossOf(refund.parts)]],
    credits: sources(books, refund),
  });
}

/**
 * Accepted and settled with one evidence, before anything is known to be available. `beyond`: what of it is
 * more than there was to refund; whose loss that is a person has to say.
 */
export function refundEntry(
  books: Books,
  attempt: Pick<AttemptState, 'provider'>,
  operation: Returned,
  beyond = 0n,
): JournalEntry {
  const { fromSuspense: suspense = 0n } = operation;
  return entry(books, {
    key: `${operation.id}/succeeded`,
    event: 'refund',
    provider: attempt.provider,
    debits: [
      ['2900', suspense],
      [earned(books), operation.amount - suspense - beyond],
      ['1900', beyond],
    ],
    credits: [['1100', operation.amount]],
  });
}

/**
 * A refund that had succeeded did not: the customer is still owed it, and the merchant has paid. What came
 * out of suspense stands there again.
 */
export function refundFailedEntry(
  books: Books,
  attempt: Pick<AttemptState, 'provider'>,
  operation: Returned,
): JournalEntry {
  const { fromSuspense: suspense = 0n } = operation;
  return entry(books, {
    key: `${operation.id}/failed_late`,
    event: 'refund_failed',
    provider: attempt.provider,
    debits: [['1100', operation.amount]],
    credits: [
      ['2150', operation.amount - suspense],
      ['2900', suspense],
    ],
  });
}

/** The customer has it after all: by a transfer from our bank, or by hand at the provider. */
export function owedRefundPaidEntry(
  books: Books,
  operation: Amount,
  at: Pick<AttemptState, 'provider'> | null = null,
): JournalEntry {
  return entry(books, {
    key: `${operation.id}/owed_paid`,
    event: 'owed_refund_paid',
    ...(at !== null && { provider: at.provider }),
    debits: [['2150', operation.amount]],
    credits: [[at === null ? '1010' : '1100', operation.amount]],
  });
}
