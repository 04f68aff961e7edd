/** While a proof of the books is broken nothing new is begun; what is under way, and its repeats, go on. */
import type { Logger } from 'pino';
import type { Db } from '../../db/client.ts';
import { readKey, type KeyClaim } from '../../db/idempotency-keys.ts';
import { findStanding } from '../../db/ledger-alarms.ts';
import { HttpError } from '../http-errors.ts';

/** For so long one look stands for all requests: an alarm may let that much more in. */
const lookMs = 1_000;
const retryAfterSeconds = '30';
/** The keeper proves every 30 s. Whoever reads our log has the rest of an hour until payments stop. */
const unprovedTooLongSeconds = 600;
const tellEveryMs = 60_000;

export interface LedgerGate {
  /** Throws `ledger_stopped` for a payment that is not accepted yet. */
  pass(key: KeyClaim): Promise<void>;
}

export function createLedgerGate(db: Db, log: Logger): LedgerGate {
  let lookedAt = -Infinity;
  let toldAt = -Infinity;
  let look = Promise.resolve(false);
  const isStopped = async (): Promise<boolean> => {
    const { stopped, unprovedSeconds } = await findStanding(db);
    if (unprovedSeconds > unprovedTooLongSeconds && performance.now() - toldAt > tellEveryMs) {
      toldAt = performance.now();
      log.error({ unprovedSeconds }, 'nobody proves the books: does the background process run?');
    }
    return stopped;
  };
  const recently = (): Promise<boolean> => {
    if (performance.now() - lookedAt < lookMs) return look;
    lookedAt = performance.now();
    look = isStopped();
    // A look that failed says nothing: the next request looks again.
    look.catch(() => {
      lookedAt = -Infinity;
    });
    return look;
  };
  return {
    pass: async (key) => {
      if (!(await recently())) return;
      if ((await readKey(db, key)) !== null) return;
      throw new HttpError(
        'ledger_stopped',
        'New payments are stopped until the books are proved.',
        {
          headers: { 'Retry-After': retryAfterSeconds },
        },
      );
    },
  };
}
