/**
 * A payment as the database hands it out (`payment_snapshot`): one JSON value with snake_case columns.
 * Amounts are JSON numbers of minor units, safe integers by CHECK; instants are ISO 8601 strings in UTC.
 */
import { isCurrency } from '../domain/currency.ts';
import type { Basis, RouteExclusion, RouteRecord } from '../domain/change.ts';
import type { AttemptStatus, OperationStatus, PaymentStatus } from '../domain/payment.ts';
import type {
  AttemptState,
  OperationCause,
  OperationKind,
  OperationState,
  PaymentMethod,
  PaymentState,
  ReviewState,
} from '../domain/payment-state.ts';
import type { Decline, ShopperAction } from '../domain/provider.ts';
import { disputeState, type DisputeRow } from './dispute-rows.ts';

export interface PaymentRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly version: number;
  readonly status: PaymentStatus;
  readonly amount: number;
  readonly currency: string;
  readonly capture_method: 'automatic' | 'manual';
  readonly payment_method: PaymentMethod;
  readonly merchant_reference: string | null;
  readonly customer_id: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly options: PaymentOptions;
  readonly regulated: Readonly<Record<string, unknown>> | null;
  readonly amount_authorized: number;
  readonly amount_captured: number;
  readonly capture_reserved: number;
  readonly amount_refunded: number;
  readonly refund_reserved: number;
  readonly amount_disputed: number;
  readonly amount_excess: number;
  readonly void_open: boolean;
  readonly capture_closed: boolean;
  /** Absent in answers frozen before there were re-authorizations, as are the other two. */
  readonly reauthorize_amount?: number | null;
  readonly reauthorizations?: number;
  readonly submit_within_ms: number;
  readonly submit_by: string | null;
  readonly expires_at: string | null;
  readonly wake_at: string | null;
  /** Absent in answers frozen before there were disputes. */
  readonly disputes_due_at?: string | null;
  /** Absent in answers frozen before there were reviews. */
  readonly review_due_at?: string | null;
  readonly next_action: (ShopperAction & { readonly expiresAt: string }) | null;
  readonly last_decline: Decline | null;
  readonly status_basis: Basis;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface PaymentOptions {
  readonly return_url?: string;
  readonly off_session?: boolean;
  readonly save?: boolean;
}

export interface AttemptRow {
  readonly id: string;
  readonly number: number;
  readonly provider: string;
  readonly kind: 'sale' | 'authorize';
  readonly status: AttemptStatus;
  readonly amount: number;
  readonly currency: string;
  readonly payment_method: PaymentMethod;
  /** A list of exclusions only, in rows from before there were rules. */
  readonly route: RouteRecord | readonly RouteExclusion[];
  readonly provider_key: string;
  readonly provider_reference: string | null;
  readonly send_by: string;
  readonly key_horizon: string;
  readonly sent_count: number;
  readonly decline: Decline | null;
  readonly redirect_url: string | null;
  readonly return_token: string;
  readonly reauthorization?: number;
  readonly lookups: number;
  readonly absences: number;
  readonly due_at: string | null;
  readonly parked_at: string | null;
  readonly expires_at: string | null;
  readonly basis: Basis;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface OperationRow {
  readonly id: string;
  readonly payment_id: string;
  readonly attempt_id: string | null;
  readonly number: number;
  readonly kind: OperationKind;
  readonly cause: OperationCause;
  readonly status: OperationStatus;
  readonly amount: number;
  readonly currency: string;
  readonly final: boolean;
  readonly late: boolean;
  readonly reason: string | null;
  readonly provider_key: string | null;
  readonly provider_reference: string | null;
  readonly send_by: string | null;
  readonly key_horizon: string | null;
  readonly sent_count: number;
  readonly lookups: number;
  readonly absences: number;
  readonly due_at: string | null;
  readonly parked_at: string | null;
  readonly excess: boolean;
  /** Absent in answers frozen before it was told apart. */
  readonly from_suspense?: number;
  /** Absent in answers frozen before anything was given back by hand. */
  readonly in_place_of?: string | null;
  readonly failure: Decline | null;
  /** Absent in answers frozen before there were approvals. */
  readonly approval_id?: string | null;
  readonly basis: Basis;
  readonly requested_by: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One that is open, or decided and not carried out. */
export interface ReviewInSnapshot {
  readonly id: string;
  readonly status: 'open' | 'approved' | 'declined' | 'lapsed';
  readonly on_deadline: 'approve' | 'decline';
  readonly due_at: string;
  readonly decided_by: string | null;
}

export interface PaymentSnapshot {
  readonly payment: PaymentRow;
  readonly attempts: readonly AttemptRow[];
  readonly operations: readonly OperationRow[];
  /** Absent in answers frozen before disputes were answered. */
  readonly disputes?: readonly DisputeRow[];
  readonly customer: {
    readonly id: string;
    readonly email: string | null;
    readonly name: string | null;
  } | null;
  /** Absent in answers frozen before there were reviews. */
  readonly review?: ReviewInSnapshot | null;
  /** Absent in answers frozen before it was told. */
  readonly review_declined?: boolean;
  readonly fund_model: 'own' | 'facilitator';
  /** Absent in answers frozen before there were limits. */
  readonly refund_limit?: number | null;
  readonly now: string;
}

/** Reads a snapshot into what the domain decides on. */
export function paymentState(snapshot: PaymentSnapshot): PaymentState {
  const p = snapshot.payment;
  if (!isCurrency(p.currency)) throw new Error(`payment ${p.id} has currency ${p.currency}`);
  return {
    id: p.id,
    merchantId: p.merchant_id,
    fundModel: snapshot.fund_model,
    version: BigInt(p.version),
    status: p.status,
    amount: BigInt(p.amount),
    currency: p.currency,
    captureMethod: p.capture_method,
    paymentMethod: p.payment_method,
    regulated: p.regulated !== null,
    // Whoever authorizes again does so while the shopper is away.
    offSession: p.options.off_session === true || p.reauthorize_amount != null,
    amountAuthorized: BigInt(p.amount_authorized),
    amountCaptured: BigInt(p.amount_captured),
    captureReserved: BigInt(p.capture_reserved),
    amountRefunded: BigInt(p.amount_refunded),
    refundReserved: BigInt(p.refund_reserved),
    amountDisputed: BigInt(p.amount_disputed),
    amountExcess: BigInt(p.amount_excess),
    refundLimit: snapshot.refund_limit == null ? null : BigInt(snapshot.refund_limit),
    voidOpen: p.void_open,
    captureClosed: p.capture_closed,
    reauthorizeAmount: p.reauthorize_amount == null ? null : BigInt(p.reauthorize_amount),
    reauthorizations: p.reauthorizations ?? 0,
    submitWithinMs: p.submit_within_ms,
    submitBy: instant(p.submit_by),
    expiresAt: instant(p.expires_at),
    disputesTold: p.disputes_due_at != null,
    attempts: snapshot.attempts.map(attemptState),
    operations: snapshot.operations.map(operationState),
    disputes: (snapshot.disputes ?? []).map(disputeState),
    review: reviewState(snapshot.review ?? null),
    reviewDeclined: snapshot.review_declined === true,
    now: Date.parse(snapshot.now),
  };
}

function reviewState(row: ReviewInSnapshot | null): ReviewState | null {
  if (row === null) return null;
  const { id, status, on_deadline: onDeadline, due_at: dueAt, decided_by: decidedBy } = row;
  const verdict = {
    open: null,
    approved: 'approve',
    declined: 'decline',
    lapsed: onDeadline,
  } as const;
  return { id, verdict: verdict[status], onDeadline, dueAt: Date.parse(dueAt), decidedBy };
}

function instant(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}

function attemptState(a: AttemptRow): AttemptState {
  return {
    id: a.id,
    number: a.number,
    provider: a.provider,
    kind: a.kind,
    status: a.status,
    amount: BigInt(a.amount),
    token: a.payment_method.token ?? '',
    providerKey: a.provider_key,
    providerReference: a.provider_reference,
    sendBy: Date.parse(a.send_by),
    keyHorizon: Date.parse(a.key_horizon),
    sentCount: a.sent_count,
    decline: a.decline,
    lookups: a.lookups,
    absences: a.absences,
    dueAt: instant(a.due_at),
    parkedAt: instant(a.parked_at),
    expiresAt: instant(a.expires_at),
    returnToken: a.return_token,
    reauthorization: a.reauthorization ?? 0,
    challenged: 'challenge' in a.route && a.route.challenge,
    held: 'hold' in a.route && a.route.hold,
    createdAt: Date.parse(a.created_at),
  };
}

function operationState(o: OperationRow): OperationState {
  return {
    id: o.id,
    number: o.number,
    kind: o.kind,
    cause: o.cause,
    status: o.status,
    amount: BigInt(o.amount),
    final: o.final,
    late: o.late,
    attemptId: o.attempt_id,
    providerKey: o.provider_key,
    providerReference: o.provider_reference,
    sendBy: instant(o.send_by),
    keyHorizon: instant(o.key_horizon),
    sentCount: o.sent_count,
    lookups: o.lookups,
    absences: o.absences,
    dueAt: instant(o.due_at),
    parkedAt: instant(o.parked_at),
    excess: o.excess,
    fromSuspense: BigInt(o.from_suspense ?? 0),
    inPlaceOf: o.in_place_of ?? null,
    failureCode: o.failure?.code ?? null,
    approvalId: o.approval_id ?? null,
    createdAt: Date.parse(o.created_at),
  };
}
