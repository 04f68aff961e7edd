/** Lives through a day: each is asked when its time has come, as shops do it, and what is answered is kept. */
import type { ApiResponse } from '../../../test/support/api.ts';
import type { Ask } from './asks.ts';
import type { Service } from './service.ts';

/** What became of one ask. */
export interface Asked {
  readonly ask: Ask;
  /** Which try on its payment; from 1. */
  readonly number: number;
  readonly paymentId: string;
  readonly status: string;
  readonly answer: ApiResponse;
}

/** In the order of time. A visit ends when there is nothing more to be tried on its payment. */
export async function liveThrough(
  service: Service,
  asks: readonly Ask[],
  report: (done: number) => void,
): Promise<readonly Asked[]> {
  const all: Asked[] = [];
  const last = new Map<string, Asked>();
  for (const ask of asks.toSorted((a, b) => a.at - b.at)) {
    const before = last.get(ask.visit);
    if (before !== undefined && before.status !== 'requires_payment_method') continue;
    await service.moveTo(ask.at);
    const asked = await tried(service, ask, before);
    await service.atRest();
    all.push(asked);
    last.set(ask.visit, asked);
    if (all.length % 1_000 === 0) report(all.length);
  }
  return all;
}

async function tried({ api, keys }: Service, ask: Ask, before: Asked | undefined): Promise<Asked> {
  const number = (before?.number ?? 0) + 1;
  const { token, card, amount, email, device, ip } = ask;
  const payment_method = { type: 'card', token, ...card };
  const answer = await api.call(
    before === undefined ? '/v1/payments' : `/v1/payments/${before.paymentId}/attempts`,
    {
      method: 'POST',
      key: keys[ask.merchant] ?? null,
      headers: { 'idempotency-key': `${ask.visit} ${String(number)}`.replaceAll(' ', '-'), prefer: 'wait=20' }, // prettier-ignore
      body:
        before === undefined
          ? {
              ...{ amount, currency: 'EUR', capture_method: 'automatic', payment_method },
              ...{ customer: { email }, shopper: { device_id: device, ip } },
            }
          : { payment_method },
    },
  );
  // A payment, or a problem that carries it.
  const payment = (answer.body['payment'] ?? answer.body) as Readonly<Record<string, unknown>>;
  const [id, status] = [payment['id'], payment['status']];
  if (typeof id !== 'string' || typeof status !== 'string') {
    throw new Error(`${ask.visit}: ${String(answer.status)} ${answer.text.slice(0, 300)}`);
  }
  return { ask, number, paymentId: id, status, answer };
}
