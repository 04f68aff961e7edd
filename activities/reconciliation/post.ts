/** Books what a file says: fees, payouts, conversions, and what nothing of ours explains. */
import { postSettlement, listToPostAgain } from '../../db/settlement-posting.ts';
import type { Reconciliation } from '../../db/reconciliations.ts';
import type { Step } from './match.ts';

export interface Posted {
  readonly entries: number;
}

/** One transaction: killed anywhere in it, nothing has happened. Posted again, only what has changed is. */
export async function postLines(step: Step, { id }: Reconciliation): Promise<Posted> {
  step.signal.throwIfAborted();
  return { entries: await postSettlement(step.db, id) };
}

/** Files whose breaks have ended since: what was set aside for them comes back. */
export async function postAgain(step: Step, provider: string): Promise<Posted> {
  let entries = 0;
  for (const id of await listToPostAgain(step.db, provider)) {
    step.signal.throwIfAborted();
    entries += await postSettlement(step.db, id);
  }
  return { entries };
}
