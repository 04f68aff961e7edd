import { closePage } from '../domain/close-page.ts';
import { lookAttemptAgain } from '../domain/look-again.ts';
import { lookedAt } from '../domain/parking.ts';
import { attemptById, type AttemptState, type PaymentState } from '../domain/payment-state.ts';
import { able, type LookupResult, type Provider } from '../domain/provider.ts';
import { dueWhenDecided } from '../domain/record-attempt.ts';
import type { Recording } from '../domain/recording.ts';
import { failOver, recordFenced, recordNo } from '../domain/record-no.ts';
import { resolveAttempt } from '../domain/resolve.ts';
import { lookAgainAfterMs } from '../domain/timing.ts';
import { record } from './attempt-record.ts';
import { takeReceipts } from './attempt-receipts.ts';
import { commit, commitOutcome, load } from './commit.ts';
import { providerOf, type ActivityDeps } from './deps.ts';
import { startElapsed } from './elapsed.ts';
import { finishAction } from './finish-action.ts';
import { lookUp } from './look-up.ts';
import { isOvertaken, readSettled, setAside, unlessStated } from './settlement.ts';

const decidedStatuses = ['authorized', 'declined', 'not_sent', 'voided', 'expired', 'late'];

/** One step towards the truth about an attempt: a lookup, and what its answer allows. */
export async function resolve(
  deps: ActivityDeps,
  paymentId: string,
  attemptId: string,
): Promise<PaymentState> {
  const read = await load(deps, paymentId);
  const attempt = attemptById(read, attemptId);
  const provider = providerOf(deps, attempt.provider);
  const settled = await readSettled(deps, attempt, provider.contract);
  const payment = await setAside(deps, read, attempt, settled);
  if (settled.done !== null) {
    return record(deps, payment, attemptId, settled.done, settled.statements);
  }
  const finished = await finishAction(deps, payment, attempt, provider);
  if (finished !== null) return record(deps, payment, attemptId, finished);
  const lookup = await lookUp(deps, provider, 'authorize', attemptId, attempt.providerReference);

  if (lookup.kind === 'found' && lookup.receipts !== undefined) {
    const { payment: settled, over } = await takeReceipts(deps, payment, attemptId, provider, {
      ...lookup,
      receipts: lookup.receipts,
    });
    if (over) return settled;
  }
  if (decidedStatuses.includes(attempt.status)) {
    return lookAtDecided(deps, payment, attemptId, lookup);
  }

  const looked = lookedAt(lookup, provider.contract);
  const resolution = unlessStated(
    resolveAttempt(payment, attempt, provider.contract, lookup, settled.unlisted),
    settled,
  );
  switch (resolution.kind) {
    case 'record':
      return record(deps, payment, attemptId, resolution.outcome);
    case 'resend':
      return resend(deps, payment, attemptId, provider);
    case 'void_by_reference':
      return voidByReference(deps, payment, attemptId, provider, lookup);
    case 'absent': {
      const { evidence } = resolution;
      const decided = await commitOutcome(deps, payment, (p) => {
        const now = attemptById(p, attemptId);
        if (!sameTry(now, attempt) || isOvertaken(evidence, payment, p)) return null;
        return recordNo(recording(p, attemptId, provider, deps.newId('op')), 'not_sent', evidence, {
          absences: now.absences + 1,
          dueAt: p.now + lookAgainAfterMs,
        });
      });
      return decided.payment;
    }
    case 'close_page': {
      const newOperationId = deps.newId('op');
      const decided = await commitOutcome(deps, payment, (p) => {
        const now = attemptById(p, attemptId);
        return closePage(p, now, newOperationId) ?? lookAttemptAgain(p, now, false, looked);
      });
      return decided.payment;
    }
    case 'look_again': {
      const decided = await commitOutcome(deps, payment, (p) => {
        const now = attemptById(p, attemptId);
        return sameTry(now, attempt) ? lookAttemptAgain(p, now, resolution.absent, looked) : null;
      });
      return decided.payment;
    }
  }
}

/** Not decided and not sent again since it was looked up: an absence is of the time before a resend. */
function sameTry(now: AttemptState, seen: AttemptState): boolean {
  return now.status === seen.status && now.sentCount === seen.sentCount;
}

function recording(
  payment: PaymentState,
  attemptId: string,
  provider: Provider,
  newOperationId: string,
): Recording {
  return {
    payment,
    attempt: attemptById(payment, attemptId),
    contract: provider.contract,
    newOperationId,
  };
}

/** The permit is the committed `sent_count`: of two that want to resend, one does. */
async function resend(
  deps: ActivityDeps,
  payment: PaymentState,
  attemptId: string,
  provider: Provider,
): Promise<PaymentState> {
  const seen = attemptById(payment, attemptId);
  const elapsedMs = startElapsed();
  const decided = await commit(deps, payment, (p) => {
    const attempt = attemptById(p, attemptId);
    if (attempt.sentCount !== seen.sentCount || attempt.status !== seen.status) return null;
    const again = resolveAttempt(p, attempt, provider.contract, {
      kind: 'absent',
      evidence: { kind: 'lookup', provider: attempt.provider, detail: 'absent' },
    });
    return again.kind === 'resend' ? again.change : null;
  });
  if (!decided.committed) return decided.payment;
  const attempt = attemptById(decided.payment, attemptId);
  if (elapsedMs() > attempt.sendBy - decided.payment.now) return decided.payment;
  const outcome = await provider.authorize({
    reference: attemptId,
    idempotencyKey: attempt.providerKey,
    amountMinor: attempt.amount,
    currency: decided.payment.currency,
    method: decided.payment.paymentMethod.type,
    token: attempt.token,
    offSession: decided.payment.offSession,
    challenge: attempt.challenged,
    capture: attempt.kind === 'sale',
    returnUrl: `${deps.returnUrl}/${attempt.returnToken}`,
  });
  // A first request may still be under way, so even a certain "not sent" of this one proves nothing.
  return outcome.kind === 'not_sent'
    ? decided.payment
    : record(deps, decided.payment, attemptId, outcome);
}

async function voidByReference(
  deps: ActivityDeps,
  payment: PaymentState,
  attemptId: string,
  provider: Provider,
  lookup: LookupResult,
): Promise<PaymentState> {
  const seen = attemptById(payment, attemptId);
  // The contract said it can, or this would not have been decided.
  const result = await able(provider, 'voidByReference').voidByReference(attemptId);
  const newOperationId = deps.newId('op');
  const decided = await commitOutcome(deps, payment, (p) => {
    const attempt = attemptById(p, attemptId);
    if (attempt.status === 'authorized' && result.kind === 'confirmed') {
      return recordFenced(recording(p, attemptId, provider, newOperationId), result.evidence);
    }
    if (attempt.status !== seen.status) return null;
    if (result.kind !== 'confirmed') {
      const { retryAfterMs } = result.kind === 'no_answer' ? result : {};
      const looked = lookedAt(lookup, provider.contract);
      return lookAttemptAgain(
        p,
        attempt,
        false,
        retryAfterMs ? { ...looked, retryAfterMs } : looked,
      );
    }
    const r = recording(p, attemptId, provider, newOperationId);
    const mayGoOn = attempt.status !== 'requires_action' && !p.voidOpen;
    return mayGoOn
      ? failOver(r, 'voided', result.evidence)
      : recordNo(r, 'voided', result.evidence);
  });
  return decided.payment;
}

/** Looked up although it is decided: what agrees clears the reason to look, money found is a late success. */
async function lookAtDecided(
  deps: ActivityDeps,
  payment: PaymentState,
  attemptId: string,
  lookup: LookupResult,
): Promise<PaymentState> {
  if (lookup.kind === 'found') return record(deps, payment, attemptId, lookup.outcome);
  const decided = await commitOutcome(deps, payment, (p) => {
    const attempt = attemptById(p, attemptId);
    if (attempt.dueAt === null || attempt.dueAt > p.now) return null;
    if (lookup.kind === 'no_answer')
      return lookAttemptAgain(
        p,
        attempt,
        false,
        lookedAt(lookup, providerOf(deps, attempt.provider).contract),
      );
    const dueAt = dueWhenDecided(p, attempt);
    return {
      attempts: { update: [{ id: attemptId, fromStatus: attempt.status, dueAt }] },
      timeline: [],
    };
  });
  return decided.payment;
}
