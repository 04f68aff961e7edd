/** What the recorders of provider outcomes share: their input, and how they write evidence down. */
import type { AttemptPatch, Basis, TimelineLine } from './change.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import type { AttemptStatus, PaymentStatus } from './payment.ts';
import type { ProviderContract, ProviderEvidence, ProviderOutcome } from './provider.ts';

export interface Recording {
  readonly payment: PaymentState;
  readonly attempt: AttemptState;
  readonly contract: ProviderContract;
  /** Made by the caller, since ids are random: of the capture or late operation, if one is needed. */
  readonly newOperationId: string;
  /** Of the routing rules in force: declines after which another provider may be asked. */
  readonly failoverDeclines?: readonly string[];
}

export function basisOf(evidence: ProviderEvidence): Basis {
  return {
    kind: evidence.kind,
    detail: evidence.detail,
    provider: evidence.provider,
    ...(evidence.providerReference !== undefined && {
      providerReference: evidence.providerReference,
    }),
  };
}

export function attemptLine(
  r: Recording,
  to: AttemptStatus,
  evidence: ProviderEvidence,
): TimelineLine {
  return {
    actor: `provider:${evidence.provider}`,
    kind: `attempt.${to}`,
    fromStatus: r.attempt.status,
    toStatus: to,
    evidence: { attempt_id: r.attempt.id, ...evidence },
  };
}

export function paymentLine(r: Recording, to: PaymentStatus, basis: Basis): TimelineLine {
  return {
    actor: 'tender',
    kind: `payment.${to}`,
    fromStatus: r.payment.status,
    toStatus: to,
    evidence: { ...basis, attempt_id: r.attempt.id },
  };
}

export function patchAttempt(
  r: Recording,
  status: AttemptStatus,
  rest: Partial<AttemptPatch>,
): AttemptPatch {
  return { id: r.attempt.id, fromStatus: r.attempt.status, status, ...rest };
}

/**
 * A yes to another amount or currency than we asked for is no yes: what happened is not known until
 * somebody explains the difference.
 */
export function checkAmount(
  outcome: ProviderOutcome,
  asked: { readonly amount: bigint; readonly currency: string },
): ProviderOutcome {
  if (outcome.kind !== 'approved') return outcome;
  if (outcome.amountMinor === asked.amount && outcome.currency === asked.currency) return outcome;
  const got = `${String(outcome.amountMinor)} ${outcome.currency}`;
  const detail = `amount_mismatch: asked ${String(asked.amount)} ${asked.currency}, got ${got}`;
  return { kind: 'unknown', evidence: { ...outcome.evidence, detail } };
}
