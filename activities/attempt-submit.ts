import { stillStands, type Decision } from '../domain/screen.ts';
import { closeUnsent, submitAttempt } from '../domain/submit-attempt.ts';
import { attemptById, liveAttempt, type PaymentState } from '../domain/payment-state.ts';
import type { ProviderOutcome } from '../domain/provider.ts';
import { commit } from './commit.ts';
import { providerOf, type ActivityDeps } from './deps.ts';
import { startElapsed } from './elapsed.ts';
import { viewOf } from './routing.ts';

export type Submitted =
  | { readonly kind: 'answered'; readonly attemptId: string; readonly outcome: ProviderOutcome }
  /** Closed without a provider, or in the hands of another execution. */
  | { readonly kind: 'nothing_sent' };

/**
 * Commit 2, then the call. Only the execution whose insert created the attempt sends, and only before
 * `send_by`; a retry, a zombie or a lost answer of the commit finds a live attempt and never sends.
 */
export async function submit(
  deps: ActivityDeps,
  payment: PaymentState,
  decision: Decision,
): Promise<{ payment: PaymentState; submitted: Submitted }> {
  const attemptId = deps.newId('att');
  const returnToken = deps.newReturnToken();
  const view = await viewOf(deps);
  const elapsedMs = startElapsed();
  const decided = await commit(deps, payment, (p) => {
    if (p.status !== 'processing' || liveAttempt(p) !== undefined) return null;
    // A cancel, another card or the end of the time to submit may have come since it was decided.
    if (!stillStands(p, view, decision)) return null;
    if (decision.kind !== 'try') return closeUnsent(p, decision);
    return submitAttempt(p, decision, providerOf(deps, decision.provider).contract, {
      attemptId,
      returnToken,
    });
  });
  const nothing = { payment: decided.payment, submitted: { kind: 'nothing_sent' } as const };
  if (!decided.committed || decision.kind !== 'try') return nothing;

  const attempt = attemptById(decided.payment, attemptId);
  // Measured here and not against the database's clock: this process may have been paused for hours.
  if (elapsedMs() > attempt.sendBy - decided.payment.now) return nothing;
  const outcome = await providerOf(deps, decision.provider).authorize({
    reference: attemptId,
    idempotencyKey: attempt.providerKey,
    amountMinor: attempt.amount,
    currency: decided.payment.currency,
    method: decided.payment.paymentMethod.type,
    token: attempt.token,
    offSession: decided.payment.offSession,
    challenge: attempt.challenged,
    capture: attempt.kind === 'sale',
    returnUrl: `${deps.returnUrl}/${returnToken}`,
  });
  return { payment: decided.payment, submitted: { kind: 'answered', attemptId, outcome } };
}
