/** What a shop does in a day: sales, captures in parts, refunds, cancels, and disputes, won, lost and taken up again. */
import { randomUUID } from 'node:crypto';
import type { Endpoints } from '../../../runtime/local/endpoints.ts';
import type { Random } from '../random.ts';

const providers = ['alder', 'birch', 'cedar'] as const;
const currencies = ['EUR', 'USD', 'JPY'] as const;

export interface Shop {
  /** One day's business, and what is still to be done about the days before. */
  openDay(): Promise<void>;
  /** No new business: only what is still to be done. */
  finish(): Promise<void>;
  readonly counts: Readonly<Record<Counted, number>>;
}

type Counted = 'payments' | 'refunds' | 'canceled' | 'disputes' | 'won' | 'lost' | 'reopened';
type Body = Readonly<Record<string, unknown>>;
/** To be done on a later day. */
type Errand = () => Promise<unknown>;

/** What becomes of disputes, one after the other: a step a day, each to its end. */
const fates = [['win'], ['lose'], ['win', 'reopen', 'lose'], ['lose', 'reopen', 'win']] as const;
const counterOf = { win: 'won', lose: 'lost', reopen: 'reopened' } as const;

export function openShop(endpoints: Endpoints, random: Random, perDay: number): Shop {
  const counts: Record<Counted, number> = {
    ...{ payments: 0, refunds: 0, canceled: 0 },
    ...{ disputes: 0, won: 0, lost: 0, reopened: 0 },
  };
  const errands: Errand[] = [];
  const { api, sandbox } = endpoints;
  const post = (path: string, body: Body): Promise<Body> =>
    call(`${api.url}${path}`, body, { Authorization: `Bearer ${api.key}`, 'Idempotency-Key': randomUUID(), Prefer: 'wait=20' }); // prettier-ignore
  const sale = async (n: number): Promise<void> => {
    const provider = providers[n % providers.length] ?? 'alder';
    const amount = random.between(1_000, 50_000);
    // Birch captures once.
    const isInParts = provider !== 'birch' && n % 7 === 3;
    const isCanceled = n % 9 === 4;
    const payment = await post('/v1/payments', {
      ...{ amount, currency: random.pick(currencies) },
      capture_method: isInParts || isCanceled ? 'manual' : 'automatic',
      payment_method: { type: 'card', tokens: { [provider]: 'tok_visa' } },
    });
    counts.payments += 1;
    const id = String(payment['id']);
    if (isCanceled) {
      await post(`/v1/payments/${id}/cancel`, {});
      counts.canceled += 1;
    } else if (isInParts) {
      await post(`/v1/payments/${id}/captures`, { amount: 700, final: false });
      errands.push(() => post(`/v1/payments/${id}/captures`, { final: true }));
    } else if (n % 4 === 1) {
      errands.push(async () => {
        await post(`/v1/payments/${id}/refunds`, { amount: 300, reason: 'returned' });
        counts.refunds += 1;
      });
    } else if (n % 10 === 0) {
      errands.push(() => dispute(provider, String((payment['attempts'] as Body[])[0]?.['id'])));
    }
  };
  const dispute = async (provider: string, reference: string): Promise<void> => {
    const opened = await call(`${sandbox.url}/${provider}/disputes`, { reference, amount: 500 });
    const fate = fates[counts.disputes % fates.length] ?? [];
    counts.disputes += 1;
    const place = `${sandbox.url}/${provider}/disputes/${String(opened['id'])}`;
    errands.push(() => live(place, fate));
  };
  const live = async (place: string, [action, ...rest]: readonly (keyof typeof counterOf)[]): Promise<void> => {
    if (action === undefined) return;
    await call(`${place}/${action}`, {});
    counts[counterOf[action]] += 1;
    if (rest.length > 0) errands.push(() => live(place, rest));
  }; // prettier-ignore
  const finish = async (): Promise<void> => {
    for (const errand of errands.splice(0)) await errand();
  };
  return {
    ...{ counts, finish },
    openDay: async () => {
      await finish();
      for (let n = 0; n < perDay; n += 1) await sale(counts.payments);
    },
  };
}

async function call(
  url: string,
  body: Body,
  headers: Readonly<Record<string, string>> = {},
): Promise<Body> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${String(answer.status)} ${text.slice(0, 300)}`);
  return JSON.parse(text) as Body;
}
