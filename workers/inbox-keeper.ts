/** Looks after events that neither their arrival nor their object's could settle, and names those that fit nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/client.ts';
import { sweepInbox } from '../db/inbox.ts';

const sweepEveryMs = 2_000;
/** An event may be minutes before what it tells of, not hours. */
const unmatchedMs = 3_600_000;
/** What was sent to look and is still open after this is sent once more. */
const againMs = 600_000;

export interface InboxKeeperOptions {
  readonly db: Db;
  readonly log: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
}

export async function keepInbox({ db, log, signal }: InboxKeeperOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      const { unmatched } = await sweepInbox(db, { unmatchedMs, againMs });
      if (unmatched > 0)
        log.warn({ events: unmatched }, 'events of providers match nothing of ours');
    } catch (error) {
      log.warn({ error: String(error) }, 'sweeping the inbox failed');
    }
    await sleep(sweepEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
