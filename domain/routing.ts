/** Which provider is tried next, and why not the others (DESIGN 6). */
import type { RouteExclusion } from './change.ts';
import type { AttemptState, PaymentMethod, PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';

export interface Route {
  readonly provider: string | null;
  readonly token: string | null;
  readonly excluded: readonly RouteExclusion[];
}

/**
 * The first provider, in the given order, that is able and allowed to take this try. A provider whose
 * try was certainly not sent, or whose void is confirmed, has had its turn since the shopper last acted;
 * after an attempt concluded from absence nobody is tried: only a confirmed void may fail over.
 */
export function route(payment: PaymentState, contracts: readonly ProviderContract[]): Route {
  const excluded: RouteExclusion[] = [];
  for (const contract of contracts) {
    const token = tokenFor(payment.paymentMethod, contract.name);
    const reason = exclusion(payment, contract, token);
    if (reason === undefined && token !== null) return { provider: contract.name, token, excluded };
    excluded.push({ provider: contract.name, reason: reason ?? 'no_token' });
  }
  return { provider: null, token: null, excluded };
}

function exclusion(
  payment: PaymentState,
  contract: ProviderContract,
  token: string | null,
): string | undefined {
  if (token === null) return 'no_token';
  if (!contract.methods.includes(payment.paymentMethod.type)) return 'method_not_supported';
  return payment.attempts.some((a) => a.provider === contract.name && isOfThisTry(payment, a))
    ? 'already_tried'
    : undefined;
}

/** Each method the shopper gives starts a new round, and with it the time to submit. */
function isOfThisTry(payment: PaymentState, attempt: AttemptState): boolean {
  return attempt.createdAt >= (payment.submitBy ?? 0) - payment.submitWithinMs;
}

function tokenFor(method: PaymentMethod, provider: string): string | null {
  return method.tokens?.[provider] ?? method.token ?? null;
}
