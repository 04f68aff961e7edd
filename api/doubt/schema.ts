import { z } from 'zod';
import { listSchema, pageQuery } from '../list.ts';
import { amountSchema, textSchema } from '../schema/fields.ts';
import { idSchema } from '../schema/ids.ts';

const instant = z.iso.datetime({ offset: true });

export const resolveSchema = z
  .strictObject({
    attempt_id: idSchema('att').optional(),
    operation_id: z
      .string()
      .regex(/^(op|ref)_[0-9a-f-]{36}$/, 'must be the id of an operation or refund')
      .optional(),
    outcome: z.enum(['succeeded', 'not_done']).meta({
      description: 'The provider did it; or it certainly did not, and never will.',
    }),
    provider_reference: textSchema(255)
      .optional()
      .meta({ description: "The provider's own id of it, with `succeeded`." }),
    paid_from: z.enum(['provider', 'bank']).optional().meta({
      description: 'Of a return that failed, with `succeeded`: what moved the money instead.',
    }),
    amount: amountSchema.optional().meta({ description: 'What was asked for, to be sure.' }),
    evidence: textSchema(1_000).meta({ description: 'What was seen, or where it can be.' }),
  })
  .refine(
    ({ attempt_id: attempt, operation_id: operation }) =>
      (attempt === undefined) !== (operation === undefined),
    { path: ['attempt_id'], message: 'or operation_id is required, and not both' },
  )
  .meta({ id: 'PaymentResolve' });

const doubtSchema = z.strictObject({
  attempt_id: z.string(),
  operation_id: z.string().nullable(),
  kind: z.enum(['sale', 'authorize', 'capture', 'void', 'refund', 'increment']),
  status: z.enum(['submitting', 'unknown']),
  provider: z.string(),
  provider_reference: z.string().nullable(),
  exposure: z.strictObject({
    amount: z.int(),
    currency: z.string(),
    hurts: z.enum(['shopper', 'merchant']).meta({
      description: 'Whose money it is if the guess is wrong: of a refund the merchant’s.',
    }),
    counts_as: z.enum(['authorized', 'captured', 'held', 'refunded']).meta({
      description: 'What it is taken for until it is known.',
    }),
  }),
  since: instant,
  age_seconds: z.int(),
  lookups: z.int(),
  next_lookup_at: instant.nullable(),
  parked_at: instant.nullable(),
  case_id: z.string().nullable(),
});

export const paymentInDoubtSchema = z
  .strictObject({
    object: z.literal('payment_in_doubt'),
    payment_id: z.string(),
    payment_status: z.string(),
    merchant_reference: z.string().nullable(),
    since: instant,
    age_seconds: z.int(),
    doubts: z.array(doubtSchema).min(1),
  })
  .meta({ id: 'PaymentInDoubt' });

const totalSchema = z.strictObject({
  currency: z.string(),
  provider: z.string(),
  count: z.int(),
  exposure: z
    .strictObject({ shopper: z.string(), merchant: z.string() })
    .meta({ description: 'Minor units, by whose money it is if the guess is wrong.' }),
  oldest_since: instant,
});

export const paymentsInDoubtSchema = listSchema(paymentInDoubtSchema).extend({
  totals: z.array(totalSchema).meta({ description: 'Of everything in doubt, not of this page.' }),
});

export const doubtQuery = z.strictObject(pageQuery(idSchema('pay')));

export type PaymentInDoubtView = z.infer<typeof paymentInDoubtSchema>;
export type DoubtTotalView = z.infer<typeof totalSchema>;
