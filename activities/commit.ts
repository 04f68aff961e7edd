import { setTimeout as sleep } from 'node:timers/promises';
import { commitChange } from '../db/changes.ts';
import { isTransient } from '../db/errors.ts';
import { getPayment } from '../db/payments.ts';
import { paymentState } from '../db/snapshot.ts';
import type { Change } from '../domain/change.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import type { ActivityDeps } from './deps.ts';

export type Decide = (payment: PaymentState) => Change | null;

export interface Decided {
  readonly payment: PaymentState;
  /** False: the decision was that there is nothing (more) to write. */
  readonly committed: boolean;
}

export async function load(deps: ActivityDeps, paymentId: string): Promise<PaymentState> {
  return paymentState(await getPayment(deps.db, paymentId));
}

/** Decides and commits; when the payment has moved on meanwhile, decides again on the truth. */
export async function commit(
  deps: ActivityDeps,
  payment: PaymentState,
  decide: Decide,
): Promise<Decided> {
  for (let current = payment; ;) {
    const change = decide(current);
    if (change === null) return { payment: current, committed: false };
    const result = await commitChange(deps.db, current, change);
    current = paymentState(result.snapshot);
    if (result.committed) {
      // A permit to send is no news for anybody who waits.
      if (change.events?.length || change.answers?.length) {
        deps.onCommitted(current.id, { snapshot: result.snapshot, frozen: result.frozen ?? [] });
      }
      return { payment: current, committed: true };
    }
  }
}

const outcomeHeldMs = 20_000;

/**
 * As `commit`, for an outcome that exists only in this process: it outlasts a restart of PostgreSQL
 * instead of becoming an unknown. Safe to repeat, because a commit whose answer was lost shows on reload
 * and is then not decided again. Never for a permit to send.
 */
export async function commitOutcome(
  deps: ActivityDeps,
  payment: PaymentState,
  decide: Decide,
): Promise<Decided> {
  const giveUpAt = performance.now() + outcomeHeldMs;
  for (let current = payment; ;) {
    try {
      return await commit(deps, current, decide);
    } catch (error) {
      if (!isTransient(error) || performance.now() > giveUpAt) throw error;
      deps.log.warn({ paymentId: payment.id, error: String(error) }, 'outcome not yet recorded');
      await sleep(200);
      current = await load(deps, payment.id).catch(() => current);
    }
  }
}
