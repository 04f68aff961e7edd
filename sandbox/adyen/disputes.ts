/** Disputes in Adyen's events: a round has a name of its own, and that the first was lost no event says. */
import type { DisputeFact, DisputeRow } from '../disputes/store.ts';
import type { Json } from '../http/reply.ts';
import { showAmount } from './amounts.ts';
import { merchantAccount } from './present.ts';

const first: Readonly<Record<DisputeFact, readonly string[]>> = {
  opened: ['NOTIFICATION_OF_CHARGEBACK', 'CHARGEBACK'],
  reopened: [],
  won: ['CHARGEBACK_REVERSED'],
  lost: [],
};
const later: Readonly<Record<DisputeFact, readonly string[]>> = {
  opened: [],
  reopened: ['SECOND_CHARGEBACK'],
  won: ['PREARBITRATION_WON'],
  lost: ['PREARBITRATION_LOST'],
};

export function adyenDisputeEvents(
  row: DisputeRow,
  what: DisputeFact,
  now: number,
): readonly Json[] {
  const codes = row.round === 1 ? first : later;
  return codes[what].map((eventCode) => ({
    live: 'false',
    notificationItems: [
      {
        NotificationRequestItem: {
          additionalData: { defensePeriodEndsAt: new Date(row.due_by).toISOString() },
          amount: showAmount(row.amount, row.currency),
          eventCode,
          eventDate: new Date(now).toISOString(),
          merchantAccountCode: merchantAccount,
          merchantReference: row.reference,
          originalReference: row.authorization_id,
          pspReference: row.id,
          reason: row.reason,
          success: 'true',
        },
      },
    ],
  }));
}
