/** A line of a settlement file, as matching sees it. Amounts are from our point of view: below zero, taken from us. */

/** Movements of a payment; each has a counterpart in our books. */
export type MovementKind = 'capture' | 'refund' | 'dispute';

export interface SettledLine {
  readonly line: number;
  readonly kind: string;
  /** Ours, as far as the file knows it. */
  readonly reference: string | null;
  /** The provider's, of this movement and of the payment it belongs to. */
  readonly providerReference: string | null;
  readonly parentReference: string | null;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly currency: string;
  readonly charged: bigint | null;
  readonly chargedCurrency: string | null;
  /** Ms since the epoch. */
  readonly occurredAt: number;
}

/** A reversal is a line of the movement it takes back, with the other sign. */
const movements: Readonly<Record<string, MovementKind>> = {
  capture: 'capture',
  capture_reversal: 'capture',
  refund: 'refund',
  refund_reversal: 'refund',
  dispute: 'dispute',
  dispute_reversal: 'dispute',
};

/** Null: no movement of a payment. */
export function movementOf({ kind }: Pick<SettledLine, 'kind'>): MovementKind | null {
  return Object.hasOwn(movements, kind) ? (movements[kind] ?? null) : null;
}

/** What it is in the currency of the payment: as charged, where it was converted. */
export function moneyOf(line: SettledLine): { readonly amount: bigint; readonly currency: string } {
  return line.charged === null || line.chargedCurrency === null
    ? { amount: line.gross, currency: line.currency }
    : { amount: line.charged, currency: line.chargedCurrency };
}
