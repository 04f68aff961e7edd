/** What a provider's outcome means for a capture, void or refund, and for its payment. */
import type { Change, FrozenAnswer, TimelineLine } from './change.ts';
import { isOpen, type OperationState, type PaymentState } from './payment-state.ts';
import { failureEffect, successEffect, type OperationRecording } from './operation-effects.ts';
import type { PaymentStatus } from './payment.ts';
import type { Decline, LookupResult, ProviderEvidence, ProviderOutcome } from './provider.ts';
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
      // The provider has it: that some other call never left changes nothing.
      if (r.operation.status === 'pending') return null;
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
  const answers = [own, ...keptCancel(r).map((id) => ({ awaitsId: id, status: 200 as const }))];
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

/** A cancel that became a refund is answered by what becomes of the refund. */
function keptCancel(r: OperationRecording): readonly string[] {
  if (r.operation.kind !== 'refund' || r.operation.cause !== 'cancel') return [];
  return r.payment.operations
    .filter((o) => o.kind === 'void' && o.cause === 'cancel')
    .map((o) => o.id);
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
  const outcome = lookup.kind === 'found' ? lookup.outcome : null;
  const silent = lookup.kind === 'no_answer' || outcome?.kind === 'unknown';
  const said = outcome?.kind === 'approved' ? 'succeeded' : 'failed';
  const contradicts =
    !silent && said !== status && !(lookup.kind === 'absent' && status === 'failed');
  const evidence = lookup.kind === 'found' ? lookup.outcome.evidence : lookup.evidence;
  return {
    operations: {
      update: [
        {
          id,
          fromStatus: status,
          lookups: lookups + 1,
          dueAt: silent ? payment.now + lookupDelayMs(lookups) : null,
        },
      ],
    },
    timeline: contradicts
      ? [
          {
            actor: `provider:${evidence.provider}`,
            kind: `${operation.kind}.contradicted`,
            evidence: { operation_id: id, recorded: status, said, ...evidence },
          },
        ]
      : [],
  };
}
