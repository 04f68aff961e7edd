import { listTold } from '../db/inbox.ts';
import type { Change } from '../domain/change.ts';
import {
  askedKind,
  isOpen,
  operationById,
  type AttemptState,
  type OperationState,
  type PaymentState,
} from '../domain/payment-state.ts';
import type {
  OperationRequest,
  Provider,
  ProviderEvidence,
  ProviderOutcome,
} from '../domain/provider.ts';
import { heldBack, recordOperation } from '../domain/record-operation.ts';
import { checkAmount } from '../domain/recording.ts';
import type { SettlementLine } from '../domain/settlement-evidence.ts';
import { attemptOf, planOperation, type OperationPlan } from '../domain/submit-operation.ts';
import { lookupDelayMs } from '../domain/timing.ts';
import { commit, commitOutcome, load } from './commit.ts';
import { providerOf, type ActivityDeps } from './deps.ts';
import { startElapsed } from './elapsed.ts';
import { lookUp } from './look-up.ts';
import { handling, readSettled } from './settlement.ts';

/**
 * A capture, void or refund: the committed move `requested → submitting` is the permit, then the call,
 * then the outcome. Whoever finds the operation `submitting` does not send; it is looked up instead.
 */
export async function execute(
  deps: ActivityDeps,
  paymentId: string,
  operationId: string,
): Promise<PaymentState> {
  const payment = await load(deps, paymentId);
  const newOperationId = deps.newId('ref');
  const elapsedMs = startElapsed();
  const again = operationById(payment, operationId).sentCount > 0;
  if (again) {
    const known = await knownMeanwhile(deps, payment, operationId);
    if (known !== null) return known;
  }
  let plan: OperationPlan | undefined;
  const decided = await commit(deps, payment, (p) => {
    const operation = operationById(p, operationId);
    if (operation.status !== 'requested') return null;
    // Moved on since it was read whether a settlement file lists it after all: that is read again first.
    if (again && p.version !== payment.version) return null;
    plan = planOperation(p, operation, (name) => providerOf(deps, name).contract, newOperationId);
    return plan.change;
  });
  if (!decided.committed || plan?.kind !== 'call') return decided.payment;
  const { sendBy, sentCount } = operationById(decided.payment, operationId);
  // Measured here and not against the wall clock: this process may have been paused for hours.
  if (elapsedMs() > (sendBy ?? 0) - decided.payment.now) return decided.payment;
  const outcome = await send(deps, plan.provider, decided.payment, operationId, plan.request);
  return recordOutcome(deps, decided.payment, operationId, outcome, sentCount);
}

/**
 * Asked for once, proven absent, about to be asked for again under another key: unless a settlement file
 * lists it after all, or the provider has told that it was done.
 */
async function knownMeanwhile(
  deps: ActivityDeps,
  payment: PaymentState,
  operationId: string,
): Promise<PaymentState | null> {
  const operation = operationById(payment, operationId);
  const attempt = attemptOf(payment, operation);
  if (attempt === undefined) return null;
  const { amount, sentCount } = operation;
  const { contract } = providerOf(deps, attempt.provider);
  const { done, statements, isStated } = await readSettled(deps, operation, contract);
  if (!isStated) return toldMeanwhile(deps, payment, operation, attempt);
  const asked = { amount, currency: payment.currency };
  const seen = done === null || operation.kind === 'void' ? done : checkAmount(done, asked);
  if (done !== null && seen?.kind === 'approved') {
    return recordOutcome(deps, payment, operationId, done, sentCount, statements);
  }
  const detail = 'found absent, and listed otherwise than asked for';
  const evidence = seen?.evidence ?? { kind: 'settlement', provider: contract.name, detail };
  return standBack(deps, payment, operationId, evidence, statements);
}

/** What that was is not known: nothing is sent again before it is. */
async function standBack(
  deps: ActivityDeps,
  payment: PaymentState,
  operationId: string,
  evidence: ProviderEvidence,
  statements: readonly SettlementLine[],
): Promise<PaymentState> {
  const decided = await commitOutcome(deps, payment, (p) => {
    const operation = operationById(p, operationId);
    const attempt = attemptOf(p, operation);
    if (operation.status !== 'requested' || attempt === undefined) return null;
    return handling(heldBack({ payment: p, operation, attempt }, evidence), statements);
  });
  return decided.payment;
}

/** What the provider's events say of it, before it goes out under another key; null: nothing against that. */
async function toldMeanwhile(
  deps: ActivityDeps,
  payment: PaymentState,
  operation: OperationState,
  attempt: AttemptState,
): Promise<PaymentState | null> {
  const { sentCount } = operation;
  const provider = providerOf(deps, attempt.provider);
  const kind = askedKind(operation);
  const told = await listTold(deps.db, attempt.provider, operation.id);
  // A no agrees with sending it again; anything else says that it has arrived.
  if (told.every(({ claim }) => claim?.outcome.kind === 'declined')) return null;
  const lookup = await lookUp(deps, provider, kind, operation.id, attempt.providerReference);
  const outcome = lookup.kind === 'found' ? lookup.outcome : null;
  if (outcome?.kind === 'declined') return null;
  if (outcome?.kind === 'approved') {
    const recorded = await recordOutcome(deps, payment, operation.id, outcome, sentCount);
    if (operationById(recorded, operation.id).status !== 'requested') return recorded;
  }
  const decided = await commitOutcome(deps, payment, (p) => {
    const now = operationById(p, operation.id);
    const same = now.status === 'requested' && now.sentCount === sentCount;
    return same ? notSentAgain(p, now, attempt.id) : null;
  });
  return decided.payment;
}

/** Told that it was done, and nobody confirms it: sending it again could do it twice. */
function notSentAgain(payment: PaymentState, operation: OperationState, attemptId: string): Change {
  const { id, lookups, amount } = operation;
  const dueAt = payment.now + lookupDelayMs(lookups);
  const reason = 'told_of_and_not_found';
  return {
    operations: { update: [{ id, fromStatus: 'requested', lookups: lookups + 1, dueAt }] },
    timeline: [],
    cases: [
      {
        ...{ kind: 'contradiction', attemptId, operationId: id, amount, reason },
        evidence: { kind: 'webhook', detail: 'an event says that it was done' },
      },
    ],
  };
}

export async function send(
  deps: ActivityDeps,
  providerName: string,
  payment: PaymentState,
  operationId: string,
  request: OperationRequest,
): Promise<ProviderOutcome> {
  const provider: Provider = providerOf(deps, providerName);
  const kind = askedKind(operationById(payment, operationId));
  return (await provider[kind]?.(request)) ?? cannot(providerName, kind);
}

/** A definite no: nothing was sent, and nothing ever will be. */
function cannot(provider: string, kind: string): ProviderOutcome {
  return {
    kind: 'declined',
    decline: { code: 'not_supported', advice: 'do_not_retry', providerCode: '' },
    evidence: { kind: 'provider_reply', provider, detail: `${kind} is not in its contract` },
  };
}

/**
 * `sentCount` is the send this outcome speaks of. A "not sent" or a no says nothing about a later send of
 * somebody else: believing it there would send the money twice, or say that it is not gone.
 */
export async function recordOutcome(
  deps: ActivityDeps,
  payment: PaymentState,
  operationId: string,
  outcome: ProviderOutcome,
  sentCount: number,
  statements: readonly SettlementLine[] = [],
): Promise<PaymentState> {
  const decided = await commitOutcome(deps, payment, (p) => {
    const operation = operationById(p, operationId);
    const isNo = outcome.kind === 'not_sent' || outcome.kind === 'declined';
    if (isNo && outcome.evidence.kind === 'provider_reply' && operation.sentCount !== sentCount) {
      return null;
    }
    const attempt = attemptOf(p, operation);
    if (attempt === undefined) throw new Error(`operation ${operationId} has no attempt`);
    const change = recordOperation({ payment: p, operation, attempt }, outcome);
    // Decided meanwhile, and otherwise than listed: its next look, which is due now, books what was listed.
    return change !== null && !isOpen(operation) ? change : handling(change, statements);
  });
  return decided.payment;
}
