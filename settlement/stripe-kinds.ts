/** Stripe's reporting categories in our words. What is not here is `unknown`, and left to people. */
import type { LineKind } from '../domain/settlement-file.ts';

const kinds: Readonly<Record<string, LineKind>> = {
  charge: 'capture',
  charge_failure: 'capture_reversal',
  partial_capture_reversal: 'capture_reversal',
  refund: 'refund',
  refund_failure: 'refund_reversal',
  dispute: 'dispute',
  dispute_reversal: 'dispute_reversal',
  fee: 'fee',
  network_cost: 'fee',
  tax: 'fee',
  conversion: 'fx',
  other_adjustment: 'adjustment',
};

export function stripeKindOf(category: string, net: bigint): LineKind {
  // From the balance at Stripe: what is paid out leaves it, what is collected comes to it.
  if (category === 'payout') return net < 0n ? 'payout' : 'collection';
  if (category === 'risk_reserved_funds') return net < 0n ? 'reserve_hold' : 'reserve_release';
  return (Object.hasOwn(kinds, category) ? kinds[category] : undefined) ?? 'unknown';
}
