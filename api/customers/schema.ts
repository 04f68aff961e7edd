import { z } from 'zod';
import { paymentMethodTypes } from '../../domain/provider-contract.ts';
import { methodFields, requireTokens, typesWithShopper } from '../payments/request-schema.ts';
import { metadataSchema, textSchema } from '../schema/fields.ts';
import { idSchema } from '../schema/ids.ts';

const text = z.string();

export const createCustomerSchema = z
  .strictObject({
    email: z.email('must be an e-mail address').max(254).optional(),
    name: textSchema(200).optional(),
    metadata: metadataSchema.optional(),
  })
  .meta({ id: 'CustomerCreate' });

export const customerSchema = z
  .strictObject({
    id: text,
    object: z.literal('customer'),
    email: text.nullable(),
    name: text.nullable(),
    metadata: z.record(text, text),
    created_at: text,
  })
  .meta({ id: 'Customer' });
export type CustomerView = z.output<typeof customerSchema>;

export const saveMethodSchema = z
  .strictObject({ customer_id: idSchema('cus'), ...methodFields })
  .superRefine(requireTokens)
  .refine(({ type }) => !typesWithShopper.includes(type), {
    path: ['type'],
    message: 'cannot be kept: it needs the shopper each time',
  })
  .meta({ id: 'PaymentMethodCreate' });

/** Tokens go in and never come out. */
export const savedMethodSchema = z
  .strictObject({
    id: text,
    object: z.literal('payment_method'),
    customer_id: text,
    type: z.enum(paymentMethodTypes),
    wallet: text.nullable(),
    brand: text.nullable(),
    last4: text.nullable(),
    /** Whose tokens they are; null: every provider takes it. */
    providers: z.array(text).nullable(),
    status: z.enum(['active', 'detached']),
    payment_id: text.nullable(),
    created_at: text,
  })
  .meta({ id: 'PaymentMethod' });
export type SavedMethodView = z.output<typeof savedMethodSchema>;
