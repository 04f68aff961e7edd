/** What a provider's outcome means for a capture, void or refund, and for its payment. */
import type { AttemptPatch, Change, FrozenAnswer, PaymentPatch, TimelineLine } from './change.ts';
import {
  isOpen,
  type AttemptState,
  type OperationState,
  type PaymentState,
} from './payment-state.ts';
import type { PaymentStatus } from './payment.ts';
import {
  captureEntry,
  lateSuccessReturnedEntry,
  refundEntry,
  releaseEntry,
  type JournalEntry,
} from './posting-rules.ts';
import type { Decline, ProviderEvidence, ProviderOutcome } from './provider.ts';
import { basisOf } from './record-attempt.ts';
import { lookupDelayMs, resendDelayMs } from './timing.ts';

export interface OperationRecording {
  readonly payment: PaymentState;
  readonly operation: OperationState;
  readonly attempt: AttemptState;
}

export function recordOperation(r: OperationRecording, outcome: ProviderOutcome): Change | null {
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

interface Effect {
  readonly payment: PaymentPatch;
  readonly attempt?: AttemptPatch;
  readonly entries: readonly JournalEntry[];
  readonly status?: PaymentStatus;
  readonly events: readonly string[];
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

function successEffect(r: OperationRecording, evidence: ProviderEvidence): Effect {
  if (r.operation.late) return lateEffect(r);
  switch (r.operation.kind) {
    case 'capture':
      return captureEffect(r);
    case 'refund':
      return {
        payment: {},
        entries: [refundEntry(r.payment, r.attempt, r.operation)],
        events: ['refund.succeeded'],
      };
    case 'void':
      return voidEffect(r, evidence);
  }
}

function lateEffect(r: OperationRecording): Effect {
  return {
    payment: {},
    attempt: { id: r.attempt.id, fromStatus: 'late', status: 'voided' },
    entries: [
      lateSuccessReturnedEntry(
        r.payment,
        { ...r.attempt, kind: r.operation.kind === 'refund' ? 'sale' : 'authorize' },
        r.operation,
      ),
    ],
    events: r.operation.kind === 'refund' ? ['refund.succeeded'] : [],
  };
}

function otherOpenCaptures(r: OperationRecording): bigint {
  return r.payment.operations
    .filter((o) => o.kind === 'capture' && o.id !== r.operation.id && isOpen(o))
    .reduce((sum, o) => sum + o.amount, 0n);
}

function captureEffect(r: OperationRecording): Effect {
  const { payment, operation, attempt } = r;
  const captured = payment.amountCaptured + operation.amount;
  const others = otherOpenCaptures(r);
  const closed = operation.final || payment.captureClosed || captured === payment.amountAuthorized;
  // The final capture gives back what is neither captured nor on its way to be.
  const released =
    closed && !payment.captureClosed
      ? payment.amountAuthorized - payment.amountCaptured - others
      : operation.amount;
  const status = closed && others === 0n ? 'captured' : 'partially_captured';
  return {
    payment: { captureClosed: closed },
    entries: [
      releaseEntry(payment, attempt, released, operation.id),
      captureEntry(payment, attempt, operation),
    ],
    status,
    events: [status === 'captured' ? 'payment.captured' : 'payment.partially_captured'],
  };
}

function voidEffect(r: OperationRecording, evidence: ProviderEvidence): Effect {
  const { payment, operation, attempt } = r;
  const held = payment.amountAuthorized - payment.amountCaptured;
  const entries =
    attempt.status === 'authorized' && held > 0n && !payment.captureClosed
      ? [releaseEntry(payment, attempt, held, operation.id)]
      : [];
  if (payment.amountCaptured > 0n) {
    return {
      payment: { captureClosed: true },
      entries,
      status: 'captured',
      events: ['payment.captured'],
    };
  }
  const expired = operation.cause === 'expiry';
  const status: PaymentStatus = expired ? 'expired' : 'canceled';
  return {
    payment: { captureClosed: true, nextAction: null },
    attempt: {
      id: attempt.id,
      fromStatus: attempt.status,
      status: expired ? 'expired' : 'voided',
      dueAt: null,
      basis: basisOf(evidence),
    },
    entries,
    status,
    events: [`payment.${status}`],
  };
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

function failureEffect(
  r: OperationRecording,
  failure: Decline,
  evidence: ProviderEvidence,
): Effect {
  const { payment, operation, attempt } = r;
  if (operation.kind !== 'capture' || operation.late)
    return { payment: {}, entries: [], events: [] };
  const others = otherOpenCaptures(r);
  if (failure.code === 'authorization_expired' && others === 0n && !payment.captureClosed) {
    const held = payment.amountAuthorized - payment.amountCaptured;
    const status: PaymentStatus = payment.amountCaptured > 0n ? 'captured' : 'expired';
    return {
      payment: { captureClosed: true },
      ...(status === 'expired' && {
        attempt: {
          id: attempt.id,
          fromStatus: attempt.status,
          status: 'expired' as const,
          dueAt: null,
          basis: basisOf(evidence),
        },
      }),
      entries: [releaseEntry(payment, attempt, held, operation.id)],
      status,
      events: [`payment.${status}`],
    };
  }
  // Behind a final capture nothing will use this part of the authorization any more.
  if (payment.captureClosed) {
    return {
      payment: {},
      entries: [releaseEntry(payment, attempt, operation.amount, operation.id)],
      ...(others === 0n && payment.amountCaptured > 0n && { status: 'captured' as const }),
      events: [],
    };
  }
  return {
    payment: {},
    entries: [],
    ...(payment.status === 'processing' && { status: 'requires_capture' as const }),
    events: [],
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
