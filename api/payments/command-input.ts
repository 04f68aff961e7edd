/** Valid bodies as the ports take them: bigint minor units, milliseconds, camelCase. */
import type { z } from 'zod';
import type { PaymentMethod } from '../../domain/payment-state.ts';
import type { CreatePayment } from '../ports.ts';
import type { createPaymentSchema } from './request-schema.ts';

interface MethodBody {
  readonly type: PaymentMethod['type'];
  readonly id?: string | undefined;
  readonly token?: string | undefined;
  readonly tokens?: Readonly<Record<string, string>> | undefined;
  readonly wallet?: string | undefined;
  readonly brand?: string | undefined;
  readonly country?: string | undefined;
  readonly bin?: string | undefined;
  readonly fingerprint?: string | undefined;
}

export function minorUnits(amount: number | undefined): bigint | undefined {
  return amount === undefined ? undefined : BigInt(amount);
}

export function methodInput(method: MethodBody): PaymentMethod {
  const { type, id, token, tokens, wallet, brand, country, bin, fingerprint } = method;
  return {
    type,
    ...(id !== undefined && { id }),
    ...(token !== undefined && { token }),
    ...(tokens !== undefined && { tokens }),
    ...(wallet !== undefined && { wallet }),
    ...(brand !== undefined && { brand }),
    ...(country !== undefined && { country }),
    ...(bin !== undefined && { bin }),
    ...(fingerprint !== undefined && { fingerprint }),
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
    customer: newCustomer(body),
    shopper: body.shopper && { ip: body.shopper.ip, deviceId: body.shopper.device_id },
    offSession: body.off_session,
    save: body.save,
    submitWithinMs: within === undefined ? undefined : within * 1000,
    regulated: body.regulated,
    returnUrl: body.return_url,
    metadata: body.metadata ?? {},
  };
}

/** What is saved belongs to somebody, be it somebody without a name. */
function newCustomer(body: z.output<typeof createPaymentSchema>): CreatePayment['customer'] {
  const { customer, save, payment_method: method } = body;
  if (customer === undefined) {
    return save === true && method.id === undefined ? {} : undefined;
  }
  const { id, email, name } = customer;
  return id === undefined ? { email, name } : undefined;
}
