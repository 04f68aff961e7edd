/**
 * When an unknown is parked: asked after along the whole schedule, from seconds to days, and still nobody
 * knows. A person is told, once. It stays unknown, its amount stays in doubt and it is looked up every day;
 * the truth, when it is found after all, closes the case.
 *
 * What was acknowledged is not in doubt (`pending`): the provider tells later. Where it can only tell, and an event is
 * lost, nothing ever would; so after as long as its contract says that is in doubt as well, and parked at once.
 */
import type { NewCase } from './case.ts';
import type { TimelineLine } from './change.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import type { LookupResult, ProviderEvidence } from './provider.ts';
import type { ProviderContract } from './provider-contract.ts';
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
  readonly patch: { readonly parkedAt?: number; readonly status?: 'unknown' };
  readonly timeline: readonly TimelineLine[];
  readonly cases: readonly NewCase[];
  /** It was acknowledged, and is in doubt from here on. */
  readonly isDoubted: boolean;
}

const notYet: Parking = { patch: {}, timeline: [], cases: [], isDoubted: false };

/** What was asked last, and what was answered. */
export interface Looked {
  readonly said: LookupResult['kind'];
  readonly evidence: ProviderEvidence;
  /** The provider asked to be left alone for so long. */
  readonly retryAfterMs?: number | undefined;
  /** It cannot be asked, and what it has acknowledged it tells of within so long. */
  readonly toldWithinMs?: number;
}

export function lookedAt(lookup: LookupResult, contract: ProviderContract): Looked {
  const answer = lookup.kind === 'found' ? lookup.outcome : lookup;
  const { evidence } = answer;
  const { retryAfterMs } = 'retryAfterMs' in answer ? answer : {};
  const { toldWithinMs } = contract;
  const isMute = lookup.kind === 'not_supported' && toldWithinMs !== null;
  return { said: lookup.kind, evidence, retryAfterMs, ...(isMute && { toldWithinMs }) };
}

export function parkAttempt(payment: PaymentState, attempt: AttemptState, looked: Looked): Parking {
  if (!isOverdue(payment, attempt, looked)) return notYet;
  const { id, amount, status } = attempt;
  return parked(payment, { attemptId: id, amount }, { kind: 'attempt', status }, looked);
}

export function parkOperation(
  payment: PaymentState,
  operation: OperationState,
  looked: Looked,
): Parking {
  const { id, amount, attemptId, kind, status } = operation;
  if (attemptId === null || !isOverdue(payment, operation, looked)) return notYet;
  return parked(payment, { attemptId, operationId: id, amount }, { kind, status }, looked);
}

/** Both: a provider that speaks up often is looked up often, and who was not asked has not been silent. */
function isOverdue(
  { now }: PaymentState,
  subject: AttemptState | OperationState,
  { toldWithinMs }: Looked,
): boolean {
  const { status, parkedAt, sendBy, lookups, providerReference } = subject;
  // Without the id it was acknowledged under that would be forgotten with `pending`, and silence prove it absent.
  const isMute = status === 'pending' && providerReference !== null;
  const afterMs = status === 'unknown' ? parkAfterMs : isMute ? toldWithinMs : undefined;
  if (afterMs === undefined || parkedAt !== null || sendBy === null) return false;
  return lookupDelayMs(lookups) >= parkAfterMs && now >= sendBy + afterMs;
}

function parked(
  { now }: PaymentState,
  opened: Pick<NewCase, 'attemptId' | 'operationId' | 'amount'>,
  { kind, status }: { readonly kind: string; readonly status: string },
  { said, evidence }: Looked,
): Parking {
  const isDoubted = status === 'pending';
  const reason = isDoubted ? 'never_told' : reasons[said];
  const subject =
    opened.operationId === undefined
      ? { attempt_id: opened.attemptId }
      : { operation_id: opened.operationId };
  const moved: TimelineLine = {
    ...{ actor: 'tender', kind: `${kind}.unknown`, fromStatus: status, toStatus: 'unknown' },
    evidence: {
      kind: 'timer',
      ...subject,
      detail: 'acknowledged, and nothing was told of it since',
    },
  };
  return {
    patch: { parkedAt: now, ...(isDoubted && { status: 'unknown' }) },
    timeline: [
      ...(isDoubted ? [moved] : []),
      { actor: 'tender', kind: `${kind}.parked`, evidence: { ...subject, reason, ...evidence } },
    ],
    cases: [{ kind: 'unknown', ...opened, reason, evidence: { ...evidence } }],
    isDoubted,
  };
}
