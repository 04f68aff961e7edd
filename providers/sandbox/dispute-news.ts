/** What an event tells of a dispute. Pure; null: it tells of none that we can read. */
import { z } from 'zod';
import type { DisputeNews } from '../../domain/provider-disputes.ts';

const minorUnits = z.number().int().max(Number.MAX_SAFE_INTEGER);
const schema = z.object({
  object: z.literal('dispute'),
  id: z.string().min(1).max(200),
  reference: z.string(),
  amount: minorUnits.positive(),
  fee: minorUnits.nonnegative(),
  fee_returned: z.boolean(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  reason: z.string().min(1).max(200),
  due_by: z.iso.datetime(),
  round: z.number().int().min(1).max(99).default(1),
});

const told: Readonly<Record<string, DisputeNews['what']>> = {
  'dispute.opened': 'opened',
  'dispute.reopened': 'opened',
  'dispute.won': 'won',
  'dispute.lost': 'lost',
};

export function readDispute(type: string, reference: string, data: unknown): DisputeNews | null {
  const what = Object.hasOwn(told, type) ? told[type] : undefined;
  const { data: dispute } = schema.safeParse(data);
  if (what === undefined || dispute?.reference !== reference) return null;
  return {
    what,
    providerReference: dispute.id,
    amountMinor: BigInt(dispute.amount),
    feeMinor: BigInt(dispute.fee),
    feeReturned: what === 'won' && dispute.fee_returned,
    currency: dispute.currency,
    reason: dispute.reason,
    dueBy: dispute.due_by,
    round: dispute.round,
  };
}
