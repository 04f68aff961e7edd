/**
 * The end of an unknown on the word of two people, where no provider can be made to say it. It is booked
 * exactly as if the provider had said so, and lets no other provider try: only a confirmed void may. So ends a
 * return that failed, where they have given the money back by hand.
 */
import type { Change, TimelineLine } from './change.ts';
import type { Judgement } from './commands.ts';
import type { RefusalCode } from './errors.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import type { PaidFrom } from './posting-rules/suspense.ts';
import type { Approved, Decline, ProviderContract, ProviderEvidence } from './provider.ts';
import { recordAttempt } from './record-attempt.ts';
import { recordNo } from './record-no.ts';
import { recordOperation } from './record-operation.ts';
import type { Decision } from './refund-approval.ts';
import { leftToReturn, returnByHand } from './return-by-hand.ts';
import { attemptOf } from './submit-operation.ts';
import { lookAgainAfterMs } from './timing.ts';

export interface ForcedResolution {
  /** The provider did it, or certainly did not and never will. */
  readonly outcome: 'succeeded' | 'not_done';
  /** The provider's own id, with `succeeded`. */
  readonly providerReference?: string | undefined;
  /** What was seen: a text, or where it can be looked at. */
  readonly evidence: string;
  /** Of money given back by hand only. */
  readonly paidFrom?: PaidFrom | undefined;
}

type Refused = Extract<Judgement, { kind: 'refused' }>;

export interface Subject {
  readonly attempt: AttemptState;
  /** Null: the attempt itself. */
  readonly operation: OperationState | null;
}

/** Null: nothing of this payment has that id, or it was never at a provider. */
export function findSubject(payment: PaymentState, id: string): Subject | null {
  const operation = payment.operations.find((o) => o.id === id) ?? null;
  const attempt =
    operation === null ? payment.attempts.find((a) => a.id === id) : attemptOf(payment, operation);
  return attempt === undefined ? null : { attempt, operation };
}

/** `submitting` past its time: whoever sent it has not come back. `pending` is not in doubt. */
export function isInDoubt({ attempt, operation }: Subject, now: number): boolean {
  const { status, dueAt } = operation ?? attempt;
  return status === 'unknown' || (status === 'submitting' && dueAt !== null && dueAt <= now);
}

/** A field that this needs, or that says nothing of it; null: it is whole. */
export function fieldAmiss(
  payment: PaymentState,
  subject: Subject,
  { outcome, providerReference, paidFrom }: ForcedResolution,
): { readonly pointer: string; readonly detail: string } | null {
  const paidAmiss = (detail: string) => ({ pointer: '/paid_from', detail });
  const { attempt, operation } = subject;
  if (stands(payment, subject) !== null) {
    const isMoney = operation?.kind === 'refund';
    if (isMoney && paidFrom === undefined) return paidAmiss('is required: what moved the money');
    return isMoney || paidFrom === undefined ? null : paidAmiss('no money had moved');
  }
  if (paidFrom !== undefined) return paidAmiss('is only said of a return that failed');
  // A later capture, refund or lookup goes by it.
  const known = (operation ?? attempt).providerReference;
  const lacks = outcome === 'succeeded' && providerReference === undefined && known === null;
  const detail = 'is required: the provider’s own id is not known here';
  return lacks ? { pointer: '/provider_reference', detail } : null;
}

/** Of a failed return: what is left to give back by hand. Null: it is none. */
function stands(payment: PaymentState, { attempt, operation }: Subject): bigint | null {
  return operation === null ? null : leftToReturn({ payment, attempt, operation });
}

export function judgeResolution(
  payment: PaymentState,
  subject: Subject,
  outcome: ForcedResolution['outcome'],
  amount?: bigint,
): Refused | null {
  const { status, amount: asked } = subject.operation ?? subject.attempt;
  const left = outcome === 'succeeded' ? stands(payment, subject) : null;
  if (left !== null && left < asked) {
    return refused(
      'nothing_to_return',
      `Of ${String(asked)} ${String(left)} is left to give back.`,
    );
  }
  if (left === null && !isInDoubt(subject, payment.now)) {
    return refused('not_in_doubt', `It is ${status}: there is nothing to resolve.`);
  }
  if (amount === undefined || amount === asked) return null;
  const detail = `${String(asked)} was asked for: another amount is another thing, for the provider to correct.`;
  return refused('resolution_amount_differs', detail);
}

function refused(code: RefusalCode, detail: string): Refused {
  return { kind: 'refused', code, detail };
}

const notDone: Decline = { code: 'not_done', advice: 'retry_later', providerCode: '' };

export function resolveByStaff(
  payment: PaymentState,
  subject: Subject,
  resolution: ForcedResolution,
  decision: Decision,
  made: { readonly contract: ProviderContract; readonly newOperationId: string },
): Judgement {
  const no = judgeResolution(payment, subject, resolution.outcome);
  if (no !== null) return no;
  const evidence = evidenceOf(subject, resolution, decision);
  const { attempt, operation } = subject;
  if (operation !== null && stands(payment, subject) !== null) {
    const { paidFrom = null, providerReference } = resolution;
    const { newOperationId } = made;
    const by = { paidFrom, providerReference, evidence, askedBy: decision.askedBy, newOperationId };
    const change = returnByHand({ payment, attempt, operation }, by);
    return { kind: 'accepted', change: byPeople(change, decision) };
  }
  const change = outcomeOf(payment, subject, resolution, evidence, made);
  if (change === null) throw new Error(`nothing to record for ${decision.approvalId}`);
  const { id } = subject.operation ?? subject.attempt;
  const again = made.contract.lookup ? payment.now + lookAgainAfterMs : null;
  return { kind: 'accepted', change: byPeople(lookedUpAgain(change, id, again), decision) };
}

function evidenceOf(
  { attempt }: Subject,
  { evidence, providerReference }: ForcedResolution,
  { askedBy, decidedBy }: Decision,
): ProviderEvidence {
  return {
    kind: 'staff',
    provider: attempt.provider,
    detail: `asked by ${askedBy}, approved by ${decidedBy}: ${evidence}`,
    ...(providerReference !== undefined && { providerReference }),
  };
}

function outcomeOf(
  payment: PaymentState,
  { attempt, operation }: Subject,
  { outcome, providerReference }: ForcedResolution,
  evidence: ProviderEvidence,
  made: { readonly contract: ProviderContract; readonly newOperationId: string },
): Change | null {
  const { amount, providerReference: known } = operation ?? attempt;
  const yes: Approved = {
    kind: 'approved',
    providerReference: providerReference ?? known ?? '',
    amountMinor: amount,
    currency: payment.currency,
    captured: operation === null && attempt.kind === 'sale',
    evidence,
  };
  if (operation !== null) {
    const said =
      outcome === 'succeeded' ? yes : ({ kind: 'declined', decline: notDone, evidence } as const);
    return recordOperation({ payment, operation, attempt }, said);
  }
  const recording = { payment, attempt, ...made };
  return outcome === 'succeeded'
    ? recordAttempt(recording, yes)
    : recordNo(recording, 'not_sent', evidence);
}

/** A day later the provider is asked once more: what contradicts is late, and never dropped. */
function lookedUpAgain(change: Change, id: string, dueAt: number | null): Change {
  if (dueAt === null) return change;
  const sooner = <P extends { readonly id: string; readonly dueAt?: number | null }>(
    patch: P,
  ): P => (patch.id === id ? { ...patch, dueAt: Math.min(patch.dueAt ?? dueAt, dueAt) } : patch);
  return {
    ...change,
    ...(change.attempts && {
      attempts: { ...change.attempts, update: (change.attempts.update ?? []).map(sooner) },
    }),
    ...(change.operations && {
      operations: { ...change.operations, update: (change.operations.update ?? []).map(sooner) },
    }),
  };
}

/** The provider said nothing: its lines are these people's. */
function byPeople(change: Change, { approvalId, askedBy, decidedBy, reason }: Decision): Change {
  const why = {
    approval_id: approvalId,
    asked_by: askedBy,
    decided_by: decidedBy,
    ...(reason !== undefined && { reason }),
  };
  const line = (said: TimelineLine): TimelineLine => ({
    ...said,
    actor: said.actor.startsWith('provider:') ? decidedBy : said.actor,
    evidence: { ...said.evidence, ...why },
  });
  return { ...change, timeline: change.timeline.map(line) };
}

/** What is asked for, or refused by the second person: in the timeline, and nothing else. */
export function resolutionLine(
  kind: 'requested' | 'rejected',
  actor: string,
  subject: Subject,
  evidence: Readonly<Record<string, unknown>>,
): TimelineLine {
  const { attempt, operation } = subject;
  return {
    actor,
    kind: `resolution.${kind}`,
    evidence: {
      kind: 'staff',
      attempt_id: attempt.id,
      ...(operation !== null && { operation_id: operation.id }),
      ...evidence,
    },
  };
}
