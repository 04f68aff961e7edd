/**
 * Nothing committed is left undelivered: wakes every payment past its `wake_at`. It writes nothing, since
 * only the transaction that does the work moves `wake_at` on; any number of sweepers may run at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import type { Db } from '../db/client.ts';
import { listOverdue, type Overdue } from '../db/payments.ts';
import type { Runs } from '../runtime/runs.ts';

const intervalMs = 500;
const batchSize = 200;
const wakesAtOnce = 8;
/** A payment that stays overdue is woken again after 4 s, 8 s, ... up to this. */
const wakeAgainMsMax = 30_000;

export interface SweeperOptions {
  readonly db: Db;
  readonly runs: () => Runs | undefined;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Woken extends Overdue {
  readonly times: number;
  readonly againAt: number;
}

export async function sweep(options: SweeperOptions): Promise<void> {
  let woken = new Map<string, Woken>();
  while (!options.signal.aborted) {
    const runs = options.runs();
    if (runs !== undefined) {
      try {
        woken = await sweepOnce(options, runs, woken);
      } catch (error) {
        options.log.warn({ error: String(error) }, 'sweep failed');
      }
    }
    await sleep(intervalMs, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

async function sweepOnce(
  options: SweeperOptions,
  runs: Runs,
  before: ReadonlyMap<string, Woken>,
): Promise<Map<string, Woken>> {
  const now = performance.now();
  const waiting = [...before.values()].filter(({ againAt }) => againAt > now);
  const overdue = await listOverdue(options.db, batchSize, waiting);
  const after = new Map(waiting.map((woken) => [woken.id, woken]));
  const limit = pLimit(wakesAtOnce);
  const wake = async ({ id, wakeAt }: Overdue): Promise<void> => {
    try {
      await runs.wake(id);
      const last = before.get(id);
      const times = last?.wakeAt === wakeAt ? last.times + 1 : 1;
      const againAt = now + Math.min(2_000 * 2 ** times, wakeAgainMsMax);
      after.set(id, { id, wakeAt, times, againAt });
    } catch (error) {
      // Not woken: tried again at the next sweep.
      options.log.warn({ paymentId: id, error: String(error) }, 'could not wake a payment');
    }
  };
  await Promise.all(overdue.map((one) => limit(() => wake(one))));
  return after;
}
