/** The permit to send a payout, and what the answer to it means. */
import type { Payout, PayoutChange, PayoutMove, PayoutPatch } from './payout.ts';
import type { ProviderContract } from './provider-contract.ts';
import type { ProviderOutcome } from './provider.ts';

/** From the permit until the request must have left. */
const sendWithinMs = 30_000;
/** When whoever had the permit is taken for dead, and the payout is looked up. */
const unansweredAfterMs = 60_000;
/** One that could not be sent for so long goes back to its merchant. */
const tryForMs = 24 * 3_600_000;
const waitsMs = [5_000, 30_000, 120_000, 600_000, 3_600_000, 6 * 3_600_000] as const;
/** How long a payout that was paid, or given up, is watched for what its bank may still say. */
const watchForMs = 30 * 24 * 3_600_000;
const pendingEachMs = 3_600_000;
const watchEachMs = 24 * 3_600_000;

export function waitMs(tries: number): number {
  return waitsMs[Math.min(Math.max(tries, 0), waitsMs.length - 1)] ?? watchEachMs;
}

/** Null: it is not to be sent. Only whoever commits the permit sends. */
export function permitPayout(
  payout: Payout,
  contract: Pick<ProviderContract, 'keyLifeMs'>,
): (PayoutChange & { readonly isPermit: boolean }) | null {
  if (payout.status !== 'requested') return null;
  const { now, sentCount } = payout;
  if (now - payout.createdAt >= tryForMs) return { ...givenUp(payout), isPermit: false };
  const patch: PayoutPatch = {
    status: 'submitting',
    sendBy: now + sendWithinMs,
    keyHorizon: now + contract.keyLifeMs / 2,
    sentCount: sentCount + 1,
    dueAt: now + unansweredAfterMs,
    basis: { kind: 'rule', detail: `permit ${String(sentCount + 1)}` },
  };
  return { patch, moves: [], isPermit: true };
}

/** Nobody here pays by that provider: perhaps it is set up again. */
export function waitForProvider(payout: Payout): PayoutChange {
  const { now, status, createdAt } = payout;
  if (status === 'requested' && now - createdAt >= tryForMs) return givenUp(payout);
  const basis = { kind: 'rule', detail: 'its provider is not set up here' } as const;
  return {
    patch: {
      status: status === 'submitting' ? 'unknown' : status,
      dueAt: now + pendingEachMs,
      basis,
    },
    moves: [],
  };
}

function givenUp(payout: Payout): PayoutChange {
  const basis = { kind: 'rule', detail: 'could not be sent for a day' } as const;
  return failed(payout, 'not_sent_in_time', basis);
}

/** The reply to the send that `sentCount` counts. Null: it says nothing that is not known already. */
export function recordPayout(
  payout: Payout,
  outcome: ProviderOutcome,
  sentCount: number,
): PayoutChange | null {
  const { evidence } = outcome;
  if (outcome.kind === 'not_sent') {
    if (payout.status !== 'submitting' || payout.sentCount !== sentCount) return null;
    const wait = Math.max(waitMs(sentCount), outcome.retryAfterMs ?? 0);
    const patch = { status: 'requested', dueAt: payout.now + wait, basis: evidence } as const;
    return { patch, moves: [] };
  }
  return applyOutcome(payout, outcome);
}

/** What a reply or a lookup says became of it. */
export function applyOutcome(payout: Payout, outcome: ProviderOutcome): PayoutChange | null {
  const { status, now } = payout;
  const { evidence } = outcome;
  const isOpen = status !== 'paid' && status !== 'failed';
  switch (outcome.kind) {
    case 'approved':
      // Somebody else's, or not what we asked for: nobody guesses what that is.
      if (outcome.amountMinor !== payout.amount || outcome.currency !== payout.currency) {
        return isOpen ? doubt(payout, evidence) : null;
      }
      return paid(payout, outcome.providerReference, evidence);
    case 'pending': {
      if (!isOpen) return null;
      const { providerReference } = outcome;
      const lookups = payout.lookups + 1;
      const told = { status: 'pending', lookups, providerReference, basis: evidence } as const;
      return { patch: { ...told, dueAt: now + pendingEachMs }, moves: [] };
    }
    case 'declined':
      return declined(payout, outcome);
    case 'unknown':
    case 'requires_action':
    case 'not_sent':
      return isOpen ? doubt(payout, evidence) : null;
  }
}

function doubt(payout: Payout, basis: PayoutPatch['basis']): PayoutChange {
  const { lookups, now } = payout;
  // What the bank has acknowledged is not in doubt again because one answer could not be read.
  const status = payout.status === 'pending' ? 'pending' : 'unknown';
  return {
    patch: { status, lookups: lookups + 1, dueAt: now + waitMs(lookups), basis },
    moves: [],
  };
}

function paid(
  payout: Payout,
  providerReference: string,
  basis: PayoutPatch['basis'],
): PayoutChange {
  const isLate = payout.status === 'failed';
  const isNews = payout.status !== 'paid';
  const moves: readonly PayoutMove[] = isNews ? [isLate ? 'paid_late' : 'confirmed'] : [];
  const patch = { status: 'paid', dueAt: watched(payout), providerReference, basis } as const;
  return { patch, moves };
}

/** Until when it is looked at again. */
function watched({ now, createdAt }: Payout): number | null {
  return now - createdAt < watchForMs ? now + watchEachMs : null;
}

const returned = 'payout_returned';

function declined(
  payout: Payout,
  { decline, evidence }: Extract<ProviderOutcome, { readonly kind: 'declined' }>,
): PayoutChange | null {
  const code = decline.providerCode;
  if (payout.status === 'failed') return settled(payout, evidence);
  const cameBack = code === returned || payout.status === 'paid';
  if (!cameBack) return failed(payout, code, evidence);
  // Paid and sent back between two looks: both are on the bank's statement.
  const moves: readonly PayoutMove[] =
    payout.status === 'paid' ? ['returned'] : ['confirmed', 'returned'];
  return { patch: { status: 'failed', dueAt: null, failureCode: code, basis: evidence }, moves };
}

/** Nothing more is to be heard of it. */
export function settled(payout: Payout, basis: PayoutPatch['basis']): PayoutChange {
  return { patch: { status: payout.status, dueAt: null, basis }, moves: [] };
}

/** Its money is available again. One that was sent is looked up once more, a day later. */
export function failed(payout: Payout, code: string, basis: PayoutPatch['basis']): PayoutChange {
  const dueAt = payout.sentCount > 0 ? payout.now + watchEachMs : null;
  return { patch: { status: 'failed', dueAt, failureCode: code, basis }, moves: ['failed'] };
}
