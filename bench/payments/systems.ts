/** The systems as a caller sees them: one HTTP request that answers when the payment is decided. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import type { SystemName } from './options.ts';

export interface System {
  readonly name: SystemName;
  /** Makes one payment; answers the id of its workflow. Throws when it is not captured. */
  pay(): Promise<string>;
}

export interface Addresses {
  readonly tender: { readonly url: string; readonly key: string };
  readonly usualWayUrl: string;
}

const dispatcher = new Agent({ connections: 64, pipelining: 1 });
const body = {
  amount: 2499,
  currency: 'EUR',
  capture_method: 'automatic',
  payment_method: { type: 'card', token: 'tok_visa' },
};

interface Answer {
  readonly id: string;
  readonly status: string;
}

async function post(url: string, headers: Record<string, string>, json: object): Promise<Answer> {
  const answered = await request(url, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(json),
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  });
  const text = await answered.body.text();
  const answer = JSON.parse(text) as Answer;
  if (answered.statusCode !== 201 || answer.status !== 'captured') {
    throw new Error(`${url} answered ${answered.statusCode}: ${text.slice(0, 300)}`);
  }
  return answer;
}

export function createSystem(name: SystemName, addresses: Addresses): System {
  const { tender, usualWayUrl } = addresses;
  switch (name) {
    case 'tender': {
      const headers = { authorization: `Bearer ${tender.key}`, prefer: 'wait=30' };
      const pay = async (): Promise<string> => {
        const key = randomUUID();
        const order = { ...body, merchant_reference: key };
        const own = { ...headers, 'idempotency-key': key };
        return `payment/${(await post(`${tender.url}/v1/payments`, own, order)).id}`;
      };
      return { name, pay };
    }
    case 'naive':
      return { name, pay: async () => (await post(`${usualWayUrl}/usual`, {}, body)).id };
    case 'empty':
      return { name, pay: async () => (await post(`${usualWayUrl}/empty`, {}, body)).id };
  }
}
