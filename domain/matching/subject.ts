/** What of ours a settlement line may be: a capture, a refund, a receipt, a late sale, a dispute. */
import type { MovementKind } from './line.ts';

export interface Subject {
  /** Of the operation, the dispute, or the sale's attempt where there is no operation. */
  readonly id: string;
  readonly paymentId: string;
  readonly merchantId: string;
  readonly provider: string;
  readonly attemptId: string;
  readonly kind: MovementKind;
  /** What we told the provider to call it. */
  readonly reference: string;
  readonly providerReference: string | null;
  /** The provider's id of the payment it belongs to. */
  readonly parentReference: string | null;
  /** With the sign of a line: a refund is below zero. */
  readonly amount: bigint;
  readonly currency: string;
  /** False: by our books it did not happen, or is not known to have. */
  readonly done: boolean;
  /** When it may have been booked, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Of the lines that were matched to it before. */
  readonly settled: bigint;
  readonly settledLines: number;
  /** What the provider should keep, in ten-thousandths of a minor unit; null: not agreed. */
  readonly cost: bigint | null;
  /** The payment was given back by a refund and by a dispute. */
  readonly paidTwice: boolean;
}

/** What its lines must come to. */
export function expectedOf({ amount, done }: Subject): bigint {
  return done ? amount : 0n;
}
