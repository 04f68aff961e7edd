/** Commit 3 when nothing was taken: a definite no, a request that never left, a confirmed void. */
import type { AttemptPatch, Change } from './change.ts';
import { dueWhenOver, openVoid } from './payment-state.ts';
import type { PaymentStatus } from './payment.ts';
import { mayFailOver } from './failover.ts';
import { release } from './hold.ts';
import type { ProviderEvidence, ProviderOutcome } from './provider.ts';
import { isReauthorizing, reauthorized } from './reauthorization.ts';
import { attemptLine, basisOf, patchAttempt, paymentLine, type Recording } from './recording.ts';
import { voidLine } from './submit-operation.ts';
import { attemptsMax, lookAgainAfterMs } from './timing.ts';

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
  const again = isReauthorizing(r.payment);
  const back: PaymentStatus = over ? 'failed' : 'requires_payment_method';
  // What had expired is as it was before it was asked for again.
  const next: PaymentStatus = cancel ? 'canceled' : again ? 'expired' : back;
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
      ...reauthorized(r.payment, false),
      ...(cancel ? { captureClosed: true } : { lastDecline: decline }),
    },
    attempts: {
      update: [patchAttempt(r, status, { dueAt: dueWhenOver(r.payment), ...rest, basis })],
    },
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
    timeline: [
      attemptLine(r, status, evidence),
      ...(cancel ? [voidLine(cancel, basis)] : []),
      paymentLine(r, next, basis),
    ],
    events: [{ type: cancel ? 'payment.canceled' : again ? 'payment.expired' : 'payment.failed' }],
    answers: [
      cancel
        ? { awaitsId: r.payment.id, status: 201 }
        : { awaitsId: r.payment.id, status: 402, code: 'payment_declined' },
      ...(cancel ? [{ awaitsId: cancel.id, status: 200 as const }] : []),
    ],
  };
}

/** A soft decline goes on to the next provider, any other one back to the shopper. */
export function recordDeclined(
  r: Recording,
  outcome: Extract<ProviderOutcome, { kind: 'declined' }>,
): Change {
  const { decline, evidence, providerReference } = outcome;
  const rest = { decline, ...(providerReference !== undefined && { providerReference }) };
  return mayFailOver(r, decline)
    ? failOver(r, 'declined', evidence, rest)
    : recordNo(r, 'declined', evidence, rest);
}

/**
 * A confirmed void, a request that never left, a soft decline: the only three after which another may be
 * tried. The payment stays `processing`, and whoever is routed to next takes it.
 */
export function failOver(
  r: Recording,
  status: 'not_sent' | 'voided' | 'declined',
  evidence: ProviderEvidence,
  rest: Partial<AttemptPatch> = {},
): Change {
  return {
    payment: { status: 'processing', nextAction: null },
    attempts: {
      update: [
        patchAttempt(r, status, {
          ...rest,
          basis: basisOf(evidence),
          dueAt: status === 'voided' ? r.payment.now + lookAgainAfterMs : null,
        }),
      ],
    },
    timeline: [attemptLine(r, status, evidence)],
  };
}

/**
 * The void by reference was confirmed, but meanwhile somebody had recorded a yes: the provider holds
 * nothing any more, so neither do we. What is already being captured is left to the provider's no.
 */
export function recordFenced(r: Recording, evidence: ProviderEvidence): Change | null {
  const { payment, attempt } = r;
  const inUse = payment.captureReserved > 0n || payment.voidOpen || payment.captureClosed;
  if (payment.amountCaptured > 0n || inUse) return null;
  const basis = basisOf(evidence);
  return {
    payment: { status: 'canceled', statusBasis: basis, captureClosed: true, nextAction: null },
    attempts: { update: [patchAttempt(r, 'voided', { dueAt: null, basis })] },
    entries: [release(payment, attempt, payment.amountAuthorized, `${attempt.id}/fenced`)],
    timeline: [attemptLine(r, 'voided', evidence), paymentLine(r, 'canceled', basis)],
    events: [{ type: 'payment.canceled' }],
    answers: [{ awaitsId: payment.id, status: 201 }],
  };
}
