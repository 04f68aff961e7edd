/** Writes down that nobody decided: what is asked for lapses when its time is over, whether or not anybody looks. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { lapseApprovals } from '../db/approvals.ts';
import type { Db } from '../db/client.ts';

const lookEveryMs = 10_000;

export interface ApprovalKeeperOptions {
  readonly db: Db;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly signal: AbortSignal;
}

export async function keepApprovals({ db, log, signal }: ApprovalKeeperOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      const lapsed = await lapseApprovals(db);
      if (lapsed > 0) log.info({ lapsed }, 'requests for approval lapsed');
    } catch (error) {
      log.warn({ error: String(error) }, 'looking for lapsed approvals failed');
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
