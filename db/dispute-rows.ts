/** Disputes as the database hands them out (`dispute_view`): amounts are safe integers, instants ISO 8601. */
import type {
  DisputeAnswerState,
  DisputeAnswerStatus,
  DisputeState,
  DisputeStatus,
} from '../domain/dispute-state.ts';
import type { DisputeEvidence } from '../domain/provider-disputes.ts';

export interface DisputeAnswerRow {
  readonly id: string;
  readonly kind: 'accept' | 'evidence';
  readonly round: number;
  readonly status: DisputeAnswerStatus;
  readonly evidence: DisputeEvidence;
  readonly send_by: string | null;
  readonly key_horizon: string | null;
  readonly sent_count: number;
  readonly lookups: number;
  readonly due_at: string | null;
  readonly failure_code: string | null;
  readonly created_at: string;
}

export interface DisputeRow {
  readonly id: string;
  readonly payment_id: string;
  readonly attempt_id: string;
  readonly provider: string;
  readonly provider_reference: string;
  readonly status: DisputeStatus;
  /** Absent in events from before there were rounds. */
  readonly round?: number;
  readonly amount: number;
  readonly amount_excess: number;
  readonly fee: number;
  readonly currency: string;
  readonly reason: string;
  readonly due_by: string;
  readonly remind_at?: string | null;
  readonly opened_at: string;
  readonly closed_at: string | null;
  /** Absent in events from before there were answers. */
  readonly answers?: readonly DisputeAnswerRow[];
}

export function disputeState(d: DisputeRow): DisputeState {
  return {
    ...{ id: d.id, attemptId: d.attempt_id, provider: d.provider, status: d.status },
    ...{ providerReference: d.provider_reference, currency: d.currency, reason: d.reason },
    round: d.round ?? 1,
    ...{ amount: BigInt(d.amount), amountExcess: BigInt(d.amount_excess), fee: BigInt(d.fee) },
    dueBy: d.due_by,
    remindAt: instant(d.remind_at ?? null),
    answers: (d.answers ?? []).map(answerState),
  };
}

function answerState(a: DisputeAnswerRow): DisputeAnswerState {
  return {
    ...{ id: a.id, kind: a.kind, round: a.round, status: a.status, evidence: a.evidence },
    ...{ sendBy: instant(a.send_by), keyHorizon: instant(a.key_horizon) },
    ...{ sentCount: a.sent_count, lookups: a.lookups, dueAt: instant(a.due_at) },
    createdAt: Date.parse(a.created_at),
  };
}

function instant(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}
