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
    /** From 1; another one begins with a second chargeback or a pre-arbitration. */
    round: z.int().min(1),
    amount: minorUnits,
    /** Of the amount, what was no longer there to be taken: a refund had been paid too. */
    amount_excess: minorUnits,
    fee: minorUnits,
    currency: text,
    reason: text,
    due_by: text,
    opened_at: text,
    closed_at: text.nullable(),
    /** What was answered through Tender, oldest first. */
    answers: z.array(
      z.strictObject({
        id: text,
        kind: z.enum(['accept', 'evidence']),
        status: z.enum(['pending', 'unknown', 'succeeded', 'failed']),
        /** Why it failed: the provider's code, or ours of what was never sent. */
        failure_code: text.nullable(),
        created_at: text,
      }),
    ),
  })
  .meta({ id: 'Dispute' });
export type DisputeView = z.output<typeof disputeSchema>;

const said = z.string().trim().min(1);

/** All empty: for what gives up there is nothing to say. */
export const acceptSchema = z.strictObject({});

/** Texts and references; documents by their address. Something must be said. */
export const evidenceSchema = z
  .strictObject({
    explanation: said.max(5_000).optional(),
    product_description: said.max(2_000).optional(),
    customer_communication: said.max(5_000).optional(),
    shipping_carrier: said.max(100).optional(),
    shipping_tracking_number: said.max(100).optional(),
    service_date: z.iso.date().optional(),
    refund_policy: said.max(5_000).optional(),
    document_urls: z
      .array(z.url({ protocol: /^https$/ }).max(2_000))
      .min(1)
      .max(10)
      .optional(),
  })
  .refine((evidence) => Object.values(evidence).some((value) => value !== undefined), {
    message: 'must say something',
  });
