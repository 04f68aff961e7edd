/**
 * Keeps rules and health at hand, so that routing a payment asks nobody. Read again four times a second: so
 * long a change of the rules, or a breaker that another process opened, may go unseen here, and longer only
 * while PostgreSQL does not answer, when nothing can be submitted either.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../db/client.ts';
import {
  claimProbe,
  endProbe,
  leaveProviderAlone,
  openProvider,
  readRouting,
  type ProviderHealthRow,
} from '../db/provider-health.ts';
import type { RoutingRules } from '../domain/routing-rules.ts';
import type { Guard } from '../providers/protection/guard.ts';
import type { HealthStore, SharedHealth } from '../providers/protection/store.ts';
import type { Log } from './deps.ts';
import type { RoutingSource } from './routing.ts';

export const refreshMs = 250;

export interface KeeperOptions {
  readonly db: Db;
  readonly guards: ReadonlyMap<string, Guard>;
  /** Of this process, for as long as it lives. */
  readonly process: string;
  /** False: it has a share of its own, and takes nothing from the others. */
  readonly isCaller?: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface RoutingKeeper extends RoutingSource {
  /** Reads now: whoever has just written rules goes by them. */
  refresh(): Promise<void>;
  /** Ends with the signal. */
  readonly ended: Promise<void>;
}

export function createHealthStore(db: Db, process: string): HealthStore {
  return {
    open: (provider, reason) => openProvider(db, process, provider, reason),
    claimProbe: (provider, forMs) => claimProbe(db, process, provider, forMs),
    endProbe: (provider, isWell, reason) => endProbe(db, process, provider, isWell, reason),
    leaveAlone: (provider, forMs) => leaveProviderAlone(db, provider, forMs),
  };
}

export function keepRouting(options: KeeperOptions): RoutingKeeper {
  const { db, guards, process, isCaller = true, log, signal } = options;
  const first = Promise.withResolvers<RoutingRules>();
  let rules: RoutingRules | undefined;

  async function refresh(): Promise<void> {
    const readAt = performance.now();
    const reading = await readRouting(db, process, rules?.version ?? 0, isCaller);
    // Of two readings under way the older one may come last.
    if (reading.rules !== null && reading.version > (rules?.version ?? 0)) {
      rules = { ...reading.rules, version: reading.version };
      first.resolve(rules);
    }
    for (const [name, guard] of guards) {
      const row = reading.health.find(({ provider }) => provider === name);
      guard.apply(sharedHealth(row), isCaller ? reading.callers : 1, readAt);
    }
  }

  async function keep(): Promise<void> {
    while (!signal.aborted) {
      await refresh().catch((error: unknown) => {
        log.warn({ error: String(error) }, 'routing could not be read');
      });
      await sleep(refreshMs, undefined, { signal }).catch(() => undefined);
    }
  }

  return {
    rules: async () => rules ?? first.promise,
    healthOf: (provider) => guards.get(provider)?.health() ?? 'available',
    reserveProbe: (provider, paymentId) => guards.get(provider)?.reserveProbe(paymentId) ?? true,
    refresh,
    ended: keep(),
  };
}

function sharedHealth(row: ProviderHealthRow | undefined): SharedHealth {
  return {
    isOpen: row?.is_open ?? false,
    reason: row?.reason ?? '',
    openedAt: row?.opened_at ?? null,
    retryInMs: row?.retry_in_ms ?? 0,
    probingMs: row?.probing_ms ?? 0,
    leftAloneMs: row?.left_alone_ms ?? 0,
  };
}
