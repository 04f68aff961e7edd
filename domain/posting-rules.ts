/**
 * Which journal entry each event of a payment makes (reliability.md 7.3). Pure: event in, entry out.
 *
 * `own`: the merchant is the operator, sales are revenue (4000). `facilitator`: the merchant is owed
 * (2100). Authorizations are pending entries; what is captured, voided or expired releases them with
 * mirrored pending postings that name the entry they resolve.
 */
import type { AccountCode, Side } from './accounts.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';

export interface Posting {
  readonly account: AccountCode;
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
  readonly resolvesKey?: string;
  readonly postings: readonly Posting[];
}

function earned(payment: PaymentState): AccountCode {
  return payment.fundModel === 'own' ? '4000' : '2100';
}

function pair(
  payment: PaymentState,
  provider: string,
  debit: AccountCode,
  credit: AccountCode,
  amount: bigint,
): Posting[] {
  const line = (account: AccountCode, side: Side): Posting => ({
    account,
    // Only the receivable is kept per provider; what we owe or earned is the merchant's in one sum.
    provider: account === '1100' || account === '2900' ? provider : '',
    side,
    amount,
    currency: payment.currency,
  });
  return [line(debit, 'debit'), line(credit, 'credit')];
}

export function authorizationKey(attempt: Pick<AttemptState, 'id'>): string {
  return `${attempt.id}/authorized`;
}

export function authorizationEntry(payment: PaymentState, attempt: AttemptState): JournalEntry {
  return {
    key: authorizationKey(attempt),
    event: 'authorization',
    state: 'pending',
    postings: pair(payment, attempt.provider, '1100', earned(payment), attempt.amount),
  };
}

/** Gives back `amount` of what the authorization holds; `cause` is the id of what released it. */
export function releaseEntry(
  payment: PaymentState,
  attempt: AttemptState,
  amount: bigint,
  cause: string,
): JournalEntry {
  return {
    key: `${cause}/released`,
    event: 'authorization_released',
    state: 'pending',
    resolvesKey: authorizationKey(attempt),
    postings: pair(payment, attempt.provider, earned(payment), '1100', amount),
  };
}

export function captureEntry(
  payment: PaymentState,
  attempt: AttemptState,
  operation: Pick<OperationState, 'id' | 'amount'>,
): JournalEntry {
  return {
    key: `${operation.id}/succeeded`,
    event: 'capture',
    state: 'posted',
    postings: pair(payment, attempt.provider, '1100', earned(payment), operation.amount),
  };
}

export function refundEntry(
  payment: PaymentState,
  attempt: AttemptState,
  operation: OperationState,
): JournalEntry {
  return {
    key: `${operation.id}/succeeded`,
    event: 'refund',
    state: 'posted',
    postings: pair(payment, attempt.provider, earned(payment), '1100', operation.amount),
  };
}

/**
 * Money that came after we had said it did not: in suspense until it is given back. A sale has moved
 * funds (posted), an authorization only reserves them (pending).
 */
export function lateSuccessEntry(payment: PaymentState, attempt: AttemptState): JournalEntry {
  return {
    key: `${attempt.id}/late`,
    event: 'late_success',
    state: attempt.kind === 'sale' ? 'posted' : 'pending',
    postings: pair(payment, attempt.provider, '1100', '2900', attempt.amount),
  };
}

export function lateSuccessReturnedEntry(
  payment: PaymentState,
  attempt: AttemptState,
  operation: OperationState,
): JournalEntry {
  return {
    key: `${attempt.id}/late_returned`,
    event: 'late_success_returned',
    ...(attempt.kind === 'sale'
      ? { state: 'posted' as const }
      : { state: 'pending' as const, resolvesKey: `${attempt.id}/late` }),
    postings: pair(payment, attempt.provider, '2900', '1100', operation.amount),
  };
}

/** A capture that had succeeded did not: what was earned is taken back. */
export function captureFailedEntry(
  payment: PaymentState,
  attempt: AttemptState,
  operation: OperationState,
): JournalEntry {
  return {
    key: `${operation.id}/failed_late`,
    event: 'capture_failed',
    state: 'posted',
    postings: pair(payment, attempt.provider, earned(payment), '1100', operation.amount),
  };
}

/** A refund that had succeeded did not: the customer is still owed it, and the merchant has paid. */
export function refundFailedEntry(
  payment: PaymentState,
  attempt: AttemptState,
  operation: OperationState,
): JournalEntry {
  return {
    key: `${operation.id}/failed_late`,
    event: 'refund_failed',
    state: 'posted',
    postings: pair(payment, attempt.provider, '1100', '2150', operation.amount),
  };
}
