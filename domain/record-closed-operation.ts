/** What is said of an operation that is decided already: looked up, and kept where it contradicts. */
import type { NewCase } from './case.ts';
import type { Change, TimelineLine } from './change.ts';
import type { OperationRecording } from './operation-effects.ts';
import { recordExcessCapture, recordLateReturn, recordLateVoid } from './record-late-fact.ts';
import { attemptById, isOpen, type OperationState, type PaymentState } from './payment-state.ts';
import type { LookupResult, ProviderEvidence, ProviderOutcome } from './provider.ts';
import { recordLateHold, recordLateFailure, recordLateRefund } from './record-late-failure.ts';
import { checkAmount } from './recording.ts';
import { lookupDelayMs } from './timing.ts';

/** A reply may be as old as its request: a lookup is to say what is true now. */
export function recordContradiction(
  { operation, payment }: OperationRecording,
  answered: ProviderOutcome['kind'],
  evidence: ProviderEvidence,
): Change | null {
  const said = answered === 'approved' ? 'succeeded' : answered === 'declined' ? 'failed' : null;
  if (said === null || said === operation.status) return null;
  return {
    operations: {
      update: [{ id: operation.id, fromStatus: operation.status, dueAt: payment.now }],
    },
    timeline: [contradiction(operation, said, evidence)],
  };
}

/**
 * What a lookup says of an operation that was decided before. Agreeing clears the reason to look; a
 * contradiction is kept in the timeline with its evidence.
 */
export function recordClosedOperation(
  payment: PaymentState,
  operation: OperationState,
  lookup: LookupResult,
  newOperationId: string,
): Change | null {
  if (operation.dueAt === null || operation.dueAt > payment.now) return null;
  const { id, status, lookups } = operation;
  // Never sent, so there is nothing to look up: whatever names it names it by mistake.
  if (status === 'rejected') {
    return { operations: { update: [{ id, fromStatus: status, dueAt: null }] }, timeline: [] };
  }
  const outcome = lookup.kind === 'found' ? lookup.outcome : null;
  const silent = lookup.kind === 'no_answer' || outcome?.kind === 'unknown';
  const said = outcome?.kind === 'approved' ? 'succeeded' : 'failed';
  const contradicts =
    !silent && said !== status && !(lookup.kind === 'absent' && status === 'failed');
  const evidence = lookup.kind === 'found' ? lookup.outcome.evidence : lookup.evidence;
  const fact =
    contradicts && outcome !== null ? lateFact(payment, operation, outcome, newOperationId) : null;
  if (fact !== null) return fact;
  // A contradiction may become bookable once what is under way has ended.
  const waits = contradicts && (isUnderWay(payment) || waitsForCaptures(payment, operation));
  const patch = { id, fromStatus: status, lookups: lookups + 1 };
  return {
    ...(contradicts && asksAttempt(payment, operation)),
    operations: {
      update: [{ ...patch, dueAt: silent || waits ? payment.now + lookupDelayMs(lookups) : null }],
    },
    timeline: contradicts ? [contradiction(operation, said, evidence)] : [],
    cases: contradicts && !waits ? forAPerson(operation, said, evidence) : [],
  };
}

/** A void that is said not to have been done: what the provider holds, it tells of the attempt. */
function asksAttempt(payment: PaymentState, operation: OperationState): Pick<Change, 'attempts'> {
  if (operation.kind !== 'void' || operation.late || operation.attemptId === null) return {};
  const { id, status } = attemptById(payment, operation.attemptId);
  return { attempts: { update: [{ id, fromStatus: status, dueAt: payment.now }] } };
}

/** Money is said to have moved otherwise than the books say, and no rule tells which is right. */
function forAPerson(
  operation: OperationState,
  said: 'succeeded' | 'failed',
  evidence: ProviderEvidence,
): readonly NewCase[] {
  const { id, kind, attemptId, amount, sentCount } = operation;
  // What came with a sale was never sent by this name; a hold moves no money.
  const moves = kind === 'capture' || kind === 'refund';
  if (!moves || attemptId === null || sentCount === 0) return [];
  const about = { attemptId, operationId: id, amount };
  return [{ kind: 'contradiction', ...about, reason: `said_${said}`, evidence: { ...evidence } }];
}

function contradiction(
  operation: OperationState,
  said: 'succeeded' | 'failed',
  evidence: ProviderEvidence,
): TimelineLine {
  return {
    actor: `provider:${evidence.provider}`,
    kind: `${operation.kind}.contradicted`,
    evidence: { operation_id: operation.id, recorded: operation.status, said, ...evidence },
  };
}

/** Not what is parked: it may be under way for ever. */
function isUnderWay(payment: PaymentState): boolean {
  return payment.operations.some(
    (o) =>
      (o.kind === 'capture' || o.kind === 'void') && !o.late && isOpen(o) && o.parkedAt === null,
  );
}

/** Also for what is parked: a payment that is canceled would take no capture that is found done after it. */
function waitsForCaptures(payment: PaymentState, { kind, late }: OperationState): boolean {
  return kind === 'void' && !late && payment.captureReserved > 0n;
}

/** What can be booked by rule; the rest is kept as a contradiction for a person. */
function lateFact(
  payment: PaymentState,
  operation: OperationState,
  outcome: ProviderOutcome,
  newOperationId: string,
): Change | null {
  if (operation.attemptId === null) return null;
  const attempt = attemptById(payment, operation.attemptId);
  const reversal = { payment, attempt, evidence: outcome.evidence };
  if (outcome.kind === 'declined') return recordLateFailure(reversal, operation, outcome.decline);
  const { amount } = operation;
  // A void gives back whatever is left by then; its amount is the provider's to say.
  const seen =
    operation.kind === 'void'
      ? outcome
      : checkAmount(outcome, { amount, currency: payment.currency });
  if (seen.kind !== 'approved') return null;
  if (operation.late) return recordLateReturn(reversal, operation);
  const fact = recordLateRefund(reversal, operation) ?? recordLateHold(reversal, operation);
  if (fact !== null || isUnderWay(payment) || waitsForCaptures(payment, operation)) return fact;
  return (
    recordLateVoid(reversal, operation) ?? recordExcessCapture(reversal, operation, newOperationId)
  );
}
