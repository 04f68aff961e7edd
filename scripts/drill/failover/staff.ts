/** What staff do in the drill: write rules, and watch a breaker. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoints } from '../../../runtime/local/endpoints.ts';

export interface Staff {
  /** Payments in USD go to `targets`, those in EUR to cedar alone. */
  route(targets: readonly string[]): Promise<void>;
  isOpen(provider: string): Promise<boolean>;
  /** How long until the breaker is open; null: not by then. */
  untilOpen(provider: string, atMostMs: number): Promise<number | null>;
  untilClosed(provider: string, atMostMs: number): Promise<void>;
}

export async function createStaff(endpoints: Endpoints): Promise<Staff> {
  const { api, staff } = endpoints;
  const headers = {
    Authorization: `Bearer ${staff.admin}`,
    'Tender-Merchant': await merchantOf(api),
    'X-Reason': 'drill:failover',
    'Content-Type': 'application/json',
  };
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(`${api.url}${path}`, {
      ...init,
      headers: { ...headers, ...(init.headers as Readonly<Record<string, string>> | undefined) },
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  const isOpen = async (provider: string): Promise<boolean> => {
    const { data } = (await (await ask('/v1/providers')).json()) as {
      data: { name: string; breaker: { state: string } }[];
    };
    return data.find(({ name }) => name === provider)?.breaker.state === 'open';
  };
  const until = async (
    provider: string,
    wanted: boolean,
    atMostMs: number,
  ): Promise<number | null> => {
    const began = performance.now();
    while (performance.now() - began < atMostMs) {
      if ((await isOpen(provider)) === wanted) return Math.round(performance.now() - began);
      await sleep(50);
    }
    return null;
  };
  return {
    isOpen,
    route: async (targets) => {
      const etag = (await ask('/v1/routing/rules')).headers.get('etag') ?? '';
      const asked = await ask('/v1/routing/rules', {
        method: 'PUT',
        headers: { 'If-Match': etag },
        body: JSON.stringify(rulesFor(targets)),
      });
      const { id } = (await asked.json()) as { id: string };
      // Four eyes: another person lets it come into force.
      await ask(`/v1/approvals/${id}/approve`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${staff.finance}`, 'Idempotency-Key': id },
        body: '{}',
      });
    },
    untilOpen: (provider, atMostMs) => until(provider, true, atMostMs),
    untilClosed: async (provider, atMostMs) => {
      await until(provider, false, atMostMs);
    },
  };
}

function rulesFor(targets: readonly string[]): object {
  const rule = (currency: string, providers: readonly string[]): object => ({
    name: currency,
    when: { currencies: [currency] },
    order: 'listed',
    targets: providers.map((provider) => ({ provider })),
  });
  return {
    rules: [rule('EUR', ['cedar']), rule('USD', targets)],
    ...{ providers: [], explore_percent: 0 },
    failover_declines: ['issuer_unavailable', 'processing_error'],
  };
}

/** The merchant of the local key, as any payment of it tells. */
async function merchantOf(api: Endpoints['api']): Promise<string> {
  const answer = await fetch(`${api.url}/v1/payments`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${api.key}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': 'drill-failover-merchant',
    },
    body: JSON.stringify({
      ...{ amount: 1, currency: 'EUR', capture_method: 'automatic' },
      payment_method: { type: 'card', token: 'tok_visa' },
    }),
  });
  return ((await answer.json()) as { merchant_id: string }).merchant_id;
}
