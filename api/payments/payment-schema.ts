/** What a payment looks like from outside. Closed objects: the tests hold the presenter to them. */
import { z } from 'zod';
import { attemptStatuses, paymentStatuses } from '../../domain/payment.ts';

const amount = z.int().min(0);
const instant = z.iso.datetime();
const text = z.string();

export const messageSchema = z
  .strictObject({ shopper: text, merchant: text })
  .meta({ id: 'Message', description: 'The shopper is never told issuer or risk detail.' });

export const declineSchema = z
  .strictObject({
    code: text,
    advice: z.enum(['do_not_retry', 'retry_later', 'update_card', 'try_another_method']),
    provider_code: text,
    message: messageSchema,
  })
  .meta({ id: 'Decline' });

/** Where a status comes from (promise P7). */
export const evidenceSchema = z
  .strictObject({
    kind: z.enum([
      'request',
      'provider_reply',
      'webhook',
      'lookup',
      'settlement',
      'staff',
      'rule',
      'timer',
    ]),
    detail: text,
    provider: text.optional(),
    provider_reference: text.optional(),
  })
  .meta({ id: 'Evidence' });

export const attemptSchema = z
  .strictObject({
    id: text,
    object: z.literal('attempt'),
    number: z.int(),
    provider: text,
    kind: z.enum(['sale', 'authorize']),
    status: z.enum(attemptStatuses),
    amount,
    currency: text,
    provider_reference: text.nullable(),
    decline: declineSchema.nullable(),
    evidence: evidenceSchema,
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Attempt' });

const operationFields = {
  id: text,
  payment_id: text,
  attempt_id: text.nullable(),
  number: z.int(),
  cause: z.enum(['request', 'automatic', 'cancel', 'expiry', 'late_success', 'transfer']),
  amount,
  currency: text,
  reason: text.nullable(),
  provider_reference: text.nullable(),
  failure: declineSchema.nullable(),
  evidence: evidenceSchema,
  created_at: instant,
  updated_at: instant,
};

export const operationSchema = z
  .strictObject({
    object: z.literal('operation'),
    kind: z.enum(['capture', 'void', 'increment', 'receipt']),
    status: z.enum(['pending', 'unknown', 'succeeded', 'failed']),
    final: z.boolean(),
    ...operationFields,
  })
  .meta({ id: 'Operation' });

export const refundViewSchema = z
  .strictObject({
    object: z.literal('refund'),
    kind: z.literal('refund'),
    status: z.enum(['requires_approval', 'pending', 'unknown', 'succeeded', 'failed', 'rejected']),
    approval_id: text.nullable().meta({ description: 'Where a second person had to agree.' }),
    ...operationFields,
  })
  .meta({ id: 'Refund' });

/** What only the shopper can do now, and until when. */
const nextActionSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('redirect'), url: text, expires_at: instant }),
  z.strictObject({
    type: z.literal('mandate'),
    url: text,
    mandate_reference: text,
    expires_at: instant,
  }),
  z.strictObject({
    type: z.literal('bank_instructions'),
    iban: text,
    holder: text,
    transfer_reference: text,
    amount_due: amount.meta({ description: 'What is still to come; the rest is there.' }),
    expires_at: instant,
  }),
]);

export const paymentSchema = z
  .strictObject({
    id: text,
    object: z.literal('payment'),
    merchant_id: text,
    status: z.enum(paymentStatuses),
    message: messageSchema,
    amount,
    currency: text,
    amount_authorized: amount,
    amount_capturable: amount,
    amount_captured: amount,
    amount_refunded: amount,
    amount_disputed: amount,
    amount_in_doubt: amount.meta({
      description: 'May have moved: not known until there is evidence.',
    }),
    amount_excess: amount,
    capture_method: z.enum(['automatic', 'manual']),
    payment_method: z.strictObject({
      type: text,
      /** Of the saved method. */
      id: text.nullable(),
      wallet: text.nullable(),
      brand: text.nullable(),
      last4: text.nullable(),
    }),
    merchant_reference: text.nullable(),
    customer_id: text.nullable(),
    next_action: nextActionSchema.nullable(),
    review: z
      .strictObject({
        id: text,
        status: z.enum(['open', 'approved', 'declined', 'lapsed']),
        due_at: instant,
      })
      .nullable()
      .meta({
        description: 'Of its risk, while it is open or not carried out: what is held waits.',
      }),
    last_decline: declineSchema.nullable(),
    provider: text.nullable(),
    attempts: z.array(attemptSchema),
    operations: z.array(z.discriminatedUnion('object', [operationSchema, refundViewSchema])),
    status_basis: evidenceSchema,
    metadata: z.record(text, text),
    created_at: instant,
    updated_at: instant,
    expires_at: instant.nullable(),
  })
  .meta({ id: 'Payment' });

export const timelineItemSchema = z
  .strictObject({
    sequence: z.int(),
    at: text,
    actor: text,
    kind: text,
    from: text.nullable(),
    to: text.nullable(),
    evidence: z.record(text, z.unknown()),
    previous_hash: text,
    hash: text,
  })
  .meta({ id: 'TimelineItem' });

export type DeclineView = z.infer<typeof declineSchema>;
export type EvidenceView = z.infer<typeof evidenceSchema>;
export type AttemptView = z.infer<typeof attemptSchema>;
export type OperationView = z.infer<typeof operationSchema>;
export type RefundView = z.infer<typeof refundViewSchema>;
export type PaymentView = z.infer<typeof paymentSchema>;
export type TimelineItemView = z.infer<typeof timelineItemSchema>;
