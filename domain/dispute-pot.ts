/** Refunds and disputes draw from the same pot: what was captured. */
import { isOpen, type OperationState, type PaymentState } from './payment-state.ts';
import { isReturnOfExcess } from './posting-rules/refund.ts';
import { isRefundOfCapture } from './refund-entries.ts';

/**
 * A refund that waited while a dispute took its money may not leave any more. Counted are those that have
 * left before it, not those that wait as well: each is judged when its turn comes.
 */
export function isTakenByDispute(payment: PaymentState, operation: OperationState): boolean {
  if (payment.amountDisputed === 0n || operation.sentCount > 0) return false;
  if (!isRefundOfCapture(operation) || isReturnOfExcess(operation)) return false;
  const out = payment.operations
    .filter((o) => isRefundOfCapture(o) && !isReturnOfExcess(o) && isOpen(o) && o.sentCount > 0)
    .reduce((sum, { amount }) => sum + amount, 0n);
  const taken = payment.amountRefunded + out + payment.amountDisputed;
  return taken + operation.amount > payment.amountCaptured;
}

/** What of `amount` is still there to be taken, by what is known to have been paid out. */
export function leftInPot(payment: PaymentState, amount: bigint): bigint {
  const left = payment.amountCaptured - payment.amountRefunded - payment.amountDisputed;
  if (left <= 0n) return 0n;
  return left < amount ? left : amount;
}
