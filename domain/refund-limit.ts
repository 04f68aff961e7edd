/** Which refunds need a second person: the merchant's limit by currency, over all of a payment. */
import type { PaymentState } from './payment-state.ts';

/** Many small refunds are one large one: what one person has given back alone counts together. */
export function needsSecondPerson(payment: PaymentState, amount: bigint): boolean {
  if (payment.refundLimit === null) return false;
  const alone = payment.operations.filter(
    (o) =>
      o.kind === 'refund' &&
      o.cause === 'request' &&
      o.approvalId === null &&
      o.status !== 'failed' &&
      o.status !== 'rejected',
  );
  return alone.reduce((sum, o) => sum + o.amount, amount) > payment.refundLimit;
}
