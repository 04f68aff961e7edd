/**
 * What a dispute of Stripe's tells. Pure. Stripe knows our payment by its intent alone. An inquiry (`warning_…`)
 * has taken nothing and `prevented` never will. An appeal, once it is filed, is the second round.
 */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { DisputeNews } from '../../domain/provider-disputes.ts';
import { fromStripeAmount } from './amounts.ts';

type DisputeEvent = Extract<Stripe.Event['type'], `charge.dispute.${string}`>;

/** All that Stripe tells of a dispute; each carries the whole of it, so its status says what there is to say. */
const disputeEvents: Readonly<Record<DisputeEvent, true>> = {
  'charge.dispute.created': true,
  'charge.dispute.updated': true,
  'charge.dispute.closed': true,
  'charge.dispute.funds_withdrawn': true,
  'charge.dispute.funds_reinstated': true,
};

/** Every status that the SDK knows by name; of another nothing is claimed. */
type Named<S> = S extends unknown ? (string & Record<never, never> extends S ? never : S) : never;
type DisputeStatus = Named<Stripe.Dispute['status']>;

const says: Readonly<Record<DisputeStatus, DisputeNews['what'] | null>> = {
  warning_needs_response: null,
  warning_under_review: null,
  warning_closed: null,
  prevented: null,
  needs_response: 'opened',
  under_review: 'opened',
  // Lost, and there is a way to say no: nothing has moved until it is taken.
  appeal_needs_response: null,
  appeal_under_review: 'opened',
  won: 'won',
  lost: 'lost',
};

function isNamed(status: string): status is DisputeStatus {
  return Object.hasOwn(says, status);
}

const schema = z.object({
  id: z.string().min(1).max(200),
  amount: z.number().int(),
  currency: z.string(),
  status: z.string(),
  reason: z.string().min(1).max(200),
  created: z.number().int().positive(),
  payment_intent: z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]),
  balance_transactions: z.array(z.object({ fee: z.number().int() })).default([]),
  evidence_details: z.object({ due_by: z.number().int().nullish() }).nullish(),
  evidence: z.object({ appeal: z.unknown().optional() }).nullish(),
});

/** Null: nothing that moved money of ours, or not to be read. */
export function readStripeDispute(
  type: string,
  object: unknown,
): { readonly reference: string; readonly dispute: DisputeNews } | null {
  const { data: dispute } = schema.safeParse(object);
  if (dispute === undefined || !Object.hasOwn(disputeEvents, type)) return null;
  const what = isNamed(dispute.status) ? says[dispute.status] : null;
  const money = fromStripeAmount(dispute.amount, dispute.currency);
  if (what === null || money === null) return null;
  const fees = dispute.balance_transactions.map(({ fee }) => fee);
  const charged = fees.filter((fee) => fee > 0).reduce((sum, fee) => sum + fee, 0);
  const left = fees.reduce((sum, fee) => sum + fee, 0);
  // Where no answer is allowed (0), or none any more, it is over already.
  const dueBy = dispute.evidence_details?.due_by || dispute.created;
  return {
    reference: dispute.payment_intent,
    dispute: {
      ...{ what, providerReference: dispute.id, ...money },
      round: dispute.evidence?.appeal == null ? 1 : 2,
      feeMinor: fromStripeAmount(charged, dispute.currency)?.amountMinor ?? 0n,
      feeReturned: what === 'won' && charged > 0 && left === 0,
      reason: dispute.reason,
      dueBy: new Date(dueBy * 1_000).toISOString(),
    },
  };
}
