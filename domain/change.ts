/**
 * A change is what one commit does to a payment: decided here as data, applied by the database as a
 * compare-and-set on the payment's version, all of it or nothing. Instants are ms on the database's clock.
 */
import type { CaseEnd, NewCase } from './case.ts';
import type { DisputeAnswerStatus, DisputeStatus } from './dispute-state.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { AttemptStatus, OperationStatus, PaymentStatus } from './payment.ts';
import type { OperationCause, OperationKind, PaymentMethod } from './payment-state.ts';
import type { Decline, ShopperAction } from './provider.ts';
import type { DisputeEvidence } from './provider-disputes.ts';
import type { Assessment } from './risk/assessment.ts';
import type { SettlementLine } from './settlement-evidence.ts';

/** Where a status comes from (promise P7). `detail` is for people; never card data. */
export interface Basis {
  readonly kind:
    'request' | 'provider_reply' | 'webhook' | 'lookup' | 'settlement' | 'staff' | 'rule' | 'timer';
  readonly detail: string;
  readonly provider?: string;
  readonly providerReference?: string;
  /** The failed return that this one, made by hand, stands in the place of. */
  readonly inPlaceOf?: string;
}

export interface PaymentPatch {
  readonly status?: PaymentStatus;
  readonly paymentMethod?: PaymentMethod;
  readonly amountAuthorized?: bigint;
  readonly captureClosed?: boolean;
  readonly reauthorizeAmount?: bigint | null;
  readonly reauthorizations?: number;
  readonly submitBy?: number | null;
  readonly nextAction?: (ShopperAction & { readonly expiresAt: string }) | null;
  readonly lastDecline?: Decline | null;
  readonly statusBasis?: Basis;
}

export interface NewAttempt {
  readonly id: string;
  readonly provider: string;
  readonly kind: 'sale' | 'authorize';
  readonly status: 'submitting';
  readonly paymentMethod: PaymentMethod;
  readonly route: RouteRecord;
  readonly providerKey: string;
  readonly sendBy: number;
  readonly keyHorizon: number;
  readonly dueAt: number;
  readonly returnToken: string;
  readonly basis: Basis;
}

export interface RouteExclusion {
  readonly provider: string;
  readonly reason: string;
}

/** Why this provider, kept with the attempt; stored as it is. */
export interface RouteRecord {
  readonly rulesVersion: number;
  /** Name of the rule that held; null: none. */
  readonly rule: string | null;
  /** First the chosen one, then who would have come after it. */
  readonly order: readonly string[];
  readonly excluded: readonly RouteExclusion[];
  /** Probability of this very choice, over all payments like this one at that moment. */
  readonly propensity: number;
  readonly explored: boolean;
  readonly challenge?: boolean;
  readonly hold?: boolean;
}

/** What the judgement of its risk asks of the attempt: 3-D Secure; that its capture waits for a person. */
export interface RiskDemands {
  readonly challenge?: boolean;
  readonly hold?: boolean;
}

export interface AttemptPatch {
  readonly id: string;
  readonly fromStatus: AttemptStatus;
  readonly status?: AttemptStatus;
  readonly providerReference?: string;
  readonly sendBy?: number;
  readonly sentCount?: number;
  readonly decline?: Decline;
  readonly redirectUrl?: string | null;
  readonly lookups?: number;
  readonly absences?: number;
  readonly dueAt?: number | null;
  readonly expiresAt?: number;
  readonly parkedAt?: number;
  readonly basis?: Basis;
}

export interface NewOperation {
  readonly id: string;
  readonly attemptId: string | null;
  readonly kind: OperationKind;
  readonly cause: OperationCause;
  readonly status: OperationStatus;
  readonly amount: bigint;
  readonly final: boolean;
  readonly late: boolean;
  readonly reason?: string;
  readonly providerReference?: string;
  readonly dueAt: number | null;
  readonly basis: Basis;
  readonly requestedBy: string;
}

export interface OperationPatch {
  readonly id: string;
  readonly fromStatus: OperationStatus;
  readonly status?: OperationStatus;
  readonly attemptId?: string;
  readonly providerKey?: string;
  readonly providerReference?: string;
  readonly sendBy?: number;
  readonly keyHorizon?: number;
  readonly sentCount?: number;
  readonly lookups?: number;
  readonly absences?: number;
  readonly dueAt?: number | null;
  readonly failure?: Decline;
  /** With `failed → succeeded` of a capture only. */
  readonly excess?: true;
  readonly parkedAt?: number;
  readonly basis?: Basis;
}

export interface DisputePatch {
  readonly id: string;
  readonly fromStatus: DisputeStatus;
  readonly status?: DisputeStatus;
  readonly remindAt?: number | null;
  readonly amountExcess?: bigint;
}

export interface NewDisputeAnswer {
  readonly id: string;
  readonly disputeId: string;
  readonly kind: 'accept' | 'evidence';
  readonly status: 'requested';
  readonly evidence: DisputeEvidence;
  readonly dueAt: number;
  readonly basis: Basis;
  readonly requestedBy: string;
}

export interface DisputeAnswerPatch {
  readonly id: string;
  readonly fromStatus: DisputeAnswerStatus;
  readonly status?: DisputeAnswerStatus;
  readonly providerKey?: string;
  readonly sendBy?: number;
  readonly keyHorizon?: number;
  readonly sentCount?: number;
  readonly lookups?: number;
  readonly dueAt?: number | null;
  /** The provider's code, or ours of what was never sent. */
  readonly failureCode?: string;
  readonly basis?: Basis;
}

export interface DisputeChange {
  readonly update?: readonly DisputePatch[];
  readonly answers?: {
    readonly insert?: readonly NewDisputeAnswer[];
    readonly update?: readonly DisputeAnswerPatch[];
  };
}

export interface TimelineLine {
  /** `api_key:<id>`, `staff:<subject>`, `provider:<name>` or `tender`. */
  readonly actor: string;
  readonly kind: string;
  readonly fromStatus?: string;
  readonly toStatus?: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export interface OutboxEvent {
  readonly type: string;
  readonly operationId?: string;
  readonly disputeId?: string;
}

/** Freezes the answer of every idempotency key that waits for `awaitsId`. */
export interface FrozenAnswer {
  readonly awaitsId: string;
  readonly status: 200 | 201 | 402 | 409;
  readonly code?: string;
  readonly detail?: string;
}

/** `attemptNumber`: of the attempt that follows, or would have followed. */
export type RiskRecord = Assessment & { readonly attemptNumber: number };

/**
 * `open`: what was authorized waits for a person, as its risk was decided. `close`: what was decided is carried
 * out here; `lapses`: because nobody had said anything in time.
 */
export type ReviewChange =
  | { readonly kind: 'open'; readonly attemptNumber: number }
  | { readonly kind: 'close'; readonly id: string; readonly lapses: boolean };

export interface Change {
  readonly payment?: PaymentPatch;
  readonly attempts?: {
    readonly insert?: readonly NewAttempt[];
    readonly update?: readonly AttemptPatch[];
  };
  readonly operations?: {
    readonly insert?: readonly NewOperation[];
    readonly update?: readonly OperationPatch[];
  };
  readonly disputes?: DisputeChange;
  readonly entries?: readonly JournalEntry[];
  readonly timeline: readonly TimelineLine[];
  readonly events?: readonly OutboxEvent[];
  readonly answers?: readonly FrozenAnswer[];
  readonly cases?: readonly NewCase[];
  readonly closes?: readonly CaseEnd[];
  /** What the attempt that is inserted here, or the end without one, was decided by. */
  readonly risk?: RiskRecord;
  readonly review?: ReviewChange;
  /** Lines of settlement files that this change makes something of. */
  readonly statements?: readonly SettlementLine[];
}
