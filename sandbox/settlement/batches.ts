/** What a provider settles of a day: its money movements and, per currency, the payout they add up to. */
import type { DisputeMoveRow } from '../disputes/store.ts';
import { feeOf } from '../processor/fees.ts';
import type { MovementRow } from '../store/movements.ts';
import type { Store } from '../store/store.ts';
import { dayMs, dayOf, stampOf } from './days.ts';

export interface Line {
  readonly provider: string;
  readonly movementId: string;
  /** Ours: of the attempt or of the operation. */
  readonly reference: string;
  /** The provider's id of the payment or dispute it belongs to; empty where it is the payment itself. */
  readonly parentId: string;
  readonly type: LineType;
  /** From our point of view: below zero, it is taken from us. */
  readonly amount: bigint;
  /** What the provider keeps; below zero: given back. */
  readonly fee: bigint;
  readonly currency: string;
  readonly bookedAt: number;
  readonly batchId: string;
}

export interface Batch {
  readonly id: string;
  readonly provider: string;
  readonly currency: string;
  readonly day: number;
  readonly count: number;
  readonly amount: bigint;
  readonly fee: bigint;
}

export interface Payout {
  readonly id: string;
  readonly batch: Batch;
  readonly type: 'payout' | 'collection';
  /** Below zero: collected from us. */
  readonly amount: bigint;
  readonly currency: string;
  readonly paidAt: number;
}

const signs = { capture: 1n, refund: -1n } as const;

type MoneyMove = keyof typeof signs;
export type LineType = MoneyMove | 'dispute' | 'dispute_reversal';

function isMoneyMove(operation: string): operation is MoneyMove {
  return Object.hasOwn(signs, operation);
}

/** Whose reports list what disputes moved; the others tell of it in their events alone. */
const listsDisputes: readonly string[] = ['alder', 'birch', 'cedar'];

function batchIdOf(provider: string, at: number, currency: string): string {
  return `${provider}-${stampOf(dayOf(at))}-${currency}`;
}

function parentOf(store: Store, { provider, movementId: id }: Moved): string {
  if (provider === 'bank') {
    const own = store.bank.operations.find(id) ?? store.bank.transfers.find(id);
    return own?.payment_id ?? '';
  }
  return store.operations.find(id)?.authorization_id ?? '';
}

/** A line, but for the payment it belongs to, which is to be looked up. */
type Moved = Omit<Line, 'parentId'> & { readonly disputeId?: string };

function ofMovement(movement: MovementRow): readonly Moved[] {
  const { provider, operation, reference, currency, at, provider_reference: id } = movement;
  if (!isMoneyMove(operation)) return [];
  return [
    {
      ...{ provider, movementId: id, reference, type: operation, currency },
      amount: signs[operation] * BigInt(movement.amount),
      fee: BigInt(feeOf(movement)),
      ...{ bookedAt: at, batchId: batchIdOf(provider, at, currency) },
    },
  ];
}

/** It takes no part in the ids of operations: a dispute moves money more than once. */
function ofDispute(moved: DisputeMoveRow): readonly Moved[] {
  const { provider, dispute_id: disputeId, round, what, reference, currency, at } = moved;
  if (!listsDisputes.includes(provider)) return [];
  return [
    {
      ...{ provider, movementId: `${disputeId}_${what}_${String(round)}`, disputeId, reference },
      ...{ type: what === 'won' ? 'dispute_reversal' : 'dispute', currency },
      ...{ amount: BigInt(moved.amount), fee: BigInt(moved.fee) },
      ...{ bookedAt: at, batchId: batchIdOf(provider, at, currency) },
    },
  ];
}

/** In the order in which it happened; `to` is not in it. */
function movedBetween(
  store: Store,
  provider: string | null,
  from: number,
  to: number,
): readonly Moved[] {
  const moved = store.movements.listBetween(provider, from, to).flatMap(ofMovement);
  const disputed = store.disputes.movedBetween(provider, from, to).flatMap(ofDispute);
  if (disputed.length === 0) return moved;
  return [...moved, ...disputed].sort((a, b) => a.bookedAt - b.bookedAt);
}

/** Of the day that starts at `day`, in the order in which they happened. */
export function linesOf(store: Store, provider: string, day: number): readonly Line[] {
  return movedBetween(store, provider, day, day + dayMs).map(({ disputeId, ...moved }) => ({
    ...moved,
    parentId: disputeId ?? parentOf(store, moved),
  }));
}

/** Every batch of the days in between, by day, provider and currency. */
export function batchesOf(
  store: Store,
  provider: string | null,
  from: number,
  to: number,
): readonly Batch[] {
  const batches = new Map<string, Batch>();
  for (const moved of movedBetween(store, provider, from, to)) {
    const { batchId: id, provider: name, currency, bookedAt, amount, fee } = moved;
    const day = dayOf(bookedAt);
    const known = batches.get(id) ?? {
      ...{ id, provider: name, currency, day, count: 0, amount: 0n, fee: 0n },
    };
    batches.set(id, {
      ...known,
      count: known.count + 1,
      amount: known.amount + amount,
      fee: known.fee + fee,
    });
  }
  return [...batches.values()].sort((a, b) => a.day - b.day || (a.id < b.id ? -1 : 1));
}

/** Of nothing, nothing is paid. */
export function payoutsOf(batches: readonly Batch[]): readonly Payout[] {
  return batches.flatMap((batch) => {
    const amount = batch.amount - batch.fee;
    if (amount === 0n) return [];
    return {
      id: `po_${batch.provider}_${stampOf(batch.day)}_${batch.currency}`,
      batch,
      type: amount > 0n ? 'payout' : 'collection',
      amount,
      currency: batch.currency,
      paidAt: batch.day + dayMs,
    } as const;
  });
}
