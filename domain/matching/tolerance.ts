/** How far a line may be from what we expect. On gross amounts and batch totals: not at all. */
import type { SettledLine } from './line.ts';
import type { Subject } from './subject.ts';

const dayMs = 86_400_000;
/** From one settlement to the next: a movement is booked at the provider within it. */
export const cycleMs = dayMs;
/** Within it a reference and an amount are enough (tier 4). */
export const windowMs = 5 * dayMs;
/** One minor unit, by which sides may round otherwise. */
const feeTolerance = 10_000n;

/** From the time it may have been booked in; 0: within. */
export function distanceMs(line: Pick<SettledLine, 'occurredAt'>, subject: Subject): number {
  const { occurredAt } = line;
  return Math.max(0, subject.from - occurredAt, occurredAt - subject.to);
}

export function isFeeWithin(fee: bigint, cost: bigint): boolean {
  const difference = fee * 10_000n - cost;
  return difference <= feeTolerance && difference >= -feeTolerance;
}

/** Settled and charged against a rate, as a fraction of whole numbers: 0.5 % to both sides. */
export function isRateWithin(
  { charged, settled }: { readonly charged: bigint; readonly settled: bigint },
  rate: { readonly charged: bigint; readonly settled: bigint },
): boolean {
  const difference = settled * rate.charged - charged * rate.settled;
  const size = difference < 0n ? -difference : difference;
  const whole = charged * rate.settled;
  return size * 200n <= (whole < 0n ? -whole : whole);
}
