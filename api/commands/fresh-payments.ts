/**
 * Hands a payment that was accepted a moment ago to the run that starts in this process, which would
 * otherwise read it back. Safe when it is stale: commit 2 is a compare-and-set, its `send_by` counts from
 * the snapshot's own time, so an old one only sends earlier or not at all.
 */
import type { PaymentSnapshot } from '../../db/snapshot.ts';

/** Older, or closer to its end, it is read again. */
const freshMsMax = 1_000;
const submitMarginMs = 5_000;

export interface FreshPayments {
  readonly offer: (snapshot: PaymentSnapshot, acceptedAt: number) => void;
  readonly take: (paymentId: string) => PaymentSnapshot | undefined;
  readonly withdraw: (paymentId: string) => void;
}

export function createFreshPayments(): FreshPayments {
  const offered = new Map<string, { snapshot: PaymentSnapshot; acceptedAt: number }>();
  return {
    offer: (snapshot, acceptedAt) => {
      const { id, submit_by: submitBy } = snapshot.payment;
      if (submitBy === null) return;
      if (Date.parse(submitBy) - Date.parse(snapshot.now) < submitMarginMs) return;
      offered.set(id, { snapshot, acceptedAt });
    },
    take: (paymentId) => {
      const found = offered.get(paymentId);
      offered.delete(paymentId);
      if (found === undefined || performance.now() - found.acceptedAt > freshMsMax)
        return undefined;
      return found.snapshot;
    },
    withdraw: (paymentId) => {
      offered.delete(paymentId);
    },
  };
}
