/** Returns that failed, as the API's tests need them, on real PostgreSQL: what came too late, was left over, was taken back. */
import { encodeClaim } from '../../db/inbox.ts';
import type { OperationState, PaymentState } from '../../domain/payment-state.ts';
import type { ProviderOutcome } from '../../domain/provider.ts';
import { recordAttempt } from '../../domain/record-attempt.ts';
import { recordClosedOperation } from '../../domain/record-closed-operation.ts';
import { recordOperation } from '../../domain/record-operation.ts';
import { recordTransfers } from '../../domain/record-transfers.ts';
import { planOperation } from '../../domain/submit-operation.ts';
import { newId } from '../../runtime/ids.ts';
import type { ApprovalsApi } from './approvals-api.ts';
import { aContract, approved, declined, requiresAction, seenByLookup } from './payments.ts';

const contract = aContract();

export function last(payment: PaymentState): OperationState {
  const operation = payment.operations.at(-1);
  if (operation === undefined) throw new Error(`payment ${payment.id} has no operation`);
  return operation;
}
function attemptOf(payment: PaymentState): PaymentState['attempts'][number] {
  const [attempt] = payment.attempts;
  if (attempt === undefined) throw new Error(`payment ${payment.id} has no attempt`);
  return attempt;
}
async function committed(
  it: ApprovalsApi,
  payment: PaymentState,
  change: Parameters<ApprovalsApi['on']['commit']>[1] | null,
): Promise<PaymentState> {
  // prettier-ignore
  if (change === null) throw new Error('nothing to write');
  return it.on.commit(payment, change);
}

/** Sends the operation that waits, and records what the provider says of it. */
export async function sent(
  it: ApprovalsApi,
  before: PaymentState,
  said: ProviderOutcome,
): Promise<PaymentState> {
  const { change } = planOperation(before, last(before), () => contract, newId('op'));
  const payment = await it.on.commit(before, change);
  const r = { payment, operation: last(payment), attempt: attemptOf(payment) };
  return committed(it, payment, recordOperation(r, said));
}

/** Said no, took it all the same, and would not give it back. */
export async function late(it: ApprovalsApi, captured: boolean): Promise<PaymentState> {
  const captureMethod = captured ? 'automatic' : 'manual';
  const payment = await it.on.tried({ merchantId: it.merchantId, captureMethod }, declined());
  const r = { payment, attempt: attemptOf(payment), contract, newOperationId: newId('op') };
  const found = await committed(
    it,
    payment,
    recordAttempt(r, seenByLookup(approved({ captured }))),
  );
  return sent(it, found, declined());
}

/** What payers sent for a payment that is over; `returns` of what was sent back. */
export async function transferred(
  it: ApprovalsApi,
  returns: readonly ProviderOutcome[],
): Promise<PaymentState> {
  const paymentMethod = { type: 'bank_transfer' } as const;
  let payment = await it.on.tried({ merchantId: it.merchantId, paymentMethod }, requiresAction());
  const r = { payment, attempt: attemptOf(payment), contract, newOperationId: newId('op') };
  payment = await committed(it, payment, recordAttempt(r, declined()));
  const receipt = {
    id: newId('rec'),
    amountMinor: 700n,
    currency: 'USD' as const,
    at: payment.now,
  };
  const receipts = [{ ...receipt, operationId: newId('op') }];
  for (const said of returns) {
    payment = await looked(it, payment, receipts);
    payment = await sent(it, payment, said);
  }
  return returns.every(({ kind }) => kind === 'declined') ? looked(it, payment, receipts) : payment;
}
type Receipts = Parameters<typeof recordTransfers>[0]['receipts'];
async function looked(
  it: ApprovalsApi,
  payment: PaymentState,
  receipts: Receipts,
): Promise<PaymentState> {
  const ids = { newOperationId: newId('op'), newReturnId: newId('ref') };
  const attempt = { ...attemptOf(payment), dueAt: payment.now };
  const outcome = seenByLookup(declined('already_voided'));
  const r = { payment, attempt, contract, outcome, receipts, ofAnother: {}, ...ids };
  return committed(it, payment, recordTransfers(r));
}

/** Refunded, and taken back by the provider. */
export async function takenBack(it: ApprovalsApi): Promise<PaymentState> {
  const refunded = await it.on.operate(await it.captured(), { kind: 'refund', amount: 60n }, approved({ amountMinor: 60n })); // prettier-ignore
  return told(it, refunded, last(refunded).id, seenByLookup(declined('late_failure')));
}

/** The provider speaks up by an event, and the lookup that follows is answered so. */
export async function told(
  it: ApprovalsApi,
  payment: PaymentState,
  operationId: string,
  said: ProviderOutcome,
): Promise<PaymentState> {
  // prettier-ignore
  await it.on.rows.all(`select receive_webhook('alder', $1, 'refund', $2, '', 0, $3::jsonb)`, [
    ...[newId('whe'), operationId, encodeClaim({ kind: 'refund', outcome: said })],
  ]);
  const now = await it.on.state(payment.id);
  const operation = now.operations.find(({ id }) => id === operationId);
  if (operation === undefined) throw new Error(operationId);
  if (operation.dueAt === null) throw new Error('an event makes it due');
  const lookup = { kind: 'found', outcome: said } as const;
  return committed(it, now, recordClosedOperation(now, operation, lookup, newId('ref')));
}
