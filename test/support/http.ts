/** Calls Tender as a checkout would, over HTTP. */
import { randomUUID } from 'node:crypto';
import type { PaymentView } from '../../api/payments/payment-schema.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, where the answer is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RequestOptions {
  /** Bearer key; null: none. */
  readonly key?: string | null;
  /** Default: a new one; null: none. */
  readonly idempotencyKey?: string | null;
  /** `Prefer: wait=N`. */
  readonly wait?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpClient {
  get(path: string, options?: RequestOptions): Promise<Reply>;
  post(path: string, body?: unknown, options?: RequestOptions): Promise<Reply>;
  put(path: string, body: unknown, options?: RequestOptions): Promise<Reply>;
  /** Of a payment: waits until `isThere`, or fails telling what it was last. */
  until(
    paymentId: string,
    isThere: (payment: PaymentView) => boolean,
    deadlineMs?: number,
  ): Promise<PaymentView>;
}

export function createHttpClient(url: string, defaultKey: string): HttpClient {
  const call = async (
    method: string,
    path: string,
    raw: string | undefined,
    { key = defaultKey, idempotencyKey = randomUUID(), wait, headers = {} }: RequestOptions,
  ): Promise<Reply> => {
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(raw !== undefined && { 'content-type': 'application/json' }),
        ...(method === 'POST' && idempotencyKey !== null && { 'idempotency-key': idempotencyKey }),
        ...(wait !== undefined && { prefer: `wait=${wait}` }),
        ...headers,
      },
      ...(raw !== undefined && { body: raw }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    const body = (isJson ? JSON.parse(text) : {}) as Reply['body'];
    return { status: response.status, headers: response.headers, text, body };
  };
  return {
    get: (path, options = {}) => call('GET', path, undefined, options),
    post: (path, body, options = {}) => {
      const raw = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      return call('POST', path, raw, options);
    },
    put: (path, body, options = {}) => call('PUT', path, JSON.stringify(body), options),
    until: async (paymentId, isThere, deadlineMs = 15_000) => {
      const deadline = performance.now() + deadlineMs;
      for (;;) {
        const { status, body } = await call('GET', `/v1/payments/${paymentId}`, undefined, {});
        const payment = paymentOf({ body });
        if (status === 200 && isThere(payment)) return payment;
        if (performance.now() > deadline) {
          throw new Error(`not there yet: ${status} ${JSON.stringify(body)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

/** The payment that is the answer, or that a problem carries. */
export function paymentOf({ body }: Pick<Reply, 'body'>): PaymentView {
  return (body['object'] === 'payment' ? body : (body['payment'] ?? body)) as PaymentView;
}

export function aPaymentBody(changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    amount: 10_000,
    currency: 'USD',
    capture_method: 'automatic',
    payment_method: { type: 'card', token: 'tok_visa' },
    ...changes,
  };
}

/** A payment by card with this magic token. */
export function byCard(token: string, changes: Readonly<Record<string, unknown>> = {}): object {
  return aPaymentBody({ payment_method: { type: 'card', token }, ...changes });
}

/** The page the shopper is sent to; empty: none. */
export function pageOf({ next_action: action }: PaymentView): string {
  return action !== null && 'url' in action ? action.url : '';
}
