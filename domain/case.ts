/** A case: what no rule can end, put before a person. Opened once per subject and kind while it is open. */
export type CaseKind =
  /** Parked: looked up every day, but no longer expected to be known by itself. */
  | 'unknown'
  /** Money that came too late and could not be given back. */
  | 'late_return'
  /** A fact beyond its ceiling. */
  | 'excess'
  /** Said of what is decided, and not to be believed by rule. */
  | 'contradiction'
  /** A provider's signed event tells another amount or currency than ours. */
  | 'webhook_mismatch'
  /** Nobody answered a dispute in time. */
  | 'dispute_unanswered';

/** What an open case waited for has happened. */
export interface CaseEnd {
  readonly kind: CaseKind;
  /** The dispute it is about, or the operation, else the attempt. */
  readonly subjectId: string;
  readonly resolution: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export interface NewCase {
  readonly kind: CaseKind;
  readonly attemptId: string;
  /** The subject, where it is an operation of that attempt. */
  readonly operationId?: string;
  /** The subject, where it is a dispute over that attempt. */
  readonly disputeId?: string;
  /** What is at stake, in minor units of the payment's currency. */
  readonly amount: bigint;
  /** Lower snake_case: why no rule ends it. */
  readonly reason: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}
