/** Closes what is over. Closing again answers the first close, so that a retry or a second worker does no harm. */
import { listOpenAlarms } from '../db/ledger-alarms.ts';
import { closePeriod, listPeriodsToClose } from '../db/ledger-closes.ts';
import type { BackgroundDeps } from './background.ts';

/** One activity's worth: a worker that dies loses no more than what it was at. */
const atOnce = 31;

export interface Closing {
  /** Periods, `2026-11-25` or `2026-11`, oldest first. */
  readonly closed: readonly string[];
  /** A proof of the books is broken: whether its month may be closed for good is for a person to say. */
  readonly held: 'open_alarms' | 'not_settled' | null;
  readonly more: boolean;
}

export async function closeDue(
  { db, signal }: Pick<BackgroundDeps, 'db' | 'signal'>,
  { kind, afterDays }: { readonly kind: 'day' | 'month'; readonly afterDays: number },
): Promise<Closing> {
  const due = await listPeriodsToClose(db, kind, afterDays, atOnce);
  const closed: string[] = [];
  const stop = (held: Closing['held']): Closing => ({ closed, held, more: false });
  for (const date of due) {
    signal.throwIfAborted();
    if (kind === 'month' && (await listOpenAlarms(db)).length > 0) return stop('open_alarms');
    const reason = `the ${kind} is over`;
    const close = await closePeriod(db, { kind, date, actor: 'schedule', reason });
    // A transaction that began in it still runs; the next turn finds it over.
    if (close === null) return stop('not_settled');
    closed.push(close.period);
  }
  return { closed, held: null, more: due.length === atOnce };
}
