/**
 * What is decided on: one payment with its attempts and operations, read in one moment.
 * Amounts are minor units; instants are ms since the epoch on the database's clock.
 */
import type { Currency } from './currency.ts';
import type { DisputeState } from './dispute-state.ts';
import type { Decline, PaymentMethodType } from './provider.ts';
import {
  liveAttemptStatuses,
  openOperationStatuses,
  type AttemptStatus,
  type OperationStatus,
  type PaymentStatus,
} from './payment.ts';
import { debitReturnableMs } from './timing.ts';

export interface PaymentMethod {
  readonly type: PaymentMethodType;
  /** A saved one: where it is named without tokens, the database puts them in. */
  readonly id?: string;
  readonly token?: string;
  /** Tokens that belong to one provider each. */
  readonly tokens?: Readonly<Record<string, string>>;
  readonly wallet?: string;
  /** As the provider tells with the authorization. */
  readonly brand?: string;
  readonly last4?: string;
  /** ISO 3166-1 alpha-2, of the card's issuer or the shopper's bank, where it is known. */
  readonly country?: string;
  /** The first six to eight digits of the card, where they are known. */
  readonly bin?: string;
  /** The same for every token of one card, where it is known. */
  readonly fingerprint?: string;
}

export interface AttemptState {
  readonly id: string;
  readonly number: number;
  readonly provider: string;
  readonly kind: 'sale' | 'authorize';
  readonly status: AttemptStatus;
  readonly amount: bigint;
  readonly token: string;
  readonly providerKey: string;
  readonly providerReference: string | null;
  readonly sendBy: number;
  readonly keyHorizon: number;
  readonly sentCount: number;
  readonly decline: Decline | null;
  readonly lookups: number;
  /** Negative lookups past the provider's `absenceFinalAfterMs`. */
  readonly absences: number;
  readonly dueAt: number | null;
  /** Since when a person is to see to it (`domain/parking.ts`); only while it is unknown. */
  readonly parkedAt: number | null;
  readonly expiresAt: number | null;
  readonly returnToken: string;
  /** 0: of the first authorization; n: of the n-th after one had expired. */
  readonly reauthorization: number;
  /** The shopper is to pass 3-D Secure, as its risk was judged. */
  readonly challenged: boolean;
  /** What it authorizes is captured once a person, or the merchant's rule, has said so. */
  readonly held: boolean;
  readonly createdAt: number;
}

/** Of what is held; null once what was decided is carried out. */
export interface ReviewState {
  readonly id: string;
  /** Null: nobody has said, and there is time. */
  readonly verdict: 'approve' | 'decline' | null;
  /** Nobody has said, and the time is over: then it is this. */
  readonly onDeadline: 'approve' | 'decline';
  readonly dueAt: number;
  readonly decidedBy: string | null;
}

/** What is asked of a provider. */
export type AskedKind = 'capture' | 'void' | 'refund' | 'increment';
/** A receipt is asked of nobody: money that came, each credit by itself. */
export type OperationKind = AskedKind | 'receipt';
/** `transfer`: a receipt, and the return of what came for nothing. */
export type OperationCause =
  'request' | 'automatic' | 'cancel' | 'expiry' | 'late_success' | 'transfer';

export interface OperationState {
  readonly id: string;
  readonly number: number;
  readonly kind: OperationKind;
  readonly cause: OperationCause;
  readonly status: OperationStatus;
  readonly amount: bigint;
  readonly final: boolean;
  readonly late: boolean;
  readonly attemptId: string | null;
  readonly providerKey: string | null;
  readonly providerReference: string | null;
  readonly sendBy: number | null;
  readonly keyHorizon: number | null;
  readonly sentCount: number;
  readonly lookups: number;
  readonly absences: number;
  readonly dueAt: number | null;
  readonly parkedAt: number | null;
  /** Captured beyond what may be captured, and so no part of the captured amount. */
  readonly excess: boolean;
  /** Of a refund: what of it was captured in excess, and stood in suspense when it was asked for. */
  readonly fromSuspense: bigint;
  /** The failed return in whose place people gave the money back by hand. */
  readonly inPlaceOf: string | null;
  readonly failureCode: string | null;
  /** Of a refund that needs, or needed, a second person. */
  readonly approvalId: string | null;
  readonly createdAt: number;
}

export interface PaymentState {
  readonly id: string;
  readonly merchantId: string;
  readonly fundModel: 'own' | 'facilitator';
  readonly version: bigint;
  readonly status: PaymentStatus;
  readonly amount: bigint;
  readonly currency: Currency;
  readonly captureMethod: 'automatic' | 'manual';
  readonly paymentMethod: PaymentMethod;
  readonly regulated: boolean;
  /** The shopper is not there: nothing may wait for an action of theirs. */
  readonly offSession: boolean;
  readonly amountAuthorized: bigint;
  readonly amountCaptured: bigint;
  readonly captureReserved: bigint;
  readonly amountRefunded: bigint;
  readonly refundReserved: bigint;
  readonly amountDisputed: bigint;
  readonly amountExcess: bigint;
  /** What one person alone may give back of this payment, in all; null: all of it. */
  readonly refundLimit: bigint | null;
  readonly voidOpen: boolean;
  readonly captureClosed: boolean;
  /** What is being authorized again; null: nothing is. */
  readonly reauthorizeAmount: bigint | null;
  readonly reauthorizations: number;
  readonly submitWithinMs: number;
  readonly submitBy: number | null;
  readonly expiresAt: number | null;
  /** A provider told of a dispute, and it is not recorded yet. */
  readonly disputesTold: boolean;
  readonly attempts: readonly AttemptState[];
  readonly operations: readonly OperationState[];
  readonly disputes: readonly DisputeState[];
  readonly review: ReviewState | null;
  /** It was declined, and what it was about is still held: it takes no capture. */
  readonly reviewDeclined: boolean;
  /** The database's clock at the moment of reading. */
  readonly now: number;
}

export function liveAttempt(payment: PaymentState): AttemptState | undefined {
  return payment.attempts.find((a) => liveAttemptStatuses.includes(a.status));
}

export function attemptById(payment: PaymentState, id: string): AttemptState {
  const found = payment.attempts.find((a) => a.id === id);
  if (found === undefined) throw new Error(`payment ${payment.id} has no attempt ${id}`);
  return found;
}

export function operationById(payment: PaymentState, id: string): OperationState {
  const found = payment.operations.find((o) => o.id === id);
  if (found === undefined) throw new Error(`payment ${payment.id} has no operation ${id}`);
  return found;
}

export function isOpen(operation: OperationState): boolean {
  return openOperationStatuses.includes(operation.status);
}

/** The void that reserves all that is not captured, while it is under way. */
export function openVoid(payment: PaymentState): OperationState | undefined {
  return payment.operations.find((o) => o.kind === 'void' && !o.late && isOpen(o));
}

export function openIncrement(payment: PaymentState): OperationState | undefined {
  return payment.operations.find((o) => o.kind === 'increment' && isOpen(o));
}

/** What may still be captured, in-flight captures counted. */
export function capturable(payment: PaymentState): bigint {
  if (payment.voidOpen || payment.captureClosed) return 0n;
  return payment.amountAuthorized - payment.amountCaptured - payment.captureReserved;
}

/** What may still be refunded, in-flight refunds counted. */
export function refundable(payment: PaymentState): bigint {
  return (
    payment.amountCaptured +
    payment.amountExcess -
    payment.amountRefunded -
    payment.refundReserved -
    payment.amountDisputed
  );
}

/** What was captured in excess and is neither given back nor on its way; as the database counts it. */
export function excessStanding(payment: PaymentState): bigint {
  const standing = payment.operations.reduce((sum, o) => {
    if (o.excess && o.status === 'succeeded') return sum + o.amount;
    const goes = o.kind === 'refund' && !o.late && !['failed', 'rejected'].includes(o.status);
    return goes ? sum - o.fromSuspense : sum;
  }, 0n);
  return standing > 0n ? standing : 0n;
}

/** Of the live attempt, once it has ended: part of a transfer may have come, and is to be sent back. */
export function dueWhenOver({ paymentMethod, now }: PaymentState): number | null {
  return paymentMethod.type === 'bank_transfer' ? now : null;
}

/** A debit that was paid: its payer has weeks to say that it should not have been. */
export function mayBeTakenBack(
  { paymentMethod, now }: PaymentState,
  { createdAt }: AttemptState,
): boolean {
  return paymentMethod.type === 'bank_debit' && now < createdAt + debitReturnableMs;
}

/** Throws for a receipt, which is never open and so never asked for. */
export function askedKind({ id, kind }: OperationState): AskedKind {
  if (kind === 'receipt') throw new Error(`receipt ${id} is asked of nobody`);
  return kind;
}
