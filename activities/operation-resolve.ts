import { lookOperationAgain } from '../domain/look-again.ts';
import { lookedAt } from '../domain/parking.ts';
import { askedKind, isOpen, operationById, type PaymentState } from '../domain/payment-state.ts';
import type { LookupResult } from '../domain/provider.ts';
import { recordClosedOperation } from '../domain/record-closed-operation.ts';
import { recordAbsent } from '../domain/record-operation.ts';
import { resolveOperation } from '../domain/resolve.ts';
import type { SettlementLine } from '../domain/settlement-evidence.ts';
import { attemptOf, operationRequest } from '../domain/submit-operation.ts';
import { commit, commitOutcome, load } from './commit.ts';
import { providerOf, type ActivityDeps } from './deps.ts';
import { startElapsed } from './elapsed.ts';
import { lookUp } from './look-up.ts';
import { recordOutcome, send } from './operation-execute.ts';
import { handling, isOvertaken, readSettled, setAside, unlessStated } from './settlement.ts';

/** One step towards the truth about a capture, void or refund. */
export async function resolveOperationOnce(
  deps: ActivityDeps,
  paymentId: string,
  operationId: string,
): Promise<PaymentState> {
  const read = await load(deps, paymentId);
  const operation = operationById(read, operationId);
  const attempt = attemptOf(read, operation);
  if (attempt === undefined) throw new Error(`operation ${operationId} has no attempt`);
  const provider = providerOf(deps, attempt.provider);
  const settled = await readSettled(deps, operation, provider.contract);
  const payment = await setAside(deps, read, operation, settled);
  const { done, statements, unlisted } = settled;
  const lookup: LookupResult =
    done === null
      ? await lookUp(deps, provider, askedKind(operation), operationId, attempt.providerReference)
      : { kind: 'found', outcome: done };
  if (!isOpen(operation)) return lookAtClosed(deps, payment, operationId, lookup, statements);
  const resolution = unlessStated(
    resolveOperation(payment, operation, provider.contract, lookup, unlisted),
    settled,
  );
  switch (resolution.kind) {
    case 'record':
      return recordOutcome(
        deps,
        payment,
        operationId,
        resolution.outcome,
        operation.sentCount,
        statements,
      );
    case 'resend':
      return resend(deps, payment, operationId);
    case 'absent': {
      // Proven not to have happened: what was accepted is still to be done, under a new key.
      const { evidence } = resolution;
      const decided = await commitOutcome(deps, payment, (p) => {
        const now = operationById(p, operationId);
        // Sent again meanwhile: this absence is of the time before.
        if (now.sentCount !== operation.sentCount || isOvertaken(evidence, payment, p)) return null;
        const itsAttempt = attemptOf(p, now);
        return itsAttempt === undefined
          ? null
          : recordAbsent({ payment: p, operation: now, attempt: itsAttempt }, evidence);
      });
      return decided.payment;
    }
    case 'void_by_reference':
    case 'close_page':
    case 'look_again': {
      const absent = resolution.kind === 'look_again' && resolution.absent;
      const decided = await commitOutcome(deps, payment, (p) => {
        const now = operationById(p, operationId);
        const same = now.status === operation.status && now.sentCount === operation.sentCount;
        return same
          ? lookOperationAgain(p, now, absent, lookedAt(lookup, provider.contract))
          : null;
      });
      return decided.payment;
    }
  }
}

/** Closed, and somebody spoke of it again: kept as evidence where it contradicts, and at rest again. */
async function lookAtClosed(
  deps: ActivityDeps,
  payment: PaymentState,
  operationId: string,
  lookup: LookupResult,
  statements: readonly SettlementLine[],
): Promise<PaymentState> {
  const newOperationId = deps.newId('ref');
  const decided = await commitOutcome(deps, payment, (p) => {
    const operation = operationById(p, operationId);
    if (isOpen(operation)) return null;
    const change = recordClosedOperation(p, operation, lookup, newOperationId);
    // It waits for what is under way: what was listed is booked after that, and is kept until then.
    const waits = change?.operations?.update?.some(
      ({ id, status, dueAt }) => id === operationId && status === undefined && dueAt != null,
    );
    return waits === true ? change : handling(change, statements);
  });
  return decided.payment;
}

/** The permit is the committed `sent_count`; same key, inside half of the provider's memory of it. */
async function resend(
  deps: ActivityDeps,
  payment: PaymentState,
  operationId: string,
): Promise<PaymentState> {
  const seen = operationById(payment, operationId);
  const elapsedMs = startElapsed();
  const decided = await commit(deps, payment, (p) => {
    const operation = operationById(p, operationId);
    const attempt = attemptOf(p, operation);
    if (
      attempt === undefined ||
      operation.sentCount !== seen.sentCount ||
      operation.status !== seen.status
    ) {
      return null;
    }
    const again = resolveOperation(p, operation, providerOf(deps, attempt.provider).contract, {
      kind: 'absent',
      evidence: { kind: 'lookup', provider: attempt.provider, detail: 'absent' },
    });
    return again.kind === 'resend' ? again.change : null;
  });
  const operation = operationById(decided.payment, operationId);
  const attempt = attemptOf(decided.payment, operation);
  const late = elapsedMs() > (operation.sendBy ?? 0) - decided.payment.now;
  if (
    !decided.committed ||
    late ||
    attempt?.providerReference == null ||
    operation.providerKey === null
  ) {
    return decided.payment;
  }
  const request = operationRequest(
    decided.payment,
    operation,
    attempt,
    attempt.providerReference,
    operation.providerKey,
  );
  const outcome = await send(deps, attempt.provider, decided.payment, operationId, request);
  // The first request may still be under way, so even a certain "not sent" of this one proves nothing.
  return outcome.kind === 'not_sent'
    ? decided.payment
    : recordOutcome(deps, decided.payment, operationId, outcome, operation.sentCount);
}
