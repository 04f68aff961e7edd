/** The decision before money moves: may this payment be tried, and at whom? Writes nothing. */
import type { RouteExclusion } from './change.ts';
import { openVoid, type PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';
import { route } from './routing.ts';

export type Decision =
  | {
      readonly kind: 'try';
      readonly provider: string;
      readonly token: string;
      readonly excluded: readonly RouteExclusion[];
    }
  | { readonly kind: 'block'; readonly code: string; readonly detail: string }
  | { readonly kind: 'cancel'; readonly code: 'canceled' | 'not_submitted_in_time' }
  | { readonly kind: 'no_provider'; readonly excluded: readonly RouteExclusion[] };

export function screen(payment: PaymentState, contracts: readonly ProviderContract[]): Decision {
  if (openVoid(payment) !== undefined) return { kind: 'cancel', code: 'canceled' };
  if (payment.submitBy === null || payment.submitBy <= payment.now) {
    return { kind: 'cancel', code: 'not_submitted_in_time' };
  }
  // P9: unknown is a no. Without rules for a jurisdiction nothing regulated is sold.
  if (payment.regulated) {
    return {
      kind: 'block',
      code: 'regulated_not_permitted',
      detail: 'No rule set permits regulated goods here; unknown is a no.',
    };
  }
  const chosen = route(payment, contracts);
  if (chosen.provider === null || chosen.token === null) {
    return { kind: 'no_provider', excluded: chosen.excluded };
  }
  return {
    kind: 'try',
    provider: chosen.provider,
    token: chosen.token,
    excluded: chosen.excluded,
  };
}
