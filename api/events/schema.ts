import { z } from 'zod';
import { breakSchema } from '../breaks/schema.ts';
import { pageQuery } from '../list.ts';
import { operationSchema, paymentSchema, refundViewSchema } from '../payments/payment-schema.ts';
import { disputeSchema } from '../disputes/schema.ts';
import { payoutSchema } from '../payouts/schema.ts';
import { idSchema } from '../schema/ids.ts';

const instant = z.iso.datetime({ offset: true });
const count = z.int().min(0);

const completedFileSchema = z
  .strictObject({
    object: z.literal('completed_reconciliation'),
    id: z.string().meta({ description: 'Of the reconciliation.' }),
    provider: z.string(),
    kind: z.enum(['settlement', 'bank_statement']),
    statement_id: z.string().nullable(),
    covers_from: instant.nullable(),
    covers_to: instant.nullable().meta({ description: 'Exclusive.' }),
    line_count: count
      .nullable()
      .meta({ description: "Of the whole file; null where only the merchant's part is told." }),
    matched_lines: count,
    open_breaks: count,
    received_at: instant,
    completed_at: instant,
  })
  .meta({ id: 'CompletedReconciliation' });

export const eventSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('event'),
    type: z.string().meta({ example: 'payment.captured' }),
    created_at: z.iso.datetime(),
    sequence: z
      .int()
      .meta({ description: 'Orders the events of one payment, payout, break or file.' }),
    merchant_id: z
      .string()
      .nullable()
      .meta({ description: 'Null: of the installation, for staff alone.' }),
    data: z.strictObject({
      object: z.discriminatedUnion('object', [
        paymentSchema,
        operationSchema,
        refundViewSchema,
        disputeSchema,
        breakSchema,
        completedFileSchema,
        payoutSchema,
      ]),
    }),
  })
  .meta({ id: 'Event' });

export const eventsQuery = z.strictObject({
  type: z
    .string()
    .regex(/^[a-z_]{1,40}\.[a-z_]{1,40}$/, 'must be the type of an event')
    .optional(),
  ...pageQuery(idSchema('evt')),
});

export type CompletedFileView = z.infer<typeof completedFileSchema>;
export type EventView = z.infer<typeof eventSchema>;
