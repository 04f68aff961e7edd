/**
 * Refunds and disputes draw from the same pot: what was captured. What was captured in excess is not in it:
 * it stands in suspense, and what a refund takes from there takes nothing from the pot.
 */
import { isOpen, type OperationState, type PaymentState } from './payment-state.ts';
import { isRefundOfCapture } from './refund-entries.ts';

/**
 * A refund that waited while a dispute took its money may not leave any more. Counted are those that have
 * left before it, not those that wait as well: each is judged when its turn comes.
 */
export function isTakenByDispute(payment: PaymentState, operation: OperationState): boolean {
  if (payment.amountDisputed === 0n || operation.sentCount > 0) return false;
  if (!isRefundOfCapture(operation) || drawn(operation) === 0n) return false;
  const out = payment.operations
    .filter((o) => isRefundOfCapture(o) && isOpen(o) && o.sentCount > 0)
    .reduce((sum, o) => sum + drawn(o), 0n);
  return drawn(operation) + out > remaining(payment);
}

/** What of `amount` is still there to be taken, by what is known to have been paid out. */
export function leftInPot(payment: PaymentState, amount: bigint): bigint {
  const left = remaining(payment);
  if (left <= 0n) return 0n;
  return left < amount ? left : amount;
}

/** What a refund that has just been paid takes a second time, counted before it is. */
export function takenTwiceBy(payment: PaymentState, operation: OperationState): bigint {
  const left = remaining(payment);
  const missing = drawn(operation) - (left > 0n ? left : 0n);
  return missing > 0n ? missing : 0n;
}

function drawn({ amount, fromSuspense }: OperationState): bigint {
  return amount - fromSuspense;
}

function remaining({
  amountCaptured,
  amountRefunded,
  amountDisputed,
  operations,
}: PaymentState): bigint {
  const suspense = operations
    .filter((o) => isRefundOfCapture(o) && o.status === 'succeeded')
    .reduce((sum, { fromSuspense }) => sum + fromSuspense, 0n);
  return amountCaptured - (amountRefunded - suspense) - amountDisputed;
}
