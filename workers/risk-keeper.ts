/**
 * Folds what payments appended into the counters of merchants and BINs, every second. Those who read count what is
 * waiting themselves, so a second later is as good; any number of keepers may run at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/client.ts';
import { foldRiskEvents } from '../db/risk-counters.ts';

const foldEveryMs = 1_000;

export interface RiskKeeperOptions {
  readonly db: Db;
  readonly log: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
}

export async function keepRisk({ db, log, signal }: RiskKeeperOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      await foldRiskEvents(db);
    } catch (error) {
      log.warn({ error: String(error) }, 'folding risk events failed');
    }
    await sleep(foldEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
