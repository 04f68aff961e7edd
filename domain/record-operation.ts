/** What a provider's outcome means for a capture, void or refund, and for its payment. */
import type { Change, FrozenAnswer, TimelineLine } from './change.ts';
import { isOpen } from './payment-state.ts';
import { failureEffect, successEffect, type OperationRecording } from './operation-effects.ts';
import type { PaymentStatus } from './payment.ts';
import type { Decline, ProviderEvidence, ProviderOutcome } from './provider.ts';
import { basisOf, checkAmount } from './recording.ts';
import { lookupDelayMs, resendDelayMs } from './timing.ts';

export function recordOperation(r: OperationRecording, answered: ProviderOutcome): Change | null {
  const { amount, kind } = r.operation;
  // A void gives back whatever is left by then; its amount is the provider's to say.
  const outcome =
    kind === 'void' ? answered : checkAmount(answered, { amount, currency: r.payment.currency });
  if (!isOpen(r.operation) || r.operation.status === 'requested') return null;
  switch (outcome.kind) {
    case 'approved':
      return recordSuccess(r, outcome.evidence, outcome.providerReference);
    case 'declined':
      if (r.operation.kind === 'void' && nothingIsHeld.includes(outcome.decline.code)) {
        return recordSuccess(r, outcome.evidence);
      }
      return recordFailure(r, outcome.decline, outcome.evidence);
    case 'not_sent':
      return recordNotSent(r, outcome.evidence);
    case 'pending':
      return recordOpen(r, 'pending', outcome.evidence);
    case 'requires_action':
    case 'unknown':
      return recordOpen(r, 'unknown', outcome.evidence);
  }
}

/** A void refused for one of these has what it wanted. */
const nothingIsHeld: readonly string[] = [
  'authorization_expired',
  'already_voided',
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
    entries: effect.entries,
    timeline: [line(r, 'succeeded', evidence), ...statusLines(r, effect.status, evidence)],
    events: effect.events.map((type) => ({ type, operationId: r.operation.id })),
    answers: successAnswers(r, effect.status),
  };
}

function statusLines(
  r: OperationRecording,
  status: PaymentStatus | undefined,
  evidence: ProviderEvidence,
): TimelineLine[] {
  if (status === undefined || status === r.payment.status) return [];
  return [
    {
      actor: 'tender',
      kind: `payment.${status}`,
      fromStatus: r.payment.status,
      toStatus: status,
      evidence: { operation_id: r.operation.id, ...evidence },
    },
  ];
}

function successAnswers(r: OperationRecording, status: PaymentStatus | undefined): FrozenAnswer[] {
  const own: FrozenAnswer = {
    awaitsId: r.operation.id,
    status: r.operation.kind === 'void' ? 200 : 201,
  };
  const canceled = r.payment.operations.find((o) => o.cause === 'cancel' && o.kind === 'void');
  const answers =
    r.operation.kind === 'refund' && r.operation.cause === 'cancel' && canceled
      ? [own, { awaitsId: canceled.id, status: 200 as const }]
      : [own];
  // An automatic capture or a void also makes the payment clear for whoever still waits for it.
  return status === undefined ? answers : [...answers, { awaitsId: r.payment.id, status: 201 }];
}

function recordFailure(
  r: OperationRecording,
  failure: Decline,
  evidence: ProviderEvidence,
): Change {
  const effect = failureEffect(r, failure, evidence);
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
    timeline: [line(r, 'failed', evidence), ...statusLines(r, effect.status, evidence)],
    events: [
      ...(kind === 'void' ? [] : [{ type: `${kind}.failed`, operationId: r.operation.id }]),
      ...effect.events.map((type) => ({ type, operationId: r.operation.id })),
    ],
    answers: [
      { awaitsId: r.operation.id, status: 402, code: `${kind}_declined` },
      ...(effect.status === undefined
        ? []
        : [{ awaitsId: r.payment.id, status: 402 as const, code: `${kind}_declined` }]),
    ],
  };
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

function recordOpen(
  r: OperationRecording,
  status: 'pending' | 'unknown',
  evidence: ProviderEvidence,
): Change {
  const first = r.operation.status !== status;
  return {
    operations: {
      update: [
        {
          id: r.operation.id,
          fromStatus: r.operation.status,
          status,
          lookups: r.operation.lookups + (first ? 0 : 1),
          dueAt: r.payment.now + lookupDelayMs(r.operation.lookups),
          basis: basisOf(evidence),
        },
      ],
    },
    timeline: first ? [line(r, status, evidence)] : [],
    events:
      first && status === 'unknown'
        ? [{ type: 'payment.in_doubt', operationId: r.operation.id }]
        : [],
  };
}
