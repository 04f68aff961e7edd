import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import { signAdyenEvent } from '../adyen/event.ts';
import { stripeSignature } from '../stripe/event.ts';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { WebhookRow } from '../store/webhooks.ts';

const callDeadlineMs = 5_000;
const batchSize = 4;
const firstPauseMs = 1_000;
const pauseMaxMs = 60_000;
const triesMax = 200;

interface DeliveryOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Events go to `<url>/<provider>`. */
  readonly url: string;
  readonly secret: string;
}

export interface Delivery {
  /** Delivers all that is due. */
  run(): Promise<void>;
  deliver(sequence: number): Promise<void>;
  close(): Promise<void>;
}

/** 1 s, 2 s, 4 s, ... one minute. */
export function pauseAfter(tries: number): number {
  return Math.min(firstPauseMs * 2 ** tries, pauseMaxMs);
}

export function createDelivery({ store, clock, url, secret }: DeliveryOptions): Delivery {
  const signer = new Webhook(secret);
  const agent = new Agent({ keepAliveTimeout: 10_000 });
  const sending = new Set<number>();
  let isClosed = false;

  function signed(row: WebhookRow, sentAt: Date): Readonly<Record<string, string>> {
    // Adyen's stands inside the body.
    if (row.provider === 'adyen') return {};
    if (row.provider === 'stripe') {
      return { 'stripe-signature': stripeSignature(secret, sentAt, row.body) };
    }
    return {
      'webhook-id': row.event_id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      'webhook-signature': signer.sign(row.event_id, sentAt, row.body),
    };
  }

  async function send(row: WebhookRow): Promise<boolean> {
    // The signature's time is that of the network, not of the sandbox: receivers refuse old ones.
    const sentAt = new Date();
    try {
      const { statusCode, body } = await request(`${url}/${row.provider}`, {
        dispatcher: agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...signed(row, sentAt),
        },
        body: row.provider === 'adyen' ? signAdyenEvent(secret, row.body) : row.body,
        signal: AbortSignal.timeout(callDeadlineMs),
      });
      await body.dump();
      return statusCode >= 200 && statusCode < 300;
    } catch {
      return false;
    }
  }

  async function deliverRow(row: WebhookRow): Promise<void> {
    if (sending.has(row.sequence)) return;
    sending.add(row.sequence);
    try {
      const isTaken = await send(row);
      // Cut off by our own stop, a try says nothing about the receiver.
      if (isClosed && !isTaken) return;
      if (isTaken) store.webhooks.setDelivered(row.sequence);
      else if (row.tries + 1 >= triesMax) store.webhooks.setGivenUp(row.sequence);
      else store.webhooks.setTried(row.sequence, clock.now() + pauseAfter(row.tries));
    } finally {
      sending.delete(row.sequence);
    }
  }

  return {
    async run() {
      while (!isClosed) {
        const due = store.webhooks
          .listDue(clock.now(), batchSize)
          .filter((row) => !sending.has(row.sequence));
        if (due.length === 0) return;
        await Promise.all(due.map(deliverRow));
      }
    },
    async deliver(sequence) {
      const row = store.webhooks.find(sequence);
      if (row !== undefined) await deliverRow(row);
    },
    async close() {
      isClosed = true;
      await agent.destroy();
    },
  };
}
