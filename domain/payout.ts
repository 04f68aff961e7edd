/**
 * A payout: a merchant's available money, sent to its bank account. A row first, with its amount taken from
 * what is available; sent once, by whoever has the permit; what is not known is looked up.
 */
import type { ProviderEvidence } from './provider.ts';

export type PayoutStatus = 'requested' | 'submitting' | 'pending' | 'unknown' | 'paid' | 'failed';

export const payoutTransitions: Readonly<Record<PayoutStatus, readonly PayoutStatus[]>> = {
  requested: ['submitting', 'failed'],
  // Back to `requested` when it is certain that nothing left us.
  submitting: ['requested', 'pending', 'unknown', 'paid', 'failed'],
  unknown: ['pending', 'paid', 'failed'],
  pending: ['paid', 'failed'],
  // Sent back by the bank of whoever was paid.
  paid: ['failed'],
  // Paid after all.
  failed: ['paid'],
};

/** Where it goes: the account as its bank knows it, and what may be shown of it. */
export interface PayoutDestination {
  readonly provider: string;
  readonly token: string;
  readonly last4: string;
  readonly holder: string;
}

/** Instants are ms since the epoch, by the database's clock. */
export interface Payout {
  readonly id: string;
  readonly merchantId: string;
  readonly currency: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly destination: PayoutDestination;
  readonly status: PayoutStatus;
  readonly providerReference: string | null;
  /** Of the permit: until when it may be sent. */
  readonly sendBy: number | null;
  readonly sentCount: number;
  readonly lookups: number;
  /** When it next wants attention; null: never. */
  readonly dueAt: number | null;
  readonly failureCode: string | null;
  readonly paidAt: number | null;
  readonly createdAt: number;
  readonly version: number;
  readonly now: number;
}

export type PayoutBasis =
  ProviderEvidence | { readonly kind: 'request' | 'rule'; readonly detail: string };

/** What a commit makes of it; what is not named stays as it is. */
export interface PayoutPatch {
  readonly status: PayoutStatus;
  readonly dueAt: number | null;
  readonly sendBy?: number;
  readonly keyHorizon?: number;
  readonly sentCount?: number;
  readonly lookups?: number;
  readonly providerReference?: string;
  readonly failureCode?: string;
  readonly basis: PayoutBasis;
}

/** How a payout moves the money of its merchant. */
export type PayoutMove =
  /** 2130 to our bank account. */
  | 'confirmed'
  /** It never left: available again. */
  | 'failed'
  /** It came back from where it was paid to. */
  | 'returned'
  /** Paid after it had been given back. */
  | 'paid_late';

export interface PayoutChange {
  readonly patch: PayoutPatch;
  readonly moves: readonly PayoutMove[];
}

/** The least that may be paid, and what may be now. */
export function payableOf(balance: {
  readonly available: bigint;
  readonly held: bigint;
  readonly negative: bigint;
}): bigint {
  const debt = balance.negative > 0n ? balance.negative : 0n;
  const left = balance.available - balance.held - debt;
  return left > 0n ? left : 0n;
}
