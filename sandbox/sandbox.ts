/** Composition root: wires one sandbox and starts it, in this process. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createAlarm } from './alarm.ts';
import { createClock } from './clock.ts';
import { runDueBankWork } from './bank/moves.ts';
import type { Context } from './context.ts';
import { createClockControl } from './control/clock.ts';
import { createFaults } from './faults.ts';
import { createListener } from './http/listener.ts';
import { createRouter } from './http/routes.ts';
import { runDueJobs } from './processor/late.ts';
import { firstDay } from './settlement/days.ts';
import { openStore } from './store/store.ts';
import { createDelivery } from './webhooks/delivery.ts';
import type { Delivery } from './webhooks/delivery.ts';

export interface SandboxOptions {
  /** SQLite file, or `:memory:`. */
  readonly dataPath: string;
  /** Default 0: a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Default: the address it listens on. Without a slash at its end. */
  readonly publicUrl?: string | undefined;
  readonly webhookUrl?: string | undefined;
  readonly webhookSecret?: string | undefined;
  readonly clockUrl?: string | undefined;
  /** Default: silent. */
  readonly log?: Logger;
}

export interface Sandbox {
  readonly url: string;
  close(): Promise<void>;
}

const earlyDeliveryMaxMs = 1_000;
/** For answers being written when the sandbox stops. */
const drainMs = 2_000;

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${shownHost}:${String(address.port)}`;
}

async function stopListening(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const cut = setTimeout(() => {
    server.closeAllConnections();
  }, drainMs);
  await closed;
  clearTimeout(cut);
}

function createDeliveryOf(options: SandboxOptions, context: Context): Delivery | null {
  const { webhookUrl: url, webhookSecret: secret } = options;
  if (url === undefined || secret === undefined) return null;
  return createDelivery({ store: context.store, clock: context.clock, url, secret });
}

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const log = options.log ?? pino({ level: 'silent' });
  const store = openStore(options.dataPath);
  const clock = createClock(store);
  firstDay({ store, clock });
  const stopping = new AbortController();
  let url = '';
  const context: Context = {
    store,
    clock,
    faults: createFaults(store),
    keysInFlight: new Set(),
    publicUrl: () => options.publicUrl ?? url,
    wake: () => {
      jobs.wake();
      webhooks.wake();
    },
    deliverNow: async (sequence) => {
      await Promise.race([delivery?.deliver(sequence), pause(earlyDeliveryMaxMs)]);
    },
    pause: (durationMs) => pause(durationMs, undefined, { signal: stopping.signal }),
  };
  const delivery = createDeliveryOf(options, context);
  const now = (): number => clock.now();
  const jobs = createAlarm({
    now,
    log,
    nextDueAt: () => earlier(store.jobs.nextDueAt(), store.bank.nextDueAt()),
    run: () => {
      runDueJobs(context);
      runDueBankWork(context);
      webhooks.wake();
    },
  });
  const webhooks = createAlarm({
    now,
    log,
    nextDueAt: () => (delivery === null ? null : store.webhooks.nextDueAt()),
    run: async () => delivery?.run(),
  });
  const clockControl = createClockControl({
    clock,
    url: options.clockUrl,
    secret: options.webhookSecret,
    onMoved: () => {
      // What the move made due is in the books before the caller hears of it.
      runDueJobs(context);
      runDueBankWork(context);
      context.wake();
    },
  });
  const server = createListener(createRouter(context, clockControl), log);
  url = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  context.wake();
  return {
    url,
    async close() {
      stopping.abort();
      await stopListening(server);
      await delivery?.close();
      await Promise.all([jobs.stop(), webhooks.stop()]);
      store.close();
    },
  };
}
