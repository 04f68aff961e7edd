/**
 * Records what a provider tells of a dispute. It is a fact and never refused: what exceeds what is left of
 * the captured amount is `amountExcess`, and a case. Each event tells all there is to know, so whichever
 * comes first opens the dispute, and told again, or late, it changes nothing.
 */
import type { NewCase } from './case.ts';
import type { Change, TimelineLine } from './change.ts';
import { disputeEntries, type DisputeMove } from './dispute-entries.ts';
import { leftInPot } from './dispute-pot.ts';
import type { PaymentState } from './payment-state.ts';
import { reminderAfter } from './dispute-reminder.ts';
import { isDecided, type DisputeState, type DisputeStatus } from './dispute-state.ts';
import type { DisputeNews } from './provider-disputes.ts';

export interface ToldDispute {
  readonly eventId: string;
  readonly provider: string;
  readonly attemptId: string;
  readonly news: DisputeNews;
}

export interface DisputeRecord {
  readonly eventId: string;
  readonly provider: string;
  /** What becomes of the event in the inbox. */
  readonly state: 'recorded' | 'confirmed' | 'mismatch';
  readonly insert?: DisputeState;
  readonly update?: Pick<
    DisputeState,
    'id' | 'status' | 'round' | 'amountExcess' | 'fee' | 'dueBy' | 'remindAt'
  > & { readonly fromStatus: DisputeStatus };
  readonly change: Change;
}

/** `known`: the dispute with that reference of the provider, if it is recorded. */
export function recordDispute(
  payment: PaymentState,
  known: DisputeState | null,
  told: ToldDispute,
  newDisputeId: string,
): DisputeRecord {
  const { eventId, provider, news } = told;
  const event = { eventId, provider };
  const reason = contradictionOf(payment, known, told);
  if (reason !== null)
    return { ...event, state: 'mismatch', change: contradicted(told, known, reason) };
  if (known === null)
    return { ...event, state: 'recorded', ...opened(payment, told, newDisputeId) };
  const round = roundOf(news);
  // Of a round that is over: whatever it was, the next one began with it.
  if (round > known.round) {
    return { ...event, state: 'recorded', ...again(payment, known, told, round) };
  }
  if (round < known.round || news.what === 'opened' || news.what === known.status) {
    return { ...event, state: 'confirmed', change: { timeline: [] } };
  }
  return {
    ...event,
    state: 'recorded',
    update: patchOf({ ...known, status: news.what, remindAt: null }, known.status),
    change: decided(payment, known, told, news.what),
  };
}

function roundOf({ round = 1 }: DisputeNews): number {
  return round;
}

function patchOf(
  { id, status, round, amountExcess, fee, dueBy, remindAt }: DisputeState,
  fromStatus: DisputeStatus,
): NonNullable<DisputeRecord['update']> {
  return { id, fromStatus, status, round, amountExcess, fee, dueBy, remindAt };
}

/** The other side came once more: another fee, another last day, and what it takes may have been refunded since. */
function again(
  payment: PaymentState,
  known: DisputeState,
  told: ToldDispute,
  round: number,
): Pick<DisputeRecord, 'change'> & { readonly update: NonNullable<DisputeRecord['update']> } {
  const { news } = told;
  const isBack = known.status === 'won';
  const amountExcess = isBack
    ? known.amount - leftInPot(payment, known.amount)
    : known.amountExcess;
  const isOpen = news.what === 'opened';
  const dispute: DisputeState = {
    ...{ ...known, round, amountExcess, fee: news.feeMinor, dueBy: news.dueBy },
    status: news.what === 'opened' ? 'needs_response' : news.what,
    remindAt: isOpen ? reminderAfter(news.dueBy, payment.now) : null,
  };
  const moves: readonly DisputeMove[] =
    news.what === 'opened' ? ['reopened'] : ['reopened', news.what];
  const change = moved(payment, dispute, told, moves, known.status);
  const isTwice = isBack && amountExcess > 0n && news.what !== 'won';
  return {
    update: patchOf(dispute, known.status),
    change: isTwice ? { ...change, cases: [excessOf(payment, dispute, told)] } : change,
  };
}

/** Whatever was to be answered is over with it. */
function decided(
  payment: PaymentState,
  known: DisputeState,
  told: ToldDispute,
  what: 'won' | 'lost',
): Change {
  const change = moved(payment, known, told, [what]);
  if (known.status !== 'needs_response' || Date.parse(known.dueBy) > payment.now) return change;
  const evidence = evidenceOf(told);
  const over = {
    kind: 'dispute_unanswered',
    subjectId: known.id,
    resolution: what,
    evidence,
  } as const;
  return { ...change, closes: [...(change.closes ?? []), over] };
}

function contradictionOf(
  payment: PaymentState,
  known: DisputeState | null,
  { attemptId, news }: ToldDispute,
): string | null {
  // Never matched across currencies.
  if (news.currency !== payment.currency) return 'dispute_in_another_currency';
  if (known === null || known.attemptId !== attemptId) {
    return known === null ? null : 'dispute_of_another_payment';
  }
  if (news.amountMinor !== known.amount) return 'dispute_of_another_amount';
  if (roundOf(news) !== known.round) return null;
  return isDecided(known) && news.what !== 'opened' && news.what !== known.status
    ? 'dispute_decided_otherwise'
    : null;
}

/** Kept for a person: nothing is booked on what contradicts the record. */
function contradicted(told: ToldDispute, known: DisputeState | null, reason: string): Change {
  const { attemptId, news } = told;
  const evidence = evidenceOf(told);
  const about = { attemptId, ...(known !== null && { disputeId: known.id }) };
  return {
    cases: [{ kind: 'contradiction', ...about, amount: news.amountMinor, reason, evidence }],
    timeline: [
      {
        actor: `provider:${told.provider}`,
        kind: 'dispute.mismatch',
        evidence: { ...evidence, dispute_id: known?.id ?? null, reason },
      },
    ],
  };
}

function opened(
  payment: PaymentState,
  told: ToldDispute,
  id: string,
): { readonly insert: DisputeState; readonly change: Change } {
  const { provider, attemptId, news } = told;
  const dispute: DisputeState = {
    ...{ id, attemptId, provider, providerReference: news.providerReference },
    status: news.what === 'opened' ? 'needs_response' : news.what,
    round: roundOf(news),
    amount: news.amountMinor,
    amountExcess: news.amountMinor - leftInPot(payment, news.amountMinor),
    ...{ fee: news.feeMinor, currency: news.currency, reason: news.reason, dueBy: news.dueBy },
    remindAt: news.what === 'opened' ? reminderAfter(news.dueBy, payment.now) : null,
    answers: [],
  };
  const moves: readonly DisputeMove[] = news.what === 'opened' ? ['opened'] : ['opened', news.what];
  const change = moved(payment, dispute, told, moves);
  if (dispute.amountExcess === 0n || news.what === 'won') return { insert: dispute, change };
  return { insert: dispute, change: { ...change, cases: [excessOf(payment, dispute, told)] } };
}

function excessOf(payment: PaymentState, dispute: DisputeState, told: ToldDispute): NewCase {
  const isPaidTwice = payment.amountRefunded > 0n;
  return {
    kind: 'excess',
    attemptId: dispute.attemptId,
    disputeId: dispute.id,
    amount: dispute.amountExcess,
    reason: isPaidTwice ? 'dispute_and_refund_paid' : 'dispute_exceeds_captured',
    evidence: evidenceOf(told),
  };
}

function moved(
  payment: PaymentState,
  dispute: DisputeState,
  told: ToldDispute,
  moves: readonly DisputeMove[],
  from: DisputeStatus | null = null,
): Change {
  const evidence = evidenceOf(told);
  const { feeReturned } = told.news;
  const isBack = moves.includes('won') && dispute.amountExcess > 0n;
  return {
    entries: moves.flatMap((move) => disputeEntries(payment, dispute, move, { feeReturned, from })),
    timeline: moves.map((move): TimelineLine => ({
      actor: `provider:${told.provider}`,
      kind: `dispute.${move}`,
      toStatus: move === 'opened' || move === 'reopened' ? 'needs_response' : move,
      evidence: { ...evidence, dispute_id: dispute.id, attempt_id: dispute.attemptId },
    })),
    events: moves.map((move) => ({ type: `dispute.${move}`, disputeId: dispute.id })),
    ...(isBack && {
      closes: [{ kind: 'excess', subjectId: dispute.id, resolution: 'dispute_won', evidence }],
    }),
  };
}

function evidenceOf({ provider, eventId, news }: ToldDispute): Readonly<Record<string, unknown>> {
  return {
    kind: 'webhook',
    provider,
    event_id: eventId,
    provider_reference: news.providerReference,
    says: news.what,
    ...(roundOf(news) > 1 && { round: roundOf(news) }),
    amount: String(news.amountMinor),
    fee: String(news.feeMinor),
    currency: news.currency,
  };
}
