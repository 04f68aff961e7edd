/**
 * The life of an answer to a dispute: the permit to send it, what the provider says, and how an unknown
 * ends. It books nothing: what a dispute takes or gives back is told by the provider.
 */
import type { Basis, Change, DisputeAnswerPatch, DisputePatch } from './change.ts';
import { reminderAfter } from './dispute-reminder.ts';
import {
  isDecided,
  type DisputeAnswerState,
  type DisputeAnswerStatus,
  type DisputeState,
} from './dispute-state.ts';
import type { PaymentState } from './payment-state.ts';
import type { ProviderContract, ProviderEvidence } from './provider.ts';
import type { DisputeAnswerOutcome, DisputeAnswerRequest } from './provider-disputes.ts';
import { basisOf } from './recording.ts';
import {
  nextLookMs,
  parkAfterMs,
  resendDelayMs,
  sendWithinMs,
  unansweredAfterMs,
} from './timing.ts';

export interface Answering {
  readonly payment: PaymentState;
  readonly dispute: DisputeState;
  readonly answer: DisputeAnswerState;
}

export function answerById(payment: PaymentState, answerId: string): Answering {
  for (const dispute of payment.disputes) {
    const answer = dispute.answers.find(({ id }) => id === answerId);
    if (answer !== undefined) return { payment, dispute, answer };
  }
  throw new Error(`payment ${payment.id} has no answer ${answerId}`);
}

export function answerRequest({ dispute, answer }: Answering): DisputeAnswerRequest {
  const { providerReference } = dispute;
  const { id, evidence } = answer;
  return { reference: id, idempotencyKey: id, providerReference, evidence };
}

/** The move to `submitting` is the permit. Null: somebody else has taken it, or it is not its time. */
export function permitAnswer(
  { payment, dispute, answer }: Answering,
  contract: ProviderContract,
): { readonly isPermit: boolean; readonly change: Change } | null {
  const { status, id } = answer;
  if (status !== 'requested' || (answer.dueAt ?? 0) > payment.now) return null;
  const over = overBefore(payment, dispute, answer);
  if (over !== null) {
    const change = failed({ payment, dispute, answer }, over, ruled(over), 409);
    return { isPermit: false, change };
  }
  const horizon = answer.keyHorizon ?? payment.now + contract.keyLifeMs / 2;
  return { isPermit: true, change: sending({ payment, dispute, answer }, horizon, `of ${id}`) };
}

/** What was asked for in time, and could not be sent in time. */
function overBefore(
  payment: PaymentState,
  dispute: DisputeState,
  { kind, round }: DisputeAnswerState,
): 'dispute_closed' | 'dispute_answered' | 'dispute_due_passed' | null {
  if (isDecided(dispute) || round < dispute.round) return 'dispute_closed';
  const isAnswered = dispute.status === (kind === 'accept' ? 'accepted' : 'under_review');
  if (isAnswered || dispute.status === 'accepted') return 'dispute_answered';
  return Date.parse(dispute.dueBy) <= payment.now ? 'dispute_due_passed' : null;
}

export function sending(
  { payment, dispute, answer }: Answering,
  keyHorizon: number,
  what: string,
): Change {
  const { id, status: fromStatus, sentCount } = answer;
  const { now } = payment;
  return {
    disputes: {
      answers: {
        update: [
          {
            ...{ id, fromStatus, status: 'submitting', providerKey: id, keyHorizon },
            ...{
              sendBy: now + sendWithinMs,
              sentCount: sentCount + 1,
              dueAt: now + unansweredAfterMs,
            },
          },
        ],
      },
    },
    timeline: [
      line('tender', { payment, dispute, answer }, 'submitting', { kind: 'rule', detail: what }),
    ],
  };
}

/** `sentCount`: the send this outcome speaks of; of two, one that failed says nothing of the other. */
export function recordAnswer(
  on: Answering,
  outcome: DisputeAnswerOutcome,
  sentCount: number,
): Change | null {
  const { answer } = on;
  if (answer.dueAt === null) return null;
  const { evidence } = outcome;
  switch (outcome.kind) {
    case 'taken':
      return succeeded(on, evidence);
    case 'refused':
      if (answer.sentCount !== sentCount) return null;
      return sentCount > 1
        ? open(on, 'unknown', evidence)
        : failed(on, outcome.code, basisOf(evidence), 402);
    case 'not_sent':
      if (answer.sentCount !== sentCount) return null;
      return sentCount > 1 ? open(on, 'unknown', evidence) : notSent(on, evidence);
    case 'unknown':
      return answer.sentCount === sentCount
        ? open(on, 'unknown', evidence, outcome.retryAfterMs)
        : null;
  }
}

export function succeeded(on: Answering, evidence: ProviderEvidence): Change {
  const { dispute, answer } = on;
  const to = answer.kind === 'accept' ? 'accepted' : 'under_review';
  const moves =
    answer.round === dispute.round &&
    (dispute.status === 'needs_response' ||
      (dispute.status === 'under_review' && to === 'accepted'));
  const update: DisputePatch[] = moves
    ? [{ id: dispute.id, fromStatus: dispute.status, status: to, remindAt: null }]
    : [];
  const isLate = Date.parse(dispute.dueBy) <= on.payment.now;
  return {
    disputes: {
      update,
      answers: { update: [end(answer, 'succeeded', { basis: basisOf(evidence) })] },
    },
    timeline: [
      line(`provider:${evidence.provider}`, on, 'succeeded', evidence),
      ...(moves
        ? [
            {
              ...{ actor: `provider:${evidence.provider}`, kind: `dispute.${to}` },
              ...{ fromStatus: dispute.status, toStatus: to },
              evidence: { ...evidence, dispute_id: dispute.id, answer_id: answer.id },
            },
          ]
        : []),
    ],
    events: moves ? [{ type: `dispute.${to}`, disputeId: dispute.id }] : [],
    answers: [{ awaitsId: answer.id, status: 201 }],
    closes: [
      {
        kind: 'unknown',
        subjectId: dispute.id,
        resolution: 'succeeded',
        evidence: { ...evidence },
      },
      ...(isLate
        ? [
            {
              ...({ kind: 'dispute_unanswered', subjectId: dispute.id } as const),
              ...{ resolution: to, evidence: { ...evidence } },
            },
          ]
        : []),
    ],
  };
}

/** 409: it was never sent, because the state of the dispute does not allow it any more. */
export function failed(on: Answering, code: string, basis: Basis, status: 402 | 409): Change {
  const { payment, dispute, answer } = on;
  const isWaiting = dispute.status === 'needs_response';
  // Its reminders go on, and if it is too late for them that is said.
  const remindAt = isWaiting ? reminderAfter(dispute.dueBy, payment.now) : null;
  return {
    disputes: {
      update: isWaiting ? [{ id: dispute.id, fromStatus: dispute.status, remindAt }] : [],
      answers: { update: [end(answer, 'failed', { basis, failureCode: code })] },
    },
    timeline: [line('tender', on, 'failed', { ...basis, code })],
    events: [{ type: 'dispute.answer_failed', disputeId: dispute.id }],
    answers: [
      { awaitsId: answer.id, status, code: status === 409 ? code : 'dispute_answer_refused' },
    ],
    closes: [
      { kind: 'unknown', subjectId: dispute.id, resolution: 'failed', evidence: { ...basis } },
    ],
  };
}

function notSent(on: Answering, evidence: ProviderEvidence): Change {
  const { payment, answer } = on;
  const { id, status: fromStatus, lookups } = answer;
  const dueAt = payment.now + resendDelayMs(lookups);
  const patch = { id, fromStatus, status: 'requested', lookups: lookups + 1, dueAt } as const;
  return {
    disputes: { answers: { update: [{ ...patch, basis: basisOf(evidence) }] } },
    timeline: [line('tender', on, 'not_sent', evidence)],
  };
}

/** Nobody knows. The longer, the rarer it is asked; after a day a person is told. */
export function open(
  on: Answering,
  status: 'unknown',
  evidence: ProviderEvidence,
  retryAfterMs?: number,
): Change {
  const { payment, dispute, answer } = on;
  const { id, status: fromStatus, lookups, createdAt } = answer;
  const dueAt = payment.now + nextLookMs(lookups, retryAfterMs);
  const isOld = payment.now - createdAt > parkAfterMs;
  const about = { attemptId: dispute.attemptId, disputeId: dispute.id, amount: dispute.amount };
  return {
    disputes: { answers: { update: [{ id, fromStatus, status, lookups: lookups + 1, dueAt }] } },
    timeline:
      fromStatus === status ? [] : [line(`provider:${evidence.provider}`, on, status, evidence)],
    ...(isOld && {
      cases: [
        { kind: 'unknown', ...about, reason: 'dispute_answer_unknown', evidence: { ...evidence } },
      ],
    }),
  };
}

function end(
  { id, status: fromStatus }: DisputeAnswerState,
  status: DisputeAnswerStatus,
  values: Partial<DisputeAnswerPatch>,
): DisputeAnswerPatch {
  return { id, fromStatus, status, dueAt: null, ...values };
}

function ruled(code: string): Basis {
  return { kind: 'rule', detail: code };
}

function line(
  actor: string,
  { dispute, answer }: Answering,
  to: string,
  evidence: object,
): Change['timeline'][number] {
  return {
    actor,
    kind: `dispute.${answer.kind}_${to}`,
    evidence: { ...evidence, dispute_id: dispute.id, answer_id: answer.id },
  };
}
