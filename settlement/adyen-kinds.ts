/** Adyen's record types of the settlement details report in our words; what is not here is `unknown`. */
import type { LineKind } from '../domain/settlement-file.ts';

const kinds: Readonly<Record<string, LineKind>> = {
  Settled: 'capture',
  SettledReversed: 'capture_reversal',
  Refunded: 'refund',
  RefundedReversed: 'refund_reversal',
  Chargeback: 'dispute',
  SecondChargeback: 'dispute',
  ChargebackReversed: 'dispute_reversal',
  Fee: 'fee',
  MiscCosts: 'fee',
  PaymentCost: 'fee',
  InvoiceDeduction: 'fee',
  Balancetransfer: 'adjustment',
};

export function adyenKindOf(type: string, net: bigint): LineKind {
  // From the balance at Adyen: what is paid out leaves it, what is collected comes to it.
  if (type === 'MerchantPayout') return net < 0n ? 'payout' : 'collection';
  if (type === 'DepositCorrection') return net < 0n ? 'reserve_hold' : 'reserve_release';
  return (Object.hasOwn(kinds, type) ? kinds[type] : undefined) ?? 'unknown';
}
