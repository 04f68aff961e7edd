/** What a provider settles of a day: its money movements and, per currency, the payout they add up to. */
import { feeOf } from '../processor/fees.ts';
import type { MovementRow } from '../store/movements.ts';
import type { Store } from '../store/store.ts';
import { dayMs, dayOf, stampOf } from './days.ts';

export interface Line {
  readonly provider: string;
  readonly movementId: string;
  /** Ours: of the attempt or of the operation. */
  readonly reference: string;
  /** The provider's id of the payment it belongs to; empty where it is the payment itself. */
  readonly parentId: string;
  readonly type: MoneyMove;
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

function isMoneyMove(operation: string): operation is MoneyMove {
  return Object.hasOwn(signs, operation);
}

function batchIdOf({ provider, at, currency }: MovementRow): string {
  return `${provider}-${stampOf(dayOf(at))}-${currency}`;
}

function parentOf(store: Store, { provider, provider_reference: id }: MovementRow): string {
  if (provider === 'bank') {
    const own = store.bank.operations.find(id) ?? store.bank.transfers.find(id);
    return own?.payment_id ?? '';
  }
  return store.operations.find(id)?.authorization_id ?? '';
}

/** Of the day that starts at `day`, in the order in which they happened. */
export function linesOf(store: Store, provider: string, day: number): readonly Line[] {
  const lines: Line[] = [];
  for (const movement of store.movements.listBetween(provider, day, day + dayMs)) {
    const { operation, reference, currency, at, provider_reference: movementId } = movement;
    if (!isMoneyMove(operation)) continue;
    lines.push({
      ...{ provider, movementId, reference, type: operation, currency },
      parentId: parentOf(store, movement),
      amount: signs[operation] * BigInt(movement.amount),
      fee: BigInt(feeOf(movement)),
      bookedAt: at,
      batchId: batchIdOf(movement),
    });
  }
  return lines;
}

/** Every batch of the days in between, by day, provider and currency. */
export function batchesOf(
  store: Store,
  provider: string | null,
  from: number,
  to: number,
): readonly Batch[] {
  const batches = new Map<string, Batch>();
  for (const movement of store.movements.listBetween(provider, from, to)) {
    if (!isMoneyMove(movement.operation)) continue;
    const id = batchIdOf(movement);
    const { provider: name, currency, at } = movement;
    const empty = { id, provider: name, currency, day: dayOf(at), count: 0, amount: 0n, fee: 0n };
    const known = batches.get(id) ?? empty;
    batches.set(id, {
      ...known,
      count: known.count + 1,
      amount: known.amount + signs[movement.operation] * BigInt(movement.amount),
      fee: known.fee + BigInt(feeOf(movement)),
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
