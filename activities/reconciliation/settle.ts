/** Moves payments whose every captured amount is matched from captured to settled, a stretch per commit. */
import type { Reconciliation } from '../../db/reconciliations.ts';
import { settlePaymentsOf, settleWaiting } from '../../db/settlement-posting.ts';
import type { Step } from './match.ts';

/** Payments per commit: whoever refunds one of them waits that long. */
const stretch = 1_000;

export interface Settled {
  readonly settled: number;
}

/** Those that this file tells of. */
export async function settlePayments(step: Step, { id, lines }: Reconciliation): Promise<Settled> {
  let settled = 0;
  for (let from = 1; from <= lines; from += stretch) {
    step.signal.throwIfAborted();
    const more = await settlePaymentsOf(step.db, id, from, from + stretch);
    settled += more;
  }
  return { settled };
}

/** Those that a file told of before and that something was open about. */
export async function settleWaiters(step: Step, provider: string): Promise<Settled> {
  let settled = 0;
  let after: string | null = '';
  while (after !== null) {
    step.signal.throwIfAborted();
    const waited = await settleWaiting(step.db, provider, { after, limit: stretch });
    settled += waited.settled;
    after = waited.last;
  }
  return { settled };
}
