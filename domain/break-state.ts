/** A break as it stands, under its lock. */
import type { BreakKind } from './breaks.ts';

export interface BreakState {
  readonly id: string;
  readonly kind: BreakKind;
  readonly provider: string;
  readonly status: 'open' | 'resolved';
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly paymentId: string | null;
  readonly reconciliationId: string | null;
  readonly line: number | null;
  readonly subjectId: string | null;
  /** In suspense because of it: above zero in 1900, below zero in 2900. */
  readonly inSuspense: bigint;
  /** By people, which only people take out again. */
  readonly setAside: boolean;
  /** Of a bank statement: what it is booked as follows from what it is matched with. */
  readonly atBank: boolean;
}

export interface Decided {
  readonly reason: string;
  readonly askedBy: string;
  /** Null where one person is enough. */
  readonly approvedBy: string | null;
}

/** Found less expected: below zero, less came than our books say. Of what no line lists, all of it is missing. */
export function differenceOf({ kind, amount }: Pick<BreakState, 'kind' | 'amount'>): bigint {
  const isMissing = kind === 'missing_external' || kind === 'duplicate_internal';
  return isMissing ? -(amount ?? 0n) : (amount ?? 0n);
}
