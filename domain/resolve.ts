/**
 * How an unknown ends (DESIGN 3, "Unknown"): a lookup by our reference first, always. What a negative
 * answer allows then depends on its age and on the provider's contract; the date alone proves nothing.
 */
import type { Change } from './change.ts';
import { isPageOver } from './close-page.ts';
import {
  openVoid,
  type AttemptState,
  type OperationState,
  type PaymentState,
} from './payment-state.ts';
import type {
  LookupResult,
  ProviderContract,
  ProviderEvidence,
  ProviderOutcome,
} from './provider.ts';
import { sendsOfKey } from './submit-operation.ts';
import { lookupDelayMs, sendWithinMs, unansweredAfterMs } from './timing.ts';

export type Resolution =
  | { readonly kind: 'record'; readonly outcome: ProviderOutcome }
  /** Send the same request with the same key again: first take the permit in `change`. */
  | { readonly kind: 'resend'; readonly change: Change }
  | { readonly kind: 'void_by_reference' }
  /** The shopper did not come back, and no reference can be voided: cancel the attempt. */
  | { readonly kind: 'close_page' }
  /** Twice negative past the age at which the contract calls it final, or unlisted where that proves it. */
  | { readonly kind: 'absent'; readonly evidence: ProviderEvidence }
  | { readonly kind: 'look_again'; readonly absent: boolean };

/** Negative lookups past the final age that prove absence. */
const absencesFinal = 2;
/** One resend: what fails twice is voided by reference where that is possible. */
const sendsMax = 2;

export function resolveAttempt(
  payment: PaymentState,
  attempt: AttemptState,
  contract: ProviderContract,
  lookup: LookupResult,
  unlisted: ProviderEvidence | null = null,
): Resolution {
  if (lookup.kind === 'found') {
    if (!pageRanOut(payment, attempt, lookup.outcome))
      return { kind: 'record', outcome: lookup.outcome };
    return { kind: contract.voidByReference ? 'void_by_reference' : 'close_page' };
  }
  const acknowledged = attempt.providerReference !== null;
  if (unlisted !== null && attempt.status === 'unknown' && !acknowledged) {
    return { kind: 'absent', evidence: unlisted };
  }
  // Before the request must have arrived, "absent" may only mean "not yet".
  if (lookup.kind === 'no_answer' || payment.now < attempt.sendBy + contract.settlingMs) {
    return { kind: 'look_again', absent: false };
  }
  // Nobody can say what became of the page, so it is closed instead of being asked about.
  if (lookup.kind === 'not_supported' && isPageOver(payment, attempt)) {
    return { kind: contract.voidByReference ? 'void_by_reference' : 'close_page' };
  }
  // What was acknowledged, or shown to the shopper, is there: absence would be the lookup's mistake.
  if (attempt.status === 'pending' || attempt.status === 'requires_action') {
    return { kind: 'look_again', absent: false };
  }
  const wanted =
    openVoid(payment) === undefined && payment.submitBy !== null && payment.now < payment.submitBy;
  const mayResend = payment.now < attempt.keyHorizon && attempt.sentCount < sendsMax;
  if (wanted && mayResend && !acknowledged) {
    return { kind: 'resend', change: resendAttempt(payment, attempt) };
  }
  if (contract.voidByReference) return { kind: 'void_by_reference' };
  if (lookup.kind === 'not_supported' || acknowledged) return { kind: 'look_again', absent: false };
  return final(payment.now, attempt.sendBy, attempt.absences, contract);
}

/** The shopper never came back from the page: it is closed at the provider before anything is said. */
function pageRanOut(
  payment: PaymentState,
  attempt: AttemptState,
  outcome: ProviderOutcome,
): boolean {
  return outcome.kind === 'requires_action' && isPageOver(payment, attempt);
}

function final(
  now: number,
  sendBy: number,
  absences: number,
  contract: ProviderContract,
): Resolution {
  const finalAfter = contract.absenceFinalAfterMs;
  if (finalAfter === null || now < sendBy + finalAfter)
    return { kind: 'look_again', absent: false };
  if (absences + 1 < absencesFinal) return { kind: 'look_again', absent: true };
  const detail = `absent ${String(absences + 1)} times past ${String(finalAfter)} ms`;
  return { kind: 'absent', evidence: { kind: 'lookup', provider: contract.name, detail } };
}

function resendAttempt(payment: PaymentState, attempt: AttemptState): Change {
  return {
    attempts: {
      update: [
        {
          id: attempt.id,
          fromStatus: attempt.status,
          sentCount: attempt.sentCount + 1,
          sendBy: payment.now + sendWithinMs,
          dueAt: payment.now + unansweredAfterMs,
        },
      ],
    },
    timeline: [
      {
        actor: 'tender',
        kind: 'attempt.resent',
        evidence: { attempt_id: attempt.id, reason: 'absent by lookup, inside half the key life' },
      },
    ],
  };
}

export function resolveOperation(
  payment: PaymentState,
  operation: OperationState,
  contract: ProviderContract,
  lookup: LookupResult,
  unlisted: ProviderEvidence | null = null,
): Resolution {
  if (lookup.kind === 'found') return { kind: 'record', outcome: lookup.outcome };
  const sendBy = operation.sendBy ?? payment.now;
  const acknowledged = operation.status === 'pending' || operation.providerReference !== null;
  if (unlisted !== null && operation.status === 'unknown' && !acknowledged) {
    return { kind: 'absent', evidence: unlisted };
  }
  if (lookup.kind === 'no_answer' || payment.now < sendBy + contract.settlingMs) {
    return { kind: 'look_again', absent: false };
  }
  // Acknowledged, also where it is in doubt since: it cannot be proven absent.
  if (acknowledged) return { kind: 'look_again', absent: false };
  // One resend per key, then absence is to be proven; where it never can be, as long as the key lives.
  const mayResend = sendsOfKey(operation) < sendsMax || contract.absenceFinalAfterMs === null;
  if (mayResend && operation.keyHorizon !== null && payment.now < operation.keyHorizon) {
    return { kind: 'resend', change: resendOperation(payment, operation) };
  }
  if (lookup.kind === 'not_supported') return { kind: 'look_again', absent: false };
  return final(payment.now, sendBy, operation.absences, contract);
}

function resendOperation(payment: PaymentState, operation: OperationState): Change {
  return {
    operations: {
      update: [
        {
          id: operation.id,
          fromStatus: operation.status,
          sentCount: operation.sentCount + 1,
          sendBy: payment.now + sendWithinMs,
          dueAt: payment.now + unansweredAfterMs + lookupDelayMs(operation.sentCount),
        },
      ],
    },
    timeline: [
      {
        actor: 'tender',
        kind: `${operation.kind}.resent`,
        evidence: {
          operation_id: operation.id,
          reason: 'absent by lookup, inside half the key life',
        },
      },
    ],
  };
}
