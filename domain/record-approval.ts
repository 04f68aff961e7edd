/** Commit 3 when the provider said yes: in time, or after we had said no. */
import type { Change, PaymentPatch } from './change.ts';
import { mayBeTakenBack, openVoid } from './payment-state.ts';
import type { PaymentStatus } from './payment.ts';
import { authorizationEntry } from './posting-rules/authorization.ts';
import { captureEntry } from './posting-rules/capture.ts';
import { lateSuccessEntry } from './posting-rules/suspense.ts';
import { authorizationLifeMs } from './provider-contract.ts';
import { reauthorized } from './reauthorization.ts';
import type { Approved } from './provider.ts';
import { attemptLine, basisOf, patchAttempt, paymentLine, type Recording } from './recording.ts';
import { debitLookMs } from './timing.ts';

/** One call that authorized and captured: an attempt plus a capture, with one evidence. */
export function recordSale(r: Recording, outcome: Approved): Change {
  const basis = basisOf(outcome.evidence);
  const amount = r.attempt.amount;
  return {
    payment: {
      status: 'captured',
      amountAuthorized: amount,
      ...reauthorized(r.payment, true),
      paymentMethod: { ...r.payment.paymentMethod, ...outcome.card },
      statusBasis: basis,
      nextAction: null,
      lastDecline: null,
    },
    attempts: {
      update: [
        patchAttempt(r, 'authorized', {
          providerReference: outcome.providerReference,
          dueAt: mayBeTakenBack(r.payment, r.attempt) ? r.payment.now + debitLookMs : null,
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

export function recordAuthorized(r: Recording, outcome: Approved): Change {
  const basis = basisOf(outcome.evidence);
  if (r.attempt.amount === 0n) return recordSetUp(r, outcome);
  const isAutomatic = r.payment.captureMethod === 'automatic' && openVoid(r.payment) === undefined;
  const captureNow = isAutomatic && !r.attempt.held;
  const status: PaymentStatus = captureNow ? 'processing' : 'requires_capture';
  const lifeMs = authorizationLifeMs(r.contract, outcome.card?.brand);
  const expiresAt = r.payment.now + lifeMs;
  const payment: PaymentPatch = {
    status,
    amountAuthorized: r.attempt.amount,
    ...reauthorized(r.payment, true),
    paymentMethod: { ...r.payment.paymentMethod, ...outcome.card },
    statusBasis: basis,
    nextAction: null,
    lastDecline: null,
  };
  return {
    payment,
    attempts: {
      update: [
        patchAttempt(r, 'authorized', {
          providerReference: outcome.providerReference,
          expiresAt: expiresAt,
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
    ...(r.attempt.held && { review: { kind: 'open', attemptNumber: r.attempt.number } as const }),
    entries: [authorizationEntry(r.payment, r.attempt, lifeMs)],
    timeline: [
      attemptLine(r, 'authorized', outcome.evidence),
      ...(status === r.payment.status ? [] : [paymentLine(r, status, basis)]),
    ],
    events: [{ type: 'payment.authorized' }],
    answers: captureNow ? [] : [{ awaitsId: r.payment.id, status: 201 }],
  };
}

/** A card set up for later: the issuer knows it, nothing is held and nothing can be captured. */
function recordSetUp(r: Recording, outcome: Approved): Change {
  const basis = basisOf(outcome.evidence);
  return {
    payment: {
      status: 'captured',
      captureClosed: true,
      paymentMethod: { ...r.payment.paymentMethod, ...outcome.card },
      statusBasis: basis,
      nextAction: null,
      lastDecline: null,
    },
    attempts: {
      update: [
        patchAttempt(r, 'authorized', {
          providerReference: outcome.providerReference,
          dueAt: null,
          basis,
        }),
      ],
    },
    timeline: [attemptLine(r, 'authorized', outcome.evidence), paymentLine(r, 'captured', basis)],
    events: [{ type: 'payment.authorized' }, { type: 'payment.captured' }],
    answers: [{ awaitsId: r.payment.id, status: 201 }],
  };
}

/** Money that arrived after we had said no: booked to suspense and given back at once, everyone told. */
export function recordLateSuccess(r: Recording, outcome: Approved): Change {
  const basis = basisOf(outcome.evidence);
  if (r.attempt.amount === 0n) return recordLateSetUp(r, outcome);
  const sale = outcome.captured;
  const operationId = sale ? r.newOperationId.replace(/^op_/, 'ref_') : r.newOperationId;
  return {
    payment: {},
    attempts: {
      update: [
        patchAttempt(r, 'late', {
          providerReference: outcome.providerReference,
          dueAt: null,
          basis,
        }),
      ],
    },
    operations: {
      insert: [
        {
          id: operationId,
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
    events: [{ type: 'payment.late_success', operationId }],
  };
}

/** It would have been set up after all: there is nothing to give back, only something to know. */
function recordLateSetUp(r: Recording, outcome: Approved): Change {
  const { providerReference, evidence } = outcome;
  const basis = basisOf(evidence);
  return {
    payment: {},
    attempts: { update: [patchAttempt(r, 'late', { providerReference, dueAt: null, basis })] },
    timeline: [attemptLine(r, 'late', evidence)],
    events: [{ type: 'payment.late_success' }],
  };
}
