import { createHash } from 'node:crypto';
import { listReturned } from '../db/access.ts';
import type { AttemptState, PaymentState } from '../domain/payment-state.ts';
import type { Provider, ProviderOutcome } from '../domain/provider.ts';
import type { ActivityDeps } from './deps.ts';
import { startElapsed } from './elapsed.ts';

/**
 * Hands over what the shopper brought back, where the provider goes on only then. What was brought back is
 * in the key, so handing it over again, by whoever and however often, is the same request: within half of
 * the key's life, as with every other. Null: nothing to hand over, or nothing learned by it.
 */
export async function finishAction(
  deps: Pick<ActivityDeps, 'db'>,
  payment: PaymentState,
  attempt: AttemptState,
  provider: Provider,
): Promise<ProviderOutcome | null> {
  if (provider.finishAction === undefined || attempt.status !== 'requires_action') return null;
  if (attempt.providerReference === null || payment.now >= attempt.keyHorizon) return null;
  // Being called off: what went on only now, the cancel under way might not see, and its end would hide.
  if (payment.voidOpen) return null;
  const { contract, finishAction: finish } = provider;
  const elapsedMs = startElapsed();
  const { id: reference, providerReference } = attempt;
  // The shopper may have come back with something else first, or been sent with somebody else's.
  for (const returned of await listReturned(deps.db, attempt.id)) {
    if (elapsedMs() > contract.deadlineMs) break;
    const digest = createHash('sha256').update(returned).digest('hex').slice(0, 16);
    const idempotencyKey = `${attempt.providerKey}.${digest}`;
    const request = { reference, idempotencyKey, providerReference, returned };
    const outcome = await finish.call(provider, request);
    const isDefinite = outcome.kind === 'approved' || outcome.kind === 'declined';
    if (isDefinite || outcome.kind === 'pending') return outcome;
  }
  return null;
}
