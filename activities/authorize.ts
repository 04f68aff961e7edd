import { paymentState } from '../db/snapshot.ts';
import { nextStep, type Step } from '../domain/next-step.ts';
import { record } from './attempt-record.ts';
import { submit } from './attempt-submit.ts';
import { load } from './commit.ts';
import type { ActivityDeps } from './deps.ts';
import { decide } from './routing.ts';

/**
 * The happy path in one local activity: screen, submit (commit 2), record (commit 3). Anything that is
 * not a fresh payment only says what is next, so a run may start with it whatever it was started for.
 */
export async function authorize(deps: ActivityDeps, paymentId: string): Promise<Step> {
  const fresh = deps.takeFresh(paymentId);
  const payment = fresh === undefined ? await load(deps, paymentId) : paymentState(fresh);
  const step = nextStep(payment);
  if (step.kind !== 'authorize') return step;
  const decision = await decide(deps, payment);
  const { payment: held, submitted } = await submit(deps, payment, decision);
  if (submitted.kind === 'nothing_sent') return nextStep(held);
  return nextStep(await record(deps, held, submitted.attemptId, submitted.outcome));
}
