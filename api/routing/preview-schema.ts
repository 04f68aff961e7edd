/** What a preview is asked about: a payment that is there, or one that might be. */
import { z } from 'zod';
import { paymentMethodSchema } from '../payments/request-schema.ts';
import { amountSchema, currencySchema } from '../schema/fields.ts';
import { idSchema } from '../schema/ids.ts';

const described = {
  amount: amountSchema.optional(),
  currency: currencySchema.optional(),
  capture_method: z.enum(['automatic', 'manual']).optional(),
  payment_method: paymentMethodSchema.optional(),
};

export const previewSchema = z
  .strictObject({
    payment_id: idSchema('pay').optional().meta({ description: 'Alone: a payment of yours.' }),
    ...described,
  })
  .superRefine(({ payment_id: id, ...payment }, context) => {
    for (const name of Object.keys(described) as (keyof typeof described)[]) {
      const given = payment[name] !== undefined;
      if (id === undefined && !given) {
        context.addIssue({ code: 'custom', path: [name], message: 'is required' });
      } else if (id !== undefined && given) {
        const message = 'must not stand beside payment_id';
        context.addIssue({ code: 'custom', path: [name], message });
      }
    }
  })
  .meta({ id: 'RoutingPreview' });
