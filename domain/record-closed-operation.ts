/** What is said of an operation that is decided already: looked up, and kept where it contradicts. */
import type { Change, TimelineLine } from './change.ts';
import type { OperationRecording } from './operation-effects.ts';
import { attemptById, type OperationState, type PaymentState } from './payment-state.ts';
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
  const fact = contradicts && outcome !== null ? lateFact(payment, operation, outcome) : null;
  if (fact !== null) return fact;
  return {
    operations: {
      update: [
        {
          id,
          fromStatus: status,
          lookups: lookups + 1,
          // A contradiction may become bookable once what is under way has ended.
          dueAt:
            silent || (contradicts && underWay(payment))
              ? payment.now + lookupDelayMs(lookups)
              : null,
        },
      ],
    },
    timeline: contradicts ? [contradiction(operation, said, evidence)] : [],
  };
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

function underWay(payment: PaymentState): boolean {
  return payment.captureReserved > 0n || payment.voidOpen;
}

/** What can be booked by rule; the rest is kept as a contradiction for a person. */
function lateFact(
  payment: PaymentState,
  operation: OperationState,
  outcome: ProviderOutcome,
): Change | null {
  if (operation.attemptId === null) return null;
  const attempt = attemptById(payment, operation.attemptId);
  const reversal = { payment, attempt, evidence: outcome.evidence };
  if (outcome.kind === 'declined') return recordLateFailure(reversal, operation, outcome.decline);
  const { amount } = operation;
  const seen = checkAmount(outcome, { amount, currency: payment.currency });
  if (seen.kind !== 'approved') return null;
  return recordLateRefund(reversal, operation) ?? recordLateHold(reversal, operation);
}
