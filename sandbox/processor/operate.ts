import type { Context } from '../context.ts';
import type { Contract } from '../contracts.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import type { OperationRow } from '../store/operations.ts';
import { bookOperation } from './books.ts';
import { newProviderId } from './ids.ts';
import { settleLateFailures } from './late.ts';
import { presentOperation } from './present.ts';
import { declinedBody, lateAfterMs } from './result.ts';
import type { Lateness, Result } from './result.ts';
import { applyOperation, refusalOf } from './rules.ts';
import type { RequestedOperation } from './rules.ts';

export interface OperationOrder extends RequestedOperation {
  readonly contract: Contract;
  readonly key: string;
  readonly reference: string;
  readonly authorizationId: string;
}

function newOperation(order: OperationOrder, refusal: string | null, now: number): OperationRow {
  return {
    id: newProviderId(order.contract, order.kind),
    provider: order.contract.name,
    kind: order.kind,
    reference: order.reference,
    key: order.key,
    authorization_id: order.authorizationId,
    amount: order.amount,
    currency: order.currency,
    final: order.final ? 1 : 0,
    status: refusal === null ? 'succeeded' : 'declined',
    decline_code: refusal,
    created_at: now,
  };
}

/** Voiding what still waits for its shopper moves no money, so the books say nothing of it. */
function movesMoney(authorization: AuthorizationRow): boolean {
  return authorization.status !== 'requires_action';
}

function findAuthorization(context: Context, order: OperationOrder): AuthorizationRow | undefined {
  const found = context.store.authorizations.find(order.authorizationId);
  return found?.provider === order.contract.name ? found : undefined;
}

/** One capture, void or refund, inside the caller's transaction. */
export function operate(context: Context, order: OperationOrder, lateness: Lateness): Result {
  const { store, clock } = context;
  const now = clock.now();
  settleLateFailures(context, order.authorizationId);
  const authorization = findAuthorization(context, order);
  const refusal = refusalOf(order.contract, authorization, order, now);
  const late = refusal === null && authorization && movesMoney(authorization) ? lateness : null;
  const row = newOperation(order, late === 'late_success' ? 'do_not_honor' : refusal, now);
  store.operations.insert(row);
  if (authorization !== undefined && row.status === 'succeeded') {
    store.authorizations.update(applyOperation(order.contract, authorization, order));
    if (late === null && movesMoney(authorization)) bookOperation(store, row, now);
  }
  if (late !== null) {
    store.jobs.insert({
      subject_id: row.id,
      kind: late,
      operation: order.kind,
      authorization_id: order.authorizationId,
      due_at: now + lateAfterMs,
    });
  }
  return present(row, late === 'late_success');
}

function present(row: OperationRow, kept: boolean): Result {
  const body = presentOperation(row);
  const succeeded = row.status === 'succeeded';
  return {
    status: succeeded ? 200 : 402,
    body: succeeded ? body : declinedBody(row.decline_code ?? 'declined', body),
    kept,
    event: {
      operation: row.kind,
      succeeded,
      provider: row.provider,
      reference: row.reference,
      providerReference: row.id,
    },
  };
}
