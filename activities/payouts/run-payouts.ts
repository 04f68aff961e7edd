/** Payouts by the calendar, and whatever of any payout is due. */
import {
  listPayoutsDue,
  listPayoutTurns,
  requestPayout,
  type PayoutTurn,
} from '../../db/payouts.ts';
import { drivePayout, type PayoutDeps } from './drive-payout.ts';
import type { Log } from '../deps.ts';

interface Run extends PayoutDeps {
  readonly log: Log;
  /** `newId('po')`. */
  readonly newId: (prefix: string) => string;
  readonly signal: AbortSignal;
}

/** Asks for those whose turn has come and that have enough, once a turn, and sends them. */
export async function runPayouts(run: Run): Promise<{ readonly asked: number }> {
  let asked = 0;
  for (const turn of await listPayoutTurns(run.db)) {
    run.signal.throwIfAborted();
    if (await askOnce(run, turn)) asked += 1;
  }
  await resolvePayouts(run);
  return { asked };
}

async function askOnce({ db, newId, log }: Run, turn: PayoutTurn): Promise<boolean> {
  const payout = { ...turn, id: newId('po'), amount: null, requestedBy: 'schedule' };
  try {
    const made = await db.transaction().execute((trx) => requestPayout(trx, payout));
    return typeof made !== 'string';
  } catch (error) {
    // Another process has this turn, or this merchant's books are in the way: the others are paid all the same.
    log.warn({ ...turn, error: String(error) }, 'no payout this time');
    return false;
  }
}

const atOnce = 100;

/** One step of each that is due: sent, or looked up. */
export async function resolvePayouts(run: Run): Promise<{ readonly moved: number }> {
  const seen: string[] = [];
  for (;;) {
    const due = await listPayoutsDue(run.db, seen, atOnce);
    for (const id of due) {
      run.signal.throwIfAborted();
      seen.push(id);
      try {
        await drivePayout(run, id);
      } catch (error) {
        run.log.warn({ payout: id, error: String(error) }, 'a payout waits');
      }
    }
    if (due.length === 0) return { moved: seen.length };
  }
}
