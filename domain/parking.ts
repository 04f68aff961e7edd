/**
 * When an unknown is parked: asked after along the whole schedule, from seconds to days, and still nobody
 * knows. A person is told, once. It stays unknown, its amount stays in doubt and it is looked up every day;
 * the truth, when it is found after all, closes the case.
 */
import type { NewCase } from './case.ts';
import type { TimelineLine } from './change.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import type { LookupResult, ProviderEvidence } from './provider.ts';
import { lookupDelayMs, parkAfterMs } from './timing.ts';

/** What the provider said last, and so why it may go on like this for ever. */
const reasons = {
  no_answer: 'provider_silent',
  not_supported: 'lookup_not_supported',
  // Acknowledged before, or absence is never final by the contract, or the void by reference is refused.
  absent: 'absence_proves_nothing',
  found: 'answer_unclear',
} as const satisfies Readonly<Record<LookupResult['kind'], string>>;

interface Parking {
  readonly patch: { readonly parkedAt?: number };
  readonly timeline: readonly TimelineLine[];
  readonly cases: readonly NewCase[];
}

const notYet: Parking = { patch: {}, timeline: [], cases: [] };

/** What was asked last, and what was answered. */
export interface Looked {
  readonly said: LookupResult['kind'];
  readonly evidence: ProviderEvidence;
  /** The provider asked to be left alone for so long. */
  readonly retryAfterMs?: number | undefined;
}

export function lookedAt(lookup: LookupResult): Looked {
  const answer = lookup.kind === 'found' ? lookup.outcome : lookup;
  const { evidence } = answer;
  const { retryAfterMs } = 'retryAfterMs' in answer ? answer : {};
  return { said: lookup.kind, evidence, retryAfterMs };
}

export function parkAttempt(payment: PaymentState, attempt: AttemptState, looked: Looked): Parking {
  if (!isOverdue(payment, attempt)) return notYet;
  const { id, amount } = attempt;
  const opened = { attemptId: id, amount };
  return parked(payment, opened, { actor: 'tender', kind: 'attempt.parked' }, looked);
}

export function parkOperation(
  payment: PaymentState,
  operation: OperationState,
  looked: Looked,
): Parking {
  const { id, amount, attemptId, kind } = operation;
  if (attemptId === null || !isOverdue(payment, operation)) return notYet;
  const opened = { attemptId, operationId: id, amount };
  return parked(payment, opened, { actor: 'tender', kind: `${kind}.parked` }, looked);
}

/** Both: a provider that speaks up often is looked up often, and who was not asked has not been silent. */
function isOverdue(
  { now }: PaymentState,
  subject: Pick<AttemptState | OperationState, 'status' | 'sendBy' | 'parkedAt' | 'lookups'>,
): boolean {
  const { status, parkedAt, sendBy, lookups } = subject;
  if (status !== 'unknown' || parkedAt !== null || sendBy === null) return false;
  return lookupDelayMs(lookups) >= parkAfterMs && now >= sendBy + parkAfterMs;
}

function parked(
  { now }: PaymentState,
  opened: Pick<NewCase, 'attemptId' | 'operationId' | 'amount'>,
  line: Pick<TimelineLine, 'actor' | 'kind'>,
  { said, evidence }: Looked,
): Parking {
  const reason = reasons[said];
  const subject =
    opened.operationId === undefined
      ? { attempt_id: opened.attemptId }
      : { operation_id: opened.operationId };
  return {
    patch: { parkedAt: now },
    timeline: [{ ...line, evidence: { ...subject, reason, ...evidence } }],
    cases: [{ kind: 'unknown', ...opened, reason, evidence: { ...evidence } }],
  };
}
