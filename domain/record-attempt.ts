/**
 * Commit 3: what a provider's outcome means for the payment. A definite outcome is recorded once,
 * `unknown` never overwrites it, and one that contradicts the record is a late success, never dropped.
 */
import type { Change, TimelineLine } from './change.ts';
import { mayBeTakenBack, type AttemptState, type PaymentState } from './payment-state.ts';
import type { AttemptStatus } from './payment.ts';
import type { ProviderOutcome } from './provider.ts';
import { parkAttempt } from './parking.ts';
import { wasAuthorized } from './reauthorization.ts';
import { recordAuthorized, recordLateSuccess, recordSale } from './record-approval.ts';
import { recordAuthorizationOver, recordLateFailure } from './record-late-failure.ts';
import { failOver, recordDeclined } from './record-no.ts';
import {
  attemptLine,
  basisOf,
  checkAmount,
  patchAttempt,
  paymentLine,
  type Recording,
} from './recording.ts';
import {
  actionWithinMs,
  debitLookMs,
  lookupDelayMs,
  nextLookMs,
  retryExpiryMs,
  transferLookMs,
  transferWithinMs,
} from './timing.ts';

const undecided: readonly AttemptStatus[] = ['submitting', 'pending', 'unknown', 'requires_action'];
const closedStatuses: readonly AttemptStatus[] = ['declined', 'not_sent', 'voided', 'expired'];

/** Null: nothing new to write. */
export function recordAttempt(r: Recording, answered: ProviderOutcome): Change | null {
  const { amount } = r.attempt;
  const outcome = checkAmount(answered, { amount, currency: r.payment.currency });
  if (undecided.includes(r.attempt.status)) return recordUndecided(r, outcome);
  if (answered.kind === 'approved' && outcome.kind === 'unknown') return recordMismatch(r, outcome);
  const isNews = !givenBack(r) && !isOldNews(r, outcome);
  if (outcome.kind === 'approved' && closedStatuses.includes(r.attempt.status) && isNews) {
    // A reply may be as old as its request: what is true now is for a lookup to say.
    if (outcome.evidence.kind === 'provider_reply') return lookNow(r, outcome);
    return recordLateSuccess(r, outcome);
  }
  return recordAgain(r, outcome);
}

function recordUndecided(r: Recording, outcome: ProviderOutcome): Change | null {
  switch (outcome.kind) {
    case 'approved':
      return outcome.captured ? recordSale(r, outcome) : recordAuthorized(r, outcome);
    case 'declined':
      // Of two sends one was declined: what became of the other is for a lookup to say.
      return r.attempt.sentCount > 1 && outcome.evidence.kind === 'provider_reply'
        ? recordInDoubt(r, { kind: 'unknown', evidence: outcome.evidence })
        : recordDeclined(r, outcome);
    case 'not_sent':
      // Said of the first send only; after a resend it proves nothing, and a page was certainly reached.
      if (r.attempt.sentCount > 1 || !['submitting', 'unknown'].includes(r.attempt.status)) {
        return null;
      }
      // The payment stays `processing`, and the next provider takes it.
      return failOver(r, 'not_sent', outcome.evidence);
    case 'requires_action':
      return recordAction(r, outcome);
    case 'pending':
    case 'unknown':
      // A page that cannot be looked up is still the shopper's page.
      return r.attempt.status === 'requires_action' && outcome.kind === 'unknown'
        ? recordStillOpen(r)
        : recordInDoubt(r, outcome);
  }
}

function recordAction(
  r: Recording,
  outcome: Extract<ProviderOutcome, { kind: 'requires_action' }>,
): Change | null {
  if (r.attempt.status === 'requires_action') return recordStillOpen(r);
  const basis = basisOf(outcome.evidence);
  const isTransfer = outcome.action.type === 'bank_instructions';
  const expiresAt = r.payment.now + (isTransfer ? transferWithinMs : actionWithinMs);
  const dueAt = isTransfer ? r.payment.now + transferLookMs : expiresAt;
  return {
    payment: {
      status: 'requires_action',
      statusBasis: basis,
      nextAction: { ...outcome.action, expiresAt: new Date(expiresAt).toISOString() },
    },
    attempts: {
      update: [
        patchAttempt(r, 'requires_action', {
          providerReference: outcome.providerReference,
          redirectUrl: 'url' in outcome.action ? outcome.action.url : null,
          expiresAt,
          dueAt,
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

/** Somebody came back from the page before finishing it, or a webhook was early. */
function recordStillOpen(r: Recording): Change | null {
  if (r.attempt.dueAt === null || r.attempt.dueAt > r.payment.now) return null;
  const { id, lookups, expiresAt } = r.attempt;
  const until = expiresAt !== null && expiresAt > r.payment.now ? expiresAt : Infinity;
  const dueAt = Math.min(until, r.payment.now + lookupDelayMs(lookups + 2));
  return {
    attempts: {
      update: [{ id, fromStatus: 'requires_action', lookups: lookups + 1, dueAt }],
    },
    timeline: [],
  };
}

function recordInDoubt(
  r: Recording,
  outcome: Extract<ProviderOutcome, { kind: 'pending' | 'unknown' }>,
): Change {
  const first = r.attempt.status !== outcome.kind;
  const looked = { said: 'found', evidence: outcome.evidence } as const;
  const parking = parkAttempt(r.payment, r.attempt, looked);
  const { retryAfterMs } = outcome.kind === 'unknown' ? outcome : {};
  const acknowledged = outcome.kind === 'pending' && r.attempt.providerReference === null;
  return {
    ...(first && {
      payment: {
        statusBasis: basisOf(outcome.evidence),
        // The page is done with: from here on it is the provider's turn.
        ...(r.payment.status === 'requires_action' && {
          status: 'processing' as const,
          nextAction: null,
        }),
      },
    }),
    attempts: {
      update: [
        {
          id: r.attempt.id,
          fromStatus: r.attempt.status,
          status: outcome.kind,
          lookups: r.attempt.lookups + (first ? 0 : 1),
          // Kept: what was acknowledged cannot be proven absent, also when it is in doubt since.
          ...(acknowledged && { providerReference: outcome.providerReference }),
          dueAt: r.payment.now + nextLookMs(r.attempt.lookups, retryAfterMs),
          ...(!first && parking.patch),
          basis: basisOf(outcome.evidence),
        },
      ],
    },
    timeline: first
      ? [
          attemptLine(r, outcome.kind, outcome.evidence),
          ...(r.payment.status === 'requires_action'
            ? [paymentLine(r, 'processing', basisOf(outcome.evidence))]
            : []),
        ]
      : parking.timeline,
    cases: first ? [] : parking.cases,
    events: first && outcome.kind === 'unknown' ? [{ type: 'payment.in_doubt' }] : [],
  };
}

/** Decided before. A repeat clears the reason to look; anything else is kept as a contradiction. */
function recordAgain(r: Recording, outcome: ProviderOutcome): Change | null {
  const agrees =
    outcome.kind === 'unknown' ||
    outcome.kind === 'pending' ||
    isOldNews(r, outcome) ||
    (outcome.kind === 'approved') ===
      (['authorized', 'voiding', 'late'].includes(r.attempt.status) || givenBack(r));
  const looking = r.attempt.dueAt !== null && r.attempt.dueAt <= r.payment.now;
  const answered = outcome.kind !== 'unknown' && outcome.kind !== 'pending';
  const dueAgain = answered
    ? dueWhenDecided(r.payment, r.attempt)
    : r.payment.now + lookupDelayMs(r.attempt.lookups);
  if (agrees && !looking) return null;
  const taken = agrees ? null : takenBack(r, outcome);
  if (taken !== null) return taken;
  return {
    attempts: {
      update: [
        {
          id: r.attempt.id,
          fromStatus: r.attempt.status,
          ...(looking && {
            dueAt: dueAgain,
            lookups: r.attempt.lookups + 1,
          }),
        },
      ],
    },
    timeline: agrees ? [] : [contradiction(r, outcome)],
  };
}

/** A yes to another amount than was asked, of what is decided already: kept for a person to explain. */
function recordMismatch(r: Recording, outcome: ProviderOutcome): Change {
  const isReply = outcome.evidence.kind === 'provider_reply';
  const dueAt = isReply ? r.payment.now : dueWhenDecided(r.payment, r.attempt);
  return {
    attempts: { update: [{ id: r.attempt.id, fromStatus: r.attempt.status, dueAt }] },
    timeline: [contradiction(r, outcome)],
    // Money is said to be there of what the books say was not done, and no rule can book another amount.
    cases:
      isReply || !closedStatuses.includes(r.attempt.status)
        ? []
        : [
            {
              kind: 'contradiction',
              attemptId: r.attempt.id,
              amount: r.attempt.amount,
              reason: 'another_amount',
              evidence: { ...outcome.evidence },
            },
          ],
  };
}

function lookNow(r: Recording, outcome: ProviderOutcome): Change {
  return {
    attempts: {
      update: [{ id: r.attempt.id, fromStatus: r.attempt.status, dueAt: r.payment.now }],
    },
    timeline: [contradiction(r, outcome)],
  };
}

function contradiction(r: Recording, outcome: ProviderOutcome): TimelineLine {
  return {
    actor: `provider:${outcome.evidence.provider}`,
    kind: 'attempt.contradicted',
    evidence: { attempt_id: r.attempt.id, outcome: outcome.kind, ...outcome.evidence },
  };
}

/** Its late success was booked before: one late yes is one fact, however often it is told. */
function givenBack(r: Recording): boolean {
  return r.payment.operations.some((o) => o.late && o.attemptId === r.attempt.id);
}

/**
 * That it was authorized, told or listed after it was let go of: it was, and is not any more. Only a lookup
 * says what is true now. An event about another reference is about another hold; a line of a file has an id
 * of its own.
 */
function isOldNews({ payment, attempt }: Recording, outcome: ProviderOutcome): boolean {
  if (outcome.kind !== 'approved' || payment.amountAuthorized === 0n) return false;
  if (attempt.status !== 'voided' && attempt.status !== 'expired') return false;
  const { kind } = outcome.evidence;
  if (kind === 'webhook') return outcome.providerReference === attempt.providerReference;
  return kind === 'settlement' && wasAuthorized(payment, attempt);
}

/** When a decided attempt wants attention again: an authorization when it runs out. */
export function dueWhenDecided(payment: PaymentState, attempt: AttemptState): number | null {
  if (attempt.status === 'authorized' && mayBeTakenBack(payment, attempt)) {
    return payment.now + debitLookMs;
  }
  if (attempt.status !== 'authorized' || payment.captureClosed) return null;
  const { expiresAt } = attempt;
  return expiresAt === null || expiresAt > payment.now ? expiresAt : payment.now + retryExpiryMs;
}

/** Ends we know of by our own doing, or that are no news. */
const ownEnds: readonly string[] = ['already_voided', 'reference_voided'];

/** A lookup, or the provider by itself, says no to what was authorized or sold: it took it back. */
function takenBack(r: Recording, outcome: ProviderOutcome): Change | null {
  const { payment, attempt } = r;
  if (attempt.status !== 'authorized' || outcome.kind !== 'declined') return null;
  if (outcome.evidence.kind === 'provider_reply' || ownEnds.includes(outcome.decline.code))
    return null;
  // A no to another payment under our reference, a second send of it perhaps, is none to the one that stands.
  const said = outcome.providerReference;
  if (said !== undefined && said !== attempt.providerReference) return null;
  const reversal = { payment, attempt, evidence: outcome.evidence };
  if (outcome.decline.code === 'authorization_expired') {
    return recordAuthorizationOver(reversal, 'expired');
  }
  const capture = payment.operations.find(
    (o) => o.kind === 'capture' && o.status === 'succeeded' && o.attemptId === attempt.id,
  );
  return attempt.kind === 'sale' && capture !== undefined
    ? recordLateFailure(reversal, capture, outcome.decline)
    : recordAuthorizationOver(reversal, 'lost');
}
