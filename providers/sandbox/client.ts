/** Speaks HTTP and knows nothing of payments. Never throws, never retries. */
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { createPool, describeError, isConnectError, retryAfterOf } from '../connection.ts';

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly idempotencyKey?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

export type HttpAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly disposition: string | null;
      /** Of 429 and 503, from Retry-After; undefined: not said, or not to be understood. */
      readonly retryAfterMs?: number | undefined;
      readonly text: string;
    }
  /** No connection came about, so nothing left us. */
  | { readonly kind: 'not_connected'; readonly detail: string }
  /** Anything may have happened. */
  | { readonly kind: 'no_answer'; readonly detail: string };

export interface HttpClient {
  call(call: HttpCall): Promise<HttpAnswer>;
}

interface HttpClientOptions {
  readonly baseUrl: string;
  /** Of a whole call: connecting, sending, reading. */
  readonly deadlineMs: number;
  /** From the request's last byte to the reply's first. */
  readonly responseMs: number;
  readonly dispatcher: Dispatcher;
}

const bodyBytesMax = 64 * 1_024;

/** A pool of one provider's own: one that hangs takes no connection of another. Deadlines are per call. */
export function createDispatcher(connectMs: number): Dispatcher {
  return createPool({ connectMs, responseMs: 0 });
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function exchange(
  options: HttpClientOptions,
  call: HttpCall,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { statusCode, headers, body } = await request(`${options.baseUrl}${call.path}`, {
    dispatcher: options.dispatcher,
    method: call.method,
    headersTimeout: options.responseMs,
    signal,
    headers: {
      accept: 'application/json',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await readText(body);
  if (text === null) return { kind: 'no_answer', detail: 'body_too_large' };
  const disposition = headers['sandbox-disposition'];
  return {
    kind: 'answered',
    status: statusCode,
    disposition: typeof disposition === 'string' ? disposition : null,
    retryAfterMs: retryAfterOf(statusCode, headers['retry-after'], headers['date']).retryAfterMs,
    text,
  };
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  return {
    async call(call) {
      const controller = new AbortController();
      const timer = setTimeout(() => {
        controller.abort();
      }, options.deadlineMs);
      try {
        return await exchange(options, call, controller.signal);
      } catch (error) {
        if (isConnectError(error)) return { kind: 'not_connected', detail: describeError(error) };
        const detail = controller.signal.aborted ? 'deadline' : describeError(error);
        return { kind: 'no_answer', detail };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
