/** Takes over what has become available, one merchant and currency at a time, each in one commit, once. */
import { listBalancesDue, takeOver } from '../../db/availability.ts';
import type { Db } from '../../db/client.ts';

interface Step {
  readonly db: Db;
  readonly signal: AbortSignal;
}

/** How many commits that took. */
export async function makeAvailable({ db, signal }: Step): Promise<{ readonly batches: number }> {
  let batches = 0;
  for (const owner of await listBalancesDue(db)) {
    for (;;) {
      signal.throwIfAborted();
      if (!(await db.transaction().execute((trx) => takeOver(trx, owner)))) break;
      batches += 1;
    }
  }
  return { batches };
}
