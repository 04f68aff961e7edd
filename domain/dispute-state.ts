/** A dispute as it is recorded, with what was answered to it. Amounts are minor units. */
import type { DisputeEvidence } from './provider-disputes.ts';

export type DisputeStatus = 'needs_response' | 'under_review' | 'accepted' | 'won' | 'lost';
export type DisputeAnswerStatus = 'requested' | 'submitting' | 'unknown' | 'succeeded' | 'failed';

type Transitions<S extends string> = Readonly<Record<S, readonly S[]>>;

/**
 * What is decided stays decided, unless a later round is told of: a second chargeback or a pre-arbitration.
 * Which of these moves take another round the database holds (`guard_dispute`).
 */
export const disputeTransitions: Transitions<DisputeStatus> = {
  needs_response: ['under_review', 'accepted', 'won', 'lost'],
  under_review: ['needs_response', 'accepted', 'won', 'lost'],
  accepted: ['needs_response', 'won', 'lost'],
  won: ['needs_response', 'lost'],
  lost: ['needs_response', 'won'],
};

export const disputeAnswerTransitions: Transitions<DisputeAnswerStatus> = {
  requested: ['submitting', 'failed'],
  // Back to `requested` when it is certain that nothing left us.
  submitting: ['requested', 'unknown', 'succeeded', 'failed'],
  // Sent again under its key, with another permit.
  unknown: ['submitting', 'succeeded', 'failed'],
  succeeded: [],
  failed: [],
};

export interface DisputeAnswerState {
  readonly id: string;
  readonly kind: 'accept' | 'evidence';
  /** Of the dispute, when it was asked for. */
  readonly round: number;
  readonly status: DisputeAnswerStatus;
  readonly evidence: DisputeEvidence;
  /** Instants are ms since the epoch. */
  readonly sendBy: number | null;
  readonly keyHorizon: number | null;
  readonly sentCount: number;
  readonly lookups: number;
  /** Only while it is open. */
  readonly dueAt: number | null;
  readonly createdAt: number;
}

export interface DisputeState {
  readonly id: string;
  readonly attemptId: string;
  readonly provider: string;
  readonly providerReference: string;
  readonly status: DisputeStatus;
  /** From 1; each begins with the other side and ends with a decision. */
  readonly round: number;
  readonly amount: bigint;
  /** Of `amount`, what was not there any more to be taken: somebody was paid twice. */
  readonly amountExcess: bigint;
  /** Of this round. */
  readonly fee: bigint;
  readonly currency: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly dueBy: string;
  /** When somebody is to be told that it waits for an answer; null: nobody is. */
  readonly remindAt: number | null;
  /** Oldest first. */
  readonly answers: readonly DisputeAnswerState[];
}

export function isDecided({ status }: DisputeState): boolean {
  return status === 'won' || status === 'lost';
}

export function openAnswer({ answers }: DisputeState): DisputeAnswerState | undefined {
  return answers.find(({ dueAt }) => dueAt !== null);
}
