import { z } from 'zod';
import { declineSchema, paymentSchema } from '../payments/payment-schema.ts';

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable; every one is in docs/errors.md.' }),
    request_id: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
    payment: paymentSchema.optional(),
    operation: z.unknown().optional(),
    decline: declineSchema.optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });
