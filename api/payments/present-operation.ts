/** Rows of attempts and operations as the API shows them. */
import type { Basis } from '../../domain/change.ts';
import { declineMessage } from '../../domain/messages.ts';
import type { OperationStatus } from '../../domain/payment.ts';
import type { Decline } from '../../domain/provider.ts';
import type { AttemptRow, OperationRow, PaymentSnapshot } from '../../db/snapshot.ts';
import { presentInstant } from '../instant.ts';
import type {
  AttemptView,
  DeclineView,
  EvidenceView,
  OperationView,
  RefundView,
} from './payment-schema.ts';

export function presentDecline(decline: Decline): DeclineView {
  return {
    code: decline.code,
    advice: decline.advice,
    provider_code: decline.providerCode,
    message: declineMessage(decline.code),
  };
}

export function presentEvidence(basis: Basis): EvidenceView {
  const { kind, detail, provider, providerReference } = basis;
  return {
    kind,
    detail,
    ...(provider !== undefined && { provider }),
    ...(providerReference !== undefined && { provider_reference: providerReference }),
  };
}

export function presentAttempt(row: AttemptRow): AttemptView {
  return {
    id: row.id,
    object: 'attempt',
    number: row.number,
    provider: row.provider,
    kind: row.kind,
    status: row.status,
    amount: row.amount,
    currency: row.currency,
    provider_reference: row.provider_reference,
    decline: row.decline === null ? null : presentDecline(row.decline),
    evidence: presentEvidence(row.basis),
    created_at: presentInstant(row.created_at),
    updated_at: presentInstant(row.updated_at),
  };
}

/** The permits inside `pending` are our own affair. */
const shownStatus = {
  requested: 'pending',
  submitting: 'pending',
  pending: 'pending',
  unknown: 'unknown',
  succeeded: 'succeeded',
  failed: 'failed',
  requires_approval: 'requires_approval',
  rejected: 'rejected',
} as const satisfies Readonly<Record<OperationStatus, RefundView['status']>>;

export function presentOperation(row: OperationRow): OperationView | RefundView {
  const common = {
    id: row.id,
    payment_id: row.payment_id,
    attempt_id: row.attempt_id,
    number: row.number,
    cause: row.cause,
    amount: row.amount,
    currency: row.currency,
    reason: row.reason,
    provider_reference: row.provider_reference,
    failure: row.failure === null ? null : presentDecline(row.failure),
    evidence: presentEvidence(row.basis),
    created_at: presentInstant(row.created_at),
    updated_at: presentInstant(row.updated_at),
  };
  const status = shownStatus[row.status];
  if (row.kind === 'refund') {
    const approval_id = row.approval_id ?? null;
    return { object: 'refund', kind: 'refund', status, approval_id, ...common };
  }
  if (status === 'requires_approval' || status === 'rejected') {
    throw new Error(`operation ${row.id} is ${status}, as only refunds are`);
  }
  return { object: 'operation', kind: row.kind, status, final: row.final, ...common };
}

export function findOperation(snapshot: PaymentSnapshot, id: string): OperationRow | undefined {
  return snapshot.operations.find((operation) => operation.id === id);
}
