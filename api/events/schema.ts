import { z } from 'zod';
import { pageQuery } from '../list.ts';
import { operationSchema, paymentSchema, refundViewSchema } from '../payments/payment-schema.ts';
import { disputeSchema } from '../disputes/schema.ts';
import { idSchema } from '../schema/ids.ts';

export const eventSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('event'),
    type: z.string().meta({ example: 'payment.captured' }),
    created_at: z.iso.datetime(),
    sequence: z.int().meta({ description: 'Orders the events of one payment.' }),
    merchant_id: z.string(),
    data: z.strictObject({
      object: z.discriminatedUnion('object', [
        paymentSchema,
        operationSchema,
        refundViewSchema,
        disputeSchema,
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

export type EventView = z.infer<typeof eventSchema>;
