/**
 * What Adyen's events tell of a dispute. Pure. The dispute keeps one PSP reference through its life, and its
 * rounds have names of their own: a second chargeback is lost unless a pre-arbitration says otherwise. What is
 * signed is believed; the last day and the reason are for people.
 */
import type { DisputeNews } from '../../domain/provider-disputes.ts';
import { fromAdyenAmount } from './amounts.ts';
import type { NotificationItem } from './notification.ts';

interface Says {
  readonly what: DisputeNews['what'];
  readonly round: number;
}

export const adyenDisputeEvents = [
  'REQUEST_FOR_INFORMATION',
  'NOTIFICATION_OF_CHARGEBACK',
  'CHARGEBACK',
  'CHARGEBACK_REVERSED',
  'SECOND_CHARGEBACK',
  'PREARBITRATION_WON',
  'PREARBITRATION_LOST',
] as const;
type DisputeEvent = (typeof adyenDisputeEvents)[number];

const says: Readonly<Record<DisputeEvent, Says | null>> = {
  // Asked, and nothing taken.
  REQUEST_FOR_INFORMATION: null,
  // From here on nothing of it may be refunded.
  NOTIFICATION_OF_CHARGEBACK: { what: 'opened', round: 1 },
  CHARGEBACK: { what: 'opened', round: 1 },
  CHARGEBACK_REVERSED: { what: 'won', round: 1 },
  SECOND_CHARGEBACK: { what: 'lost', round: 2 },
  PREARBITRATION_WON: { what: 'won', round: 3 },
  PREARBITRATION_LOST: { what: 'lost', round: 3 },
};

function isDisputeEvent(code: string): code is DisputeEvent {
  return Object.hasOwn(says, code);
}

/** Null: it tells of none, or of one that took nothing. */
export function readAdyenDispute(item: NotificationItem): DisputeNews | null {
  const { eventCode, success, pspReference, reason, eventDate, additionalData } = item;
  const said = isDisputeEvent(eventCode) && success === 'true' ? says[eventCode] : null;
  const money = fromAdyenAmount(item.amount);
  if (said === null || money === null || money.amountMinor === 0n) return null;
  const dueBy = [additionalData?.['defensePeriodEndsAt'], eventDate]
    .map((text) => (typeof text === 'string' ? Date.parse(text) : NaN))
    .find(Number.isFinite);
  if (dueBy === undefined) return null;
  return {
    ...{ ...said, providerReference: pspReference, ...money },
    // By the settlement file: no event tells of it.
    ...{ feeMinor: 0n, feeReturned: false },
    reason: (reason ?? '').slice(0, 200) || 'unknown',
    dueBy: new Date(dueBy).toISOString(),
  };
}
