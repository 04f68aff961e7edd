/** Shoppers who pay one after the other, and what each was told after how long. */
import { randomUUID } from 'node:crypto';

/** `failing`: may go to the provider in trouble. `other`: never does, and is not to notice. */
export type Group = 'failing' | 'other';

export interface Paid {
  readonly group: Group;
  readonly startedAt: number;
  readonly ms: number;
  /** 0: no answer at all. */
  readonly status: number;
  readonly isCaptured: boolean;
}

export interface Traffic {
  readonly paid: readonly Paid[];
  /** When the oldest payment that is not answered yet began; Infinity: all are. */
  oldest(): number;
  stop(): Promise<void>;
}

const callers: Readonly<Record<Group, number>> = { failing: 12, other: 2 };
const currencyOf: Readonly<Record<Group, string>> = { failing: 'USD', other: 'EUR' };
const waitSeconds = 25;

export function startTraffic(api: { readonly url: string; readonly key: string }): Traffic {
  const paid: Paid[] = [];
  const open = new Set<number>();
  let isOver = false;
  const shopper = async (group: Group): Promise<void> => {
    while (!isOver) {
      const startedAt = performance.now();
      open.add(startedAt);
      paid.push(await pay(api, group, startedAt));
      open.delete(startedAt);
    }
  };
  const shoppers = (Object.keys(callers) as Group[]).flatMap((group) =>
    Array.from({ length: callers[group] }, () => shopper(group)),
  );
  return {
    paid,
    oldest: () => Math.min(...open),
    stop: async () => {
      isOver = true;
      await Promise.all(shoppers);
    },
  };
}

async function pay(
  api: { readonly url: string; readonly key: string },
  group: Group,
  startedAt: number,
): Promise<Paid> {
  const key = randomUUID();
  const answer = await fetch(`${api.url}/v1/payments`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${api.key}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
      Prefer: `wait=${waitSeconds}`,
    },
    body: JSON.stringify({
      ...{ amount: 1_000, currency: currencyOf[group], capture_method: 'automatic' },
      payment_method: { type: 'card', token: 'tok_visa' },
      merchant_reference: key,
    }),
    signal: AbortSignal.timeout((waitSeconds + 5) * 1_000),
  }).then(
    async (response) => ({ status: response.status, body: (await response.json()) as object }),
    () => ({ status: 0, body: {} }),
  );
  const payment = 'status' in answer.body ? answer.body.status : undefined;
  const isCaptured = answer.status === 201 && payment === 'captured';
  return { group, startedAt, ms: performance.now() - startedAt, status: answer.status, isCaptured };
}
