/** Stripe's own SDK, with everything off that would act on its own. */
import Stripe from 'stripe';
import { fetch } from 'undici';
import type { RequestInit } from 'undici';
import type { ProviderContract } from '../../domain/provider.ts';
import { createPool } from '../connection.ts';

/** The answers are read by this version's rules, whatever the account's default is. */
const apiVersion = '2026-10-28.endive';

export interface StripeClientOptions {
  readonly secretKey: string;
  /** Undefined: Stripe itself. */
  readonly url: string | undefined;
  readonly contract: ProviderContract;
}

/** The path of `url` is kept, which the SDK's host, port and protocol cannot carry. */
export function createStripeClient({ secretKey, url, contract }: StripeClientOptions): Stripe {
  const dispatcher = createPool(contract);
  const base = url === undefined ? null : url.replace(/\/$/, '');

  async function send(address: string, init: object): Promise<unknown> {
    const target =
      base === null ? address : `${base}${new URL(address).pathname}${new URL(address).search}`;
    try {
      return await fetch(target, { ...(init as RequestInit), dispatcher, redirect: 'error' });
    } catch (error) {
      // "fetch failed" says nothing; whether there was a connection does.
      throw error instanceof TypeError && error.cause !== undefined ? error.cause : error;
    }
  }

  return new Stripe(secretKey, {
    apiVersion,
    // A repeat is a decision of ours, with a permit: never one of a library.
    maxNetworkRetries: 0,
    timeout: contract.deadlineMs,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(send as typeof globalThis.fetch),
  });
}
