/** Voids and refunds at the bank, and the fence: what is not paid yet can be called off, the rest sent back. */
import type { Context } from '../context.ts';
import { newProviderId } from '../processor/ids.ts';
import { conflict, declinedBody } from '../processor/result.ts';
import type { Result } from '../processor/result.ts';
import type { BankOperationRow, BankPaymentRow } from '../store/bank.ts';
import { findAccount } from './accounts.ts';
import { bankContract } from './contract.ts';
import { refundTakesMs } from './moves.ts';
import { presentOperation } from './present.ts';

export interface BankOperationOrder {
  readonly kind: 'void' | 'refund';
  readonly paymentId: string;
  readonly key: string;
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
}

const refusedVoids: Readonly<Record<string, string>> = {
  succeeded: 'already_captured',
  returned: 'already_captured',
  canceled: 'already_voided',
  declined: 'authorization_declined',
};

function refusalOf(payment: BankPaymentRow | undefined, order: BankOperationOrder): string | null {
  if (payment === undefined) return 'authorization_not_found';
  if (payment.currency !== order.currency) return 'currency_mismatch';
  if (order.kind === 'void') return refusedVoids[payment.status] ?? null;
  const left = payment.received - payment.refunded;
  return order.amount > left ? 'refund_exceeds_captured' : null;
}

/** Nothing more is asked of the payer. What they send all the same still arrives. */
function calledOff(payment: BankPaymentRow, code: string): BankPaymentRow {
  return { ...payment, status: 'canceled', decline_code: code, next_at: null, next_status: null };
}

function applyTo(context: Context, payment: BankPaymentRow, order: BankOperationOrder): void {
  const { payments } = context.store.bank;
  if (order.kind === 'void') payments.put(calledOff(payment, 'already_voided'));
  else payments.put({ ...payment, refunded: payment.refunded + order.amount });
}

/** A refund is taken at once and done a day later. */
function courseOf(
  context: Context,
  payment: BankPaymentRow | undefined,
  refused: boolean,
  { kind }: BankOperationOrder,
): Pick<BankOperationRow, 'status' | 'next_at' | 'next_status'> {
  const atRest = { next_at: null, next_status: null };
  if (refused) return { status: 'declined', ...atRest };
  if (kind === 'void') return { status: 'succeeded', ...atRest };
  const fails = findAccount(context, payment?.token ?? '')?.refund === 'fails';
  return {
    status: 'pending',
    next_at: context.clock.now() + refundTakesMs,
    next_status: fails ? 'declined' : 'succeeded',
  };
}

export function operate(context: Context, order: BankOperationOrder): Result {
  const { bank } = context.store;
  const payment = bank.payments.find(order.paymentId);
  const refusal = refusalOf(payment, order);
  const { kind, paymentId, key, reference, amount, currency } = order;
  const row: BankOperationRow = {
    ...{ id: newProviderId(bankContract, kind), payment_id: paymentId, kind, reference, key },
    ...{ amount, currency, decline_code: refusal, created_at: context.clock.now() },
    ...courseOf(context, payment, refusal !== null, order),
  };
  bank.operations.put(row);
  if (payment !== undefined && refusal === null) applyTo(context, payment, order);
  const body = presentOperation(row);
  if (refusal === null) return { status: 200, body };
  return { status: 402, body: declinedBody(refusal, body) };
}

/** As with the card processors: called off, and refused if it arrives later. */
export function fence(context: Context, reference: string): Result {
  const { store } = context;
  const rows = store.bank.payments.listByReference(reference);
  const taken = rows.some(({ status }) => status === 'succeeded' || status === 'returned');
  if (taken) {
    const refused = conflict('already_captured', 'what was paid can only be refunded');
    return { ...refused, body: { ...refused.body, reference } };
  }
  if (store.bank.payouts.findByReference(reference) !== undefined) {
    const refused = conflict('already_sent', 'what is on its way cannot be called off');
    return { ...refused, body: { ...refused.body, reference } };
  }
  store.fences.insert('bank', reference);
  for (const row of rows) {
    const isOpen = row.status === 'requires_action' || row.status === 'pending';
    if (isOpen) store.bank.payments.put(calledOff(row, 'reference_voided'));
  }
  return { status: 200, body: { object: 'fence', reference, status: 'fenced' } };
}
