/** A checkout that asks and does not wait, at a provider of its choice. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { OperationName, ProviderName } from './cases.ts';

export const amount = 5_000;
/** The rest of an authorization is given back by a void, so a capture is of a part. */
const part = 3_000;

const paymentSchema = z.object({
  id: z.string(),
  status: z.string(),
  amount_in_doubt: z.number(),
  attempts: z.array(z.object({ id: z.string() })),
});
export type PaymentSeen = z.infer<typeof paymentSchema>;

export interface Checkout {
  /** Authorized, or captured; waits for it. */
  prepare(provider: ProviderName, isCaptured: boolean): Promise<string>;
  /** Asks for what is to be in doubt; answers the payment. */
  ask(
    operation: OperationName,
    provider: ProviderName,
    paymentId: string | null,
    submitWithinSeconds: number,
  ): Promise<string>;
  cancel(paymentId: string): Promise<void>;
  read(paymentId: string): Promise<PaymentSeen>;
}

export function createCheckout(api: { readonly url: string; readonly key: string }): Checkout {
  const call = async (path: string, body?: object, waitSeconds = 0): Promise<unknown> => {
    const answer = await fetch(`${api.url}${path}`, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        Authorization: `Bearer ${api.key}`,
        'Content-Type': 'application/json',
        ...(body !== undefined && { 'Idempotency-Key': randomUUID() }),
        Prefer: `wait=${String(waitSeconds)}`,
      },
      signal: AbortSignal.timeout((waitSeconds + 15) * 1_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${String(answer.status)}: ${text}`);
    return JSON.parse(text) as unknown;
  };
  const pay = async (
    provider: ProviderName,
    captureMethod: 'manual' | 'automatic',
    waitSeconds: number,
    submitWithinSeconds = 300,
  ): Promise<PaymentSeen> =>
    paymentSchema.parse(
      await call(
        '/v1/payments',
        {
          ...{ amount, currency: 'EUR', capture_method: captureMethod },
          // A token of one provider: nobody else may take it, so that what is booked is booked there.
          payment_method: { type: 'card', tokens: { [provider]: 'tok_mastercard' } },
          merchant_reference: randomUUID(),
          submit_within_seconds: submitWithinSeconds,
        },
        waitSeconds,
      ),
    );
  return {
    async prepare(provider, isCaptured) {
      const { id, status } = await pay(provider, isCaptured ? 'automatic' : 'manual', 30);
      const wanted = isCaptured ? 'captured' : 'requires_capture';
      if (status !== wanted) throw new Error(`${id} is ${status}, not ${wanted}`);
      return id;
    },
    async ask(operation, provider, paymentId, submitWithinSeconds) {
      if (operation === 'authorize')
        return (await pay(provider, 'manual', 0, submitWithinSeconds)).id;
      const id = paymentId ?? '';
      const path = { capture: 'captures', void: 'cancel', refund: 'refunds' }[operation];
      const body = {
        capture: { amount: part, final: true },
        void: {},
        refund: { amount: part, reason: 'the drill' },
      };
      await call(`/v1/payments/${id}/${path}`, body[operation]);
      return id;
    },
    async cancel(paymentId) {
      await call(`/v1/payments/${paymentId}/cancel`, {}, 30);
    },
    read: async (paymentId) => paymentSchema.parse(await call(`/v1/payments/${paymentId}`)),
  };
}
