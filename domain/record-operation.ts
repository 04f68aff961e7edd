/** What a provider's outcome means for a capture, void or refund, and for its payment. */
import type { Change, FrozenAnswer, TimelineLine } from './change.ts';
import { parkOperation } from './parking.ts';
import { isOpen } from './payment-state.ts';
import {
  failureEffect,
  successEffect,
  type Effect,
  type OperationRecording,
} from './operation-effects.ts';
import { namedFailure } from './expiry.ts';
import { recordContradiction } from './record-closed-operation.ts';
import { notReturned, returned } from './record-late-fact.ts';
import { sendsOfKey } from './submit-operation.ts';
import type { PaymentStatus } from './payment.ts';
import type { Decline, ProviderEvidence, ProviderOutcome } from './provider.ts';
import { basisOf, checkAmount } from './recording.ts';
import { isRefundOfCapture, refundAcknowledged } from './refund-entries.ts';
import { nextLookMs, resendDelayMs } from './timing.ts';

export function recordOperation(r: OperationRecording, answered: ProviderOutcome): Change | null {
  const { amount, kind } = r.operation;
  // A void gives back whatever is left by then; its amount is the provider's to say.
  const outcome =
    kind === 'void' ? answered : checkAmount(answered, { amount, currency: r.payment.currency });
  const { status } = r.operation;
  if (!isOpen(r.operation)) return recordContradiction(r, answered.kind, outcome.evidence);
  if (status === 'requires_approval') return null;
  // It waits to be asked again, and now it is done: a yes is never dropped.
  if (status === 'requested' && (outcome.kind !== 'approved' || r.operation.sentCount === 0)) {
    return null;
  }
  switch (outcome.kind) {
    case 'approved':
      return recordSuccess(r, outcome.evidence, outcome.providerReference);
    case 'declined':
      if (r.operation.kind === 'void' && nothingIsHeld.includes(outcome.decline.code)) {
        return recordSuccess(r, outcome.evidence);
      }
      // Of two sends one was refused: what became of the other is for a lookup to say.
      if (sendsOfKey(r.operation) > 1 && outcome.evidence.kind === 'provider_reply') {
        return recordOpen(r, 'unknown', outcome.evidence);
      }
      if (finishedMeanwhile(r, outcome.decline)) return recordBehindPage(r, outcome.evidence);
      return recordFailure(r, outcome.decline, outcome.evidence);
    case 'not_sent':
      // That one call never left says nothing of another with the same key, or of what the provider has.
      if (status === 'pending' || sendsOfKey(r.operation) > 1) return null;
      return recordNotSent(r, outcome.evidence);
    case 'pending':
      return recordOpen(r, 'pending', outcome.evidence, outcome.providerReference);
    case 'requires_action':
      return recordOpen(r, 'unknown', outcome.evidence);
    case 'unknown':
      return recordOpen(r, 'unknown', outcome.evidence, undefined, outcome.retryAfterMs);
  }
}

/** A void refused for one of these has what it wanted. */
const nothingIsHeld: readonly string[] = [
  'authorization_expired',
  'already_voided',
  'authorization_declined',
  'reference_voided',
];

function line(r: OperationRecording, to: string, evidence: ProviderEvidence): TimelineLine {
  return {
    actor: `provider:${evidence.provider}`,
    kind: `${r.operation.kind}.${to}`,
    fromStatus: r.operation.status,
    toStatus: to,
    evidence: { operation_id: r.operation.id, ...evidence },
  };
}

function recordSuccess(
  r: OperationRecording,
  evidence: ProviderEvidence,
  providerReference?: string,
): Change {
  const effect = successEffect(r, evidence);
  return {
    payment: {
      ...effect.payment,
      ...(effect.status && { status: effect.status, statusBasis: basisOf(evidence) }),
    },
    ...(effect.attempt && { attempts: { update: [effect.attempt] } }),
    operations: {
      update: [
        {
          id: r.operation.id,
          fromStatus: r.operation.status,
          status: 'succeeded',
          ...(providerReference !== undefined && { providerReference }),
          dueAt: null,
          basis: basisOf(evidence),
        },
      ],
    },
    ...(effect.disputes && { disputes: effect.disputes }),
    entries: effect.entries,
    timeline: [line(r, 'succeeded', evidence), ...moveLines(r, effect, evidence)],
    events: effect.events.map((type) => ({ type, operationId: r.operation.id })),
    answers: successAnswers(r, effect.status),
    closes: returned(r.payment, r.operation, evidence),
  };
}

/** One line for each other status that moves with the operation's (promise P7). */
function moveLines(
  r: OperationRecording,
  effect: Effect,
  evidence: ProviderEvidence,
): TimelineLine[] {
  const { attempt, status } = effect;
  const because = { operation_id: r.operation.id, ...evidence };
  const lines: TimelineLine[] = [];
  if (attempt?.status !== undefined && attempt.status !== attempt.fromStatus) {
    lines.push({
      actor: `provider:${evidence.provider}`,
      kind: `attempt.${attempt.status}`,
      fromStatus: attempt.fromStatus,
      toStatus: attempt.status,
      evidence: { attempt_id: attempt.id, ...because },
    });
  }
  if (status !== undefined && status !== r.payment.status) {
    lines.push({
      actor: 'tender',
      kind: `payment.${status}`,
      fromStatus: r.payment.status,
      toStatus: status,
      evidence: because,
    });
  }
  return lines;
}

function successAnswers(r: OperationRecording, status: PaymentStatus | undefined): FrozenAnswer[] {
  const own: FrozenAnswer = {
    awaitsId: r.operation.id,
    status: r.operation.kind === 'void' ? 200 : 201,
  };
  const answers = [own, ...keptCancel(r).map((id) => ({ awaitsId: id, status: 200 as const }))];
  // An automatic capture or a void also makes the payment clear for whoever still waits for it.
  return status === undefined ? answers : [...answers, { awaitsId: r.payment.id, status: 201 }];
}

function recordFailure(r: OperationRecording, told: Decline, evidence: ProviderEvidence): Change {
  const failure = namedFailure(r, told);
  // Where the word "expired" is ours, what the provider answers to the expiry is the evidence.
  const effect = failureEffect(r, told, evidence);
  const kind = r.operation.kind;
  return {
    payment: {
      ...effect.payment,
      ...(effect.status && { status: effect.status, statusBasis: basisOf(evidence) }),
    },
    ...(effect.attempt && { attempts: { update: [effect.attempt] } }),
    operations: {
      update: [
        {
          id: r.operation.id,
          fromStatus: r.operation.status,
          status: 'failed',
          failure,
          dueAt: null,
          basis: basisOf(evidence),
        },
      ],
    },
    entries: effect.entries,
    ...notReturned(r.attempt.id, r.operation, failure.code, evidence),
    timeline: [line(r, 'failed', evidence), ...moveLines(r, effect, evidence)],
    events: [
      ...(kind === 'void' ? [] : [{ type: `${kind}.failed`, operationId: r.operation.id }]),
      ...effect.events.map((type) => ({ type, operationId: r.operation.id })),
    ],
    answers: [
      { awaitsId: r.operation.id, status: 402, code: `${kind}_declined` },
      ...keptCancel(r).map((id) => ({
        awaitsId: id,
        status: 402 as const,
        code: `${kind}_declined`,
      })),
      ...(effect.status === undefined
        ? []
        : [{ awaitsId: r.payment.id, status: 402 as const, code: `${kind}_declined` }]),
    ],
  };
}

/** The shopper finished the page between our last look and the void: first learn what came of it. */
function finishedMeanwhile({ operation, attempt }: OperationRecording, decline: Decline): boolean {
  return (
    operation.kind === 'void' &&
    operation.status !== 'pending' &&
    attempt.status === 'requires_action' &&
    decline.code === 'already_captured'
  );
}

function recordBehindPage(r: OperationRecording, evidence: ProviderEvidence): Change {
  const { attempt, payment } = r;
  return {
    ...recordNotSent(r, evidence),
    attempts: { update: [{ id: attempt.id, fromStatus: attempt.status, dueAt: payment.now }] },
  };
}

/** Absent for good: what was accepted is still to be done, and will be asked for under a new key. */
export function recordAbsent(r: OperationRecording, evidence: ProviderEvidence): Change | null {
  // What was acknowledged (`pending`) cannot be proven absent, also when it is in doubt since.
  const open =
    r.operation.providerReference === null &&
    (r.operation.status === 'submitting' || r.operation.status === 'unknown');
  return open ? recordNotSent(r, evidence) : null;
}

function recordNotSent(r: OperationRecording, evidence: ProviderEvidence): Change {
  return {
    operations: {
      update: [
        {
          id: r.operation.id,
          fromStatus: r.operation.status,
          status: 'requested',
          dueAt: r.payment.now + resendDelayMs(r.operation.sentCount),
          lookups: 0,
          absences: 0,
          basis: basisOf(evidence),
        },
      ],
    },
    timeline: [line(r, 'requested', evidence)],
  };
}

/** Found absent, and then in a settlement file, but not as it was asked for: in doubt again, and not sent. */
export function heldBack(r: OperationRecording, evidence: ProviderEvidence): Change {
  const { id, amount } = r.operation;
  const about = { attemptId: r.attempt.id, operationId: id, amount };
  return {
    ...recordOpen(r, 'unknown', evidence),
    cases: [
      { kind: 'contradiction', ...about, reason: 'listed_otherwise', evidence: { ...evidence } },
    ],
  };
}

function recordOpen(
  r: OperationRecording,
  status: 'pending' | 'unknown',
  evidence: ProviderEvidence,
  acknowledgedAs?: string,
  retryAfterMs?: number,
): Change {
  const first = r.operation.status !== status;
  const acknowledged = acknowledgedAs !== undefined && r.operation.providerReference === null;
  const parking = parkOperation(r.payment, r.operation, { said: 'found', evidence });
  return {
    operations: {
      update: [
        {
          id: r.operation.id,
          fromStatus: r.operation.status,
          status,
          lookups: r.operation.lookups + (first ? 0 : 1),
          ...(acknowledged && { providerReference: acknowledgedAs }),
          dueAt: r.payment.now + nextLookMs(r.operation.lookups, retryAfterMs),
          ...(!first && parking.patch),
          basis: basisOf(evidence),
        },
      ],
    },
    ...(acknowledged && isRefundOfCapture(r.operation) && { entries: refundAcknowledged(r) }),
    timeline: first ? [line(r, status, evidence)] : parking.timeline,
    cases: first ? [] : parking.cases,
    events:
      first && status === 'unknown'
        ? [{ type: 'payment.in_doubt', operationId: r.operation.id }]
        : [],
  };
}

/** A cancel that became a refund is answered by what becomes of the refund. */
function keptCancel(r: OperationRecording): readonly string[] {
  if (r.operation.kind !== 'refund' || r.operation.cause !== 'cancel') return [];
  return r.payment.operations
    .filter((o) => o.kind === 'void' && o.cause === 'cancel')
    .map((o) => o.id);
}
