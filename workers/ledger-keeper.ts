/**
 * Seals the books every second and proves them every 30 s: what is new each time, everything once in ten
 * minutes. A broken proof opens an alarm, which stops new payments until a person acknowledges it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/client.ts';
import { raiseAlarm } from '../db/ledger-alarms.ts';
import { sealLedger } from '../db/ledger-chain.ts';
import { advanceHorizon } from '../db/ledger-closes.ts';
import { watchLedger, type Proved } from '../db/ledger-watch.ts';

const sealEveryMs = 1_000;
const proveEveryMs = 30_000;
const proveAllEveryMs = 600_000;

export interface KeeperOptions {
  readonly db: Db;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export async function keepLedger(options: KeeperOptions): Promise<void> {
  await Promise.all([
    every(sealEveryMs, options, 'sealing', async () => {
      await sealLedger(options.db);
      await advanceHorizon(options.db);
    }),
    every(proveEveryMs, options, 'proving', createProver(options)),
  ]);
}

/** One call is one run; the first checks everything. */
export function createProver({ db, log }: Pick<KeeperOptions, 'db' | 'log'>): () => Promise<void> {
  let proved: Proved | undefined;
  let allAt = -Infinity;
  return async () => {
    const startedAt = performance.now();
    const all = startedAt - allAt >= proveAllEveryMs;
    const result = await watchLedger(db, all ? undefined : proved);
    proved = result.proved;
    if (all) allAt = startedAt;
    for (const { name, what } of result.broken) {
      const fresh = await raiseAlarm(db, name, what ?? '');
      if (fresh) log.fatal({ proof: name, what }, 'a proof of the books is broken');
    }
  };
}

async function every(
  intervalMs: number,
  { log, signal }: KeeperOptions,
  what: string,
  run: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await run().catch((error: unknown) => {
      log.warn({ error: String(error) }, `${what} the books failed`);
    });
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
