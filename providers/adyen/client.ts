/** Adyen's own SDK over a transport of ours: it sends what it is told, once, and nothing about itself. */
import type client from '@adyen/api-library/lib/src/client.js';
import type { ModificationsApi } from '@adyen/api-library/lib/src/services/checkout/modificationsApi.js';
import type { PaymentsApi } from '@adyen/api-library/lib/src/services/checkout/paymentsApi.js';
import { fetch } from 'undici';
import type { Response } from 'undici';
import type { ProviderContract } from '../../domain/provider.ts';
import { createPool, retryAfterOf } from '../connection.ts';
import { AdyenError } from './errors.ts';

/** The answers are read by this version's rules; the SDK asks for no other. */
const apiVersion = 'v72';

type Sdk = client.default;

export interface AdyenClientOptions {
  readonly apiKey: string;
  readonly mode: 'test' | 'live';
  /** Of the live addresses, from Adyen's customer area. */
  readonly livePrefix: string | undefined;
  /** Undefined: Adyen itself. */
  readonly url: string | undefined;
  readonly contract: ProviderContract;
}

export interface AdyenClient {
  readonly payments: PaymentsApi;
  readonly modifications: ModificationsApi;
}

function asObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The text of a success that is JSON. */
async function readReply(response: Response): Promise<string> {
  const text = await response.text();
  const body = asObject(text);
  if (response.ok && body !== null) return text;
  throw new AdyenError({
    status: response.status,
    errorCode: textOf(body?.['errorCode']),
    errorType: textOf(body?.['errorType']),
    isTransient: response.headers.get('transient-error') === 'true',
    ...retryAfterOf(
      response.status,
      response.headers.get('retry-after'),
      response.headers.get('date'),
    ),
  });
}

interface RequestOptions {
  readonly idempotencyKey?: string;
}

/** In place of the SDK's client: its retries, redirects, headers about itself and messages are left out. */
function createTransport({ apiKey, url, contract }: AdyenClientOptions): Sdk['httpClient'] {
  const dispatcher = createPool(contract);
  const base = url === undefined ? null : url.replace(/\/$/, '');
  return {
    async request(endpoint, json, _config, _needsKey, options: RequestOptions = {}) {
      const path = endpoint.slice(endpoint.indexOf(`/${apiVersion}/`));
      const { idempotencyKey } = options;
      if (idempotencyKey === undefined) throw new TypeError('no call without a key');
      try {
        const response = await fetch(base === null ? endpoint : `${base}${path}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-api-key': apiKey,
            'idempotency-key': idempotencyKey,
          },
          body: json,
          dispatcher,
          redirect: 'error',
          signal: AbortSignal.timeout(contract.deadlineMs),
        });
        return await readReply(response);
      } catch (error) {
        // "fetch failed" says nothing; whether there was a connection does.
        throw error instanceof TypeError && error.cause !== undefined ? error.cause : error;
      }
    },
  };
}

/** Only these parts, and only where Adyen is configured: the whole SDK takes two seconds to load. */
export async function loadAdyenClient(options: AdyenClientOptions): Promise<AdyenClient> {
  const [{ default: sdk }, { EnvironmentEnum }, { PaymentsApi }, { ModificationsApi }] =
    await Promise.all([
      import('@adyen/api-library/lib/src/client.js'),
      import('@adyen/api-library/lib/src/config.js'),
      import('@adyen/api-library/lib/src/services/checkout/paymentsApi.js'),
      import('@adyen/api-library/lib/src/services/checkout/modificationsApi.js'),
    ]);
  const config = {
    environment: options.mode === 'live' ? EnvironmentEnum.LIVE : EnvironmentEnum.TEST,
    liveEndpointUrlPrefix: options.livePrefix ?? 'unset',
    apiKey: options.apiKey,
  };
  const client = new sdk.default(config, createTransport(options));
  return { payments: new PaymentsApi(client), modifications: new ModificationsApi(client) };
}
