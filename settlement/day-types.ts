/** What the reports of a day list, as the sandbox's processors call it, and on which side each may stand. */
import type { CanonicalLine } from '../domain/settlement-file.ts';
import { refuse } from './refusal.ts';
import type { Place } from './refusal.ts';
export const lineTypes = ['capture', 'refund', 'dispute', 'dispute_reversal'] as const;
export const payoutTypes = ['payout', 'collection'] as const;
export type DayType = (typeof lineTypes)[number] | (typeof payoutTypes)[number];

const mayBe: Readonly<Record<DayType, (amount: bigint) => boolean>> = {
  capture: (amount) => amount >= 0n,
  refund: (amount) => amount < 0n,
  // A later round of what was lost takes its fee alone.
  dispute: (amount) => amount <= 0n,
  dispute_reversal: (amount) => amount > 0n,
  payout: (amount) => amount > 0n,
  collection: (amount) => amount < 0n,
};

export function isOnItsSide(type: DayType, amount: bigint): boolean {
  return mayBe[type](amount);
}

/**
 * Of one dispute there may be several lines: each has an id of its own, and is known by that of the dispute,
 * which it belongs to. Refuses one that names none.
 */
export function idsOf(
  type: DayType,
  id: string,
  parent: string | null,
  place: Place,
): Pick<CanonicalLine, 'providerReference' | 'parentReference'> {
  if (type !== 'dispute' && type !== 'dispute_reversal') {
    return { providerReference: id, parentReference: parent };
  }
  return {
    providerReference: parent ?? refuse('field', 'it is empty', place),
    parentReference: null,
  };
}
