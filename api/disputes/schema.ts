import { z } from 'zod';

const text = z.string();
const minorUnits = z.number().int();
export const disputeStatuses = [
  'needs_response',
  'under_review',
  'accepted',
  'won',
  'lost',
] as const;

export const disputeSchema = z
  .strictObject({
    id: text,
    object: z.literal('dispute'),
    payment_id: text,
    attempt_id: text,
    provider: text,
    provider_reference: text,
    status: z.enum(disputeStatuses),
    amount: minorUnits,
    /** Of the amount, what was no longer there to be taken: a refund had been paid too. */
    amount_excess: minorUnits,
    fee: minorUnits,
    currency: text,
    reason: text,
    due_by: text,
    opened_at: text,
    closed_at: text.nullable(),
  })
  .meta({ id: 'Dispute' });
export type DisputeView = z.output<typeof disputeSchema>;
