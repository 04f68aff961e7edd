import { createHash } from 'node:crypto';
import { findReturned } from '../db/access.ts';
import type { AttemptState, PaymentState } from '../domain/payment-state.ts';
import type { Provider, ProviderOutcome } from '../domain/provider.ts';
import type { ActivityDeps } from './deps.ts';

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
  const returned = await findReturned(deps.db, attempt.id);
  if (returned === null) return null;
  const digest = createHash('sha256').update(returned).digest('hex').slice(0, 16);
  const outcome = await provider.finishAction({
    reference: attempt.id,
    idempotencyKey: `${attempt.providerKey}.${digest}`,
    providerReference: attempt.providerReference,
    returned,
  });
  const isDefinite = outcome.kind === 'approved' || outcome.kind === 'declined';
  return isDefinite || outcome.kind === 'pending' ? outcome : null;
}
