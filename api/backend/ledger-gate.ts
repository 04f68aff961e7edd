/** While a proof of the books is broken nothing new is begun; what is under way, and its repeats, go on. */
import type { Db } from '../../db/client.ts';
import { readKey, type KeyClaim } from '../../db/idempotency-keys.ts';
import { isLedgerStopped } from '../../db/ledger-alarms.ts';
import { HttpError } from '../http-errors.ts';

/** For so long one look stands for all requests: an alarm may let that much more in. */
const lookMs = 1_000;
const retryAfterSeconds = '30';

export interface LedgerGate {
  /** Throws `ledger_stopped` for a payment that is not accepted yet. */
  pass(key: KeyClaim): Promise<void>;
}

export function createLedgerGate(db: Db): LedgerGate {
  let lookedAt = -Infinity;
  let look = Promise.resolve(false);
  const isStopped = (): Promise<boolean> => {
    if (performance.now() - lookedAt < lookMs) return look;
    lookedAt = performance.now();
    look = isLedgerStopped(db);
    // A look that failed says nothing: the next request looks again.
    look.catch(() => {
      lookedAt = -Infinity;
    });
    return look;
  };
  return {
    pass: async (key) => {
      if (!(await isStopped())) return;
      if ((await readKey(db, key)) !== null) return;
      throw new HttpError(
        'ledger_stopped',
        'New payments are stopped while the books are checked.',
        {
          headers: { 'Retry-After': retryAfterSeconds },
        },
      );
    },
  };
}
