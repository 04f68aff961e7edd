/**
 * Commit 3: what a provider's outcome means for the payment. One function per outcome; a definite
 * outcome is recorded once, `unknown` never overwrites it, and one that contradicts the record is a late
 * success, never dropped. Returns null when there is nothing new to write.
 */
import type { AttemptPatch, Basis, Change, PaymentPatch, TimelineLine } from './change.ts';
import { openVoid, type AttemptState, type PaymentState } from './payment-state.ts';
import type { AttemptStatus, PaymentStatus } from './payment.ts';
import { authorizationEntry, captureEntry, lateSuccessEntry } from './posting-rules.ts';
import type { Approved, ProviderContract, ProviderEvidence, ProviderOutcome } from './provider.ts';
import { actionWithinMs, attemptsMax, lookAgainAfterMs, lookupDelayMs } from './timing.ts';

export interface Recording {
  readonly payment: PaymentState;
  readonly attempt: AttemptState;
  readonly contract: ProviderContract;
  /** Made by the caller, since ids are random: of the capture or late operation, if one is needed. */
  readonly newOperationId: string;
}

const undecided: readonly AttemptStatus[] = ['submitting', 'pending', 'unknown', 'requires_action'];
const closedStatuses: readonly AttemptStatus[] = ['declined', 'not_sent', 'voided', 'expired'];

export function recordAttempt(r: Recording, outcome: ProviderOutcome): Change | null {
  if (undecided.includes(r.attempt.status)) return recordUndecided(r, outcome);
  if (outcome.kind === 'approved' && closedStatuses.includes(r.attempt.status)) {
    return recordLateSuccess(r, outcome);
  }
  return recordAgain(r, outcome);
}

function recordUndecided(r: Recording, outcome: ProviderOutcome): Change | null {
  switch (outcome.kind) {
    case 'approved':
      return outcome.captured ? recordSale(r, outcome) : recordAuthorized(r, outcome);
    case 'declined':
      return recordNo(r, 'declined', outcome.evidence, {
        decline: outcome.decline,
        ...(outcome.providerReference !== undefined && {
          providerReference: outcome.providerReference,
        }),
      });
    case 'not_sent':
      return recordNotSent(r, outcome.evidence);
    case 'requires_action':
      return recordAction(r, outcome);
    case 'pending':
    case 'unknown':
      return recordInDoubt(r, outcome);
  }
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

function attemptLine(r: Recording, to: AttemptStatus, evidence: ProviderEvidence): TimelineLine {
  return {
    actor: `provider:${evidence.provider}`,
    kind: `attempt.${to}`,
    fromStatus: r.attempt.status,
    toStatus: to,
    evidence: { attempt_id: r.attempt.id, ...evidence },
  };
}

function paymentLine(r: Recording, to: PaymentStatus, basis: Basis): TimelineLine {
  return {
    actor: 'tender',
    kind: `payment.${to}`,
    fromStatus: r.payment.status,
    toStatus: to,
    evidence: { ...basis, attempt_id: r.attempt.id },
  };
}

function patch(r: Recording, status: AttemptStatus, rest: Partial<AttemptPatch>): AttemptPatch {
  return { id: r.attempt.id, fromStatus: r.attempt.status, status, ...rest };
}

function recordSale(r: Recording, outcome: Approved): Change {
  const basis = basisOf(outcome.evidence);
  const amount = r.attempt.amount;
  return {
    payment: {
      status: 'captured',
      amountAuthorized: amount,
      statusBasis: basis,
      nextAction: null,
      lastDecline: null,
    },
    attempts: {
      update: [
        patch(r, 'authorized', {
          providerReference: outcome.providerReference,
          dueAt: null,
          basis,
        }),
      ],
    },
    operations: {
      insert: [
        {
          id: r.newOperationId,
          attemptId: r.attempt.id,
          kind: 'capture',
          cause: 'automatic',
          status: 'succeeded',
          amount,
          final: true,
          late: false,
          providerReference: outcome.providerReference,
          dueAt: null,
          basis,
          requestedBy: 'tender',
        },
      ],
    },
    entries: [captureEntry(r.payment, r.attempt, { id: r.newOperationId, amount })],
    timeline: [attemptLine(r, 'authorized', outcome.evidence), paymentLine(r, 'captured', basis)],
    events: [
      { type: 'payment.authorized' },
      { type: 'payment.captured', operationId: r.newOperationId },
    ],
    answers: [{ awaitsId: r.payment.id, status: 201 }],
  };
}

function recordAuthorized(r: Recording, outcome: Approved): Change {
  const basis = basisOf(outcome.evidence);
  const captureNow = r.payment.captureMethod === 'automatic' && openVoid(r.payment) === undefined;
  const status: PaymentStatus = captureNow ? 'processing' : 'requires_capture';
  const expiresAt = r.payment.now + r.contract.authorizationLifeMs;
  const payment: PaymentPatch = {
    status,
    amountAuthorized: r.attempt.amount,
    statusBasis: basis,
    nextAction: null,
    lastDecline: null,
  };
  return {
    payment,
    attempts: {
      update: [
        patch(r, 'authorized', {
          providerReference: outcome.providerReference,
          authorizationExpiresAt: expiresAt,
          dueAt: expiresAt,
          basis,
        }),
      ],
    },
    ...(captureNow && {
      operations: {
        insert: [
          {
            id: r.newOperationId,
            attemptId: r.attempt.id,
            kind: 'capture' as const,
            cause: 'automatic' as const,
            status: 'requested' as const,
            amount: r.attempt.amount,
            final: true,
            late: false,
            dueAt: r.payment.now,
            basis: { kind: 'rule' as const, detail: 'capture_method is automatic' },
            requestedBy: 'tender',
          },
        ],
      },
    }),
    entries: [authorizationEntry(r.payment, r.attempt)],
    timeline: [
      attemptLine(r, 'authorized', outcome.evidence),
      ...(captureNow ? [] : [paymentLine(r, status, basis)]),
    ],
    events: [{ type: 'payment.authorized' }],
    answers: captureNow ? [] : [{ awaitsId: r.payment.id, status: 201 }],
  };
}

/** A definite no of the provider: back to the shopper, or the end. */
export function recordNo(
  r: Recording,
  status: 'declined' | 'not_sent' | 'voided' | 'expired',
  evidence: ProviderEvidence,
  rest: Partial<AttemptPatch> = {},
): Change {
  const basis = basisOf(evidence);
  const cancel = openVoid(r.payment);
  const over =
    r.payment.attempts.length >= attemptsMax ||
    (r.payment.expiresAt !== null && r.payment.expiresAt <= r.payment.now);
  const next: PaymentStatus = cancel ? 'canceled' : over ? 'failed' : 'requires_payment_method';
  const decline = rest.decline ?? {
    code: 'not_completed',
    advice: 'retry_later' as const,
    providerCode: '',
  };
  return {
    payment: {
      status: next,
      statusBasis: basis,
      nextAction: null,
      ...(cancel ? { captureClosed: true } : { lastDecline: decline }),
    },
    attempts: { update: [patch(r, status, { dueAt: null, ...rest, basis })] },
    ...(cancel && {
      operations: {
        update: [
          {
            id: cancel.id,
            fromStatus: cancel.status,
            status: 'succeeded' as const,
            attemptId: r.attempt.id,
            dueAt: null,
            basis,
          },
        ],
      },
    }),
    timeline: [attemptLine(r, status, evidence), paymentLine(r, next, basis)],
    events: [{ type: cancel ? 'payment.canceled' : 'payment.failed' }],
    answers: [
      cancel
        ? { awaitsId: r.payment.id, status: 201 }
        : { awaitsId: r.payment.id, status: 402, code: 'payment_declined' },
      ...(cancel ? [{ awaitsId: cancel.id, status: 200 as const }] : []),
    ],
  };
}

/** Certain that nothing left us: the payment stays `processing`, and the next provider takes it. */
function recordNotSent(r: Recording, evidence: ProviderEvidence): Change {
  return failOver(r, 'not_sent', evidence);
}

/** A confirmed void, or a request that never left: the only two after which another may be tried. */
export function failOver(
  r: Recording,
  status: 'not_sent' | 'voided',
  evidence: ProviderEvidence,
): Change {
  return {
    payment: { status: 'processing', nextAction: null },
    attempts: {
      update: [
        patch(r, status, {
          basis: basisOf(evidence),
          dueAt: status === 'voided' ? r.payment.now + lookAgainAfterMs : null,
        }),
      ],
    },
    timeline: [attemptLine(r, status, evidence)],
  };
}

function recordAction(
  r: Recording,
  outcome: Extract<ProviderOutcome, { kind: 'requires_action' }>,
): Change | null {
  if (r.attempt.status === 'requires_action') return null;
  const basis = basisOf(outcome.evidence);
  const expiresAt = r.payment.now + actionWithinMs;
  return {
    payment: {
      status: 'requires_action',
      statusBasis: basis,
      nextAction: {
        type: 'redirect',
        url: outcome.redirectUrl,
        expiresAt: new Date(expiresAt).toISOString(),
      },
    },
    attempts: {
      update: [
        patch(r, 'requires_action', {
          providerReference: outcome.providerReference,
          redirectUrl: outcome.redirectUrl,
          dueAt: expiresAt,
          basis,
        }),
      ],
    },
    timeline: [
      attemptLine(r, 'requires_action', outcome.evidence),
      paymentLine(r, 'requires_action', basis),
    ],
    events: [{ type: 'payment.requires_action' }],
    answers: [{ awaitsId: r.payment.id, status: 201 }],
  };
}

function recordInDoubt(
  r: Recording,
  outcome: Extract<ProviderOutcome, { kind: 'pending' | 'unknown' }>,
): Change {
  const first = r.attempt.status !== outcome.kind;
  return {
    ...(first && { payment: { statusBasis: basisOf(outcome.evidence) } }),
    attempts: {
      update: [
        {
          id: r.attempt.id,
          fromStatus: r.attempt.status,
          // A shopper's page that cannot be looked up is still the shopper's page.
          ...(r.attempt.status !== 'requires_action' && { status: outcome.kind }),
          lookups: r.attempt.lookups + (first ? 0 : 1),
          dueAt: r.payment.now + lookupDelayMs(r.attempt.lookups),
          basis: basisOf(outcome.evidence),
        },
      ],
    },
    timeline: first ? [attemptLine(r, outcome.kind, outcome.evidence)] : [],
    events: first && outcome.kind === 'unknown' ? [{ type: 'payment.in_doubt' }] : [],
  };
}

/** Money that arrived after we had said no: booked to suspense and given back at once, everyone told. */
function recordLateSuccess(r: Recording, outcome: Approved): Change {
  const basis = basisOf(outcome.evidence);
  const sale = outcome.captured;
  return {
    payment: {},
    attempts: {
      update: [
        patch(r, 'late', { providerReference: outcome.providerReference, dueAt: null, basis }),
      ],
    },
    operations: {
      insert: [
        {
          id: r.newOperationId,
          attemptId: r.attempt.id,
          kind: sale ? 'refund' : 'void',
          cause: 'late_success',
          status: 'requested',
          amount: r.attempt.amount,
          final: true,
          late: true,
          reason: 'late_success',
          dueAt: r.payment.now,
          basis,
          requestedBy: 'tender',
        },
      ],
    },
    entries: [lateSuccessEntry(r.payment, { ...r.attempt, kind: sale ? 'sale' : 'authorize' })],
    timeline: [attemptLine(r, 'late', outcome.evidence)],
    events: [{ type: 'payment.late_success', operationId: r.newOperationId }],
  };
}

/** Decided before. A repeat clears the reason to look; anything else is kept as a contradiction. */
function recordAgain(r: Recording, outcome: ProviderOutcome): Change | null {
  const agrees =
    outcome.kind === 'unknown' ||
    outcome.kind === 'pending' ||
    (outcome.kind === 'approved') === ['authorized', 'voiding', 'late'].includes(r.attempt.status);
  const looking = r.attempt.dueAt !== null && r.attempt.dueAt <= r.payment.now;
  const answered = outcome.kind !== 'unknown' && outcome.kind !== 'pending';
  const dueAgain = answered
    ? r.attempt.authorizationExpiresAt
    : r.payment.now + lookupDelayMs(r.attempt.lookups);
  if (agrees && !looking) return null;
  return {
    attempts: {
      update: [
        {
          id: r.attempt.id,
          fromStatus: r.attempt.status,
          ...(looking && {
            dueAt: r.attempt.status === 'authorized' || !answered ? dueAgain : null,
            lookups: r.attempt.lookups + 1,
          }),
        },
      ],
    },
    timeline: agrees
      ? []
      : [
          {
            actor: `provider:${outcome.evidence.provider}`,
            kind: 'attempt.contradicted',
            evidence: { attempt_id: r.attempt.id, outcome: outcome.kind, ...outcome.evidence },
          },
        ],
  };
}
