/**
 * Seals the books every second and proves them: what is new every 30 s, everything as often as a tenth of a
 * core can, at once where the server counts an update of a row that is never updated. A broken proof opens
 * an alarm, which stops new payments until a person acknowledges it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/client.ts';
import { raiseAlarm } from '../db/ledger-alarms.ts';
import { formatHead, sealLedger } from '../db/ledger-chain.ts';
import { advanceHorizon } from '../db/ledger-closes.ts';
import type { CheckResult } from '../db/ledger-proofs.ts';
import { findRewritten, proveEverything, proveWhatIsNew, readTraces } from '../db/ledger-watch.ts';
import type { Proved, WatchResult } from '../db/ledger-watch.ts';

const sealEveryMs = 1_000;
const proveNewEveryMs = 30_000;
const lookForTracesEveryMs = 2_000;
const publishHeadEveryMs = 3_600_000;

export interface KeeperOptions {
  readonly db: Db;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Between two runs over everything, at least. */
  readonly proveAllEveryMs?: number;
}

export async function keepLedger(options: KeeperOptions): Promise<void> {
  const prover = createProver(options);
  await Promise.all([
    every(sealEveryMs, options, 'sealing', async () => {
      await sealLedger(options.db);
      await advanceHorizon(options.db);
    }),
    every(proveNewEveryMs, options, 'proving what is new in', prover.whatIsNew),
    proveOverAndOver(options, prover),
  ]);
}

export interface Prover {
  /** Nothing, as long as nothing was proved to build on. */
  readonly whatIsNew: () => Promise<void>;
  readonly everything: () => Promise<void>;
  readonly rewritten: () => Promise<void>;
}

export function createProver({ db, log }: Pick<KeeperOptions, 'db' | 'log'>): Prover {
  let proved: Proved | undefined;
  let publishedAt = -Infinity;
  const take = async (result: WatchResult): Promise<void> => {
    proved = result.proved;
    for (const check of result.broken) await raise(check);
  };
  const raise = async ({ name, what }: CheckResult): Promise<void> => {
    const fresh = await raiseAlarm(db, name, what ?? '');
    if (fresh) log.fatal({ proof: name, what }, 'a proof of the books is broken');
  };
  return {
    whatIsNew: async () => {
      if (proved !== undefined) await take(await proveWhatIsNew(db, proved));
    },
    rewritten: async () => {
      if (proved === undefined) return;
      const check = await findRewritten(db, proved);
      if (check.state === 'broken') await raise(check);
    },
    everything: async () => {
      await take(await proveEverything(db, proved));
      if (proved === undefined || performance.now() - publishedAt < publishHeadEveryMs) return;
      publishedAt = performance.now();
      // A log that leaves this machine is a place where nobody can change it.
      log.info({ head: formatHead(proved.head) }, 'the books are proved up to this head');
    },
  };
}

/**
 * Rests ten times as long as the run took. Traces of a rewrite end the rest, after such a run itself once
 * it was as long: somebody who leaves them all the time cannot take the whole core.
 */
async function proveOverAndOver(options: KeeperOptions, prover: Prover): Promise<void> {
  const { db, log, proveAllEveryMs = 30_000 } = options;
  let seen: string | undefined;
  let rest = { fromMs: -Infinity, tracesMs: 0, allMs: 0 };
  await every(lookForTracesEveryMs, options, 'proving', async () => {
    const rested = performance.now() - rest.fromMs;
    if (rested < rest.tracesMs) return;
    const traces = await readTraces(db);
    const rewritten = seen !== undefined && seen !== traces;
    if (!rewritten && rested < rest.allMs) return;
    const startedAt = performance.now();
    try {
      if (rewritten) {
        log.warn({ before: seen, after: traces }, 'a row of the books was rewritten');
        await prover.rewritten();
      }
      await prover.everything();
      // As they were before the run: what came in between is for the next one.
      seen = traces;
    } finally {
      const fromMs = performance.now();
      const tookMs = fromMs - startedAt;
      const allMs = Math.max(proveAllEveryMs, 10 * tookMs);
      rest = { fromMs, allMs, tracesMs: rewritten ? tookMs : 0 };
    }
  });
}

async function every(
  intervalMs: number,
  { log, signal }: KeeperOptions,
  what: string,
  run: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await run().catch((error: unknown) => {
      log.error({ error: String(error) }, `${what} the books failed`);
    });
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
