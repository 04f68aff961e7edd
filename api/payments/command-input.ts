/** Valid bodies as the ports take them: bigint minor units, milliseconds, camelCase. */
import type { z } from 'zod';
import type { CreatePayment } from '../ports.ts';
import type { createPaymentSchema, paymentMethodSchema } from './request-schema.ts';

export function minorUnits(amount: number | undefined): bigint | undefined {
  return amount === undefined ? undefined : BigInt(amount);
}

export function methodInput(
  method: z.output<typeof paymentMethodSchema>,
): CreatePayment['paymentMethod'] {
  const { type, token, tokens, wallet, brand, country } = method;
  return {
    type,
    ...(token !== undefined && { token }),
    ...(tokens !== undefined && { tokens }),
    ...(wallet !== undefined && { wallet }),
    ...(brand !== undefined && { brand }),
    ...(country !== undefined && { country }),
  };
}

export function createInput(body: z.output<typeof createPaymentSchema>): CreatePayment {
  const { customer } = body;
  const within = body.submit_within_seconds;
  return {
    amountMinor: BigInt(body.amount),
    currency: body.currency,
    captureMethod: body.capture_method,
    paymentMethod: methodInput(body.payment_method),
    merchantReference: body.merchant_reference,
    customerId: customer?.id,
    customer:
      customer === undefined || customer.id !== undefined
        ? undefined
        : { email: customer.email, name: customer.name },
    offSession: body.off_session,
    save: body.save,
    submitWithinMs: within === undefined ? undefined : within * 1000,
    regulated: body.regulated,
    returnUrl: body.return_url,
    metadata: body.metadata ?? {},
  };
}
