/** Days by the sandbox's clock, from midnight to midnight UTC. They close by themselves: nothing is written for it. */
import { runDueBankWork } from '../bank/moves.ts';
import type { Context } from '../context.ts';

export const dayMs = 24 * 3_600 * 1_000;

const stateName = 'settles_from';

/** Kept in the books, so that days without any movement are reported too: silence is evidence. */
export function firstDay({ store, clock }: Pick<Context, 'store' | 'clock'>): number {
  const known = store.state.find(stateName);
  if (known !== undefined) return Number(known);
  // Books of before there were reports begin with their first movement.
  const began = dayOf(Math.min(store.movements.firstAt() ?? Infinity, clock.now()));
  store.state.put(stateName, String(began));
  return began;
}

export function dayOf(at: number): number {
  return Math.floor(at / dayMs) * dayMs;
}

/**
 * Starts of the days that are over, oldest first. The bank dates its work by when it was due, so what was due in
 * them is booked before they are told of; everything else is booked under the time it is booked at.
 */
export function closedDays(context: Context): readonly number[] {
  runDueBankWork(context);
  const from = firstDay(context);
  const count = Math.max(0, (dayOf(context.clock.now()) - from) / dayMs);
  return Array.from({ length: count }, (_, index) => from + index * dayMs);
}

/** 20261126 */
export function stampOf(day: number): string {
  return dateOf(day).replaceAll('-', '');
}

/** 2026-11-26 */
export function dateOf(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}
