/** The decision before money moves: may this payment be tried, and at whom? Writes nothing. */
import type { RouteExclusion, RouteRecord } from './change.ts';
import { openVoid, type PaymentState } from './payment-state.ts';
import { earlierMayStand } from './reauthorization.ts';
import { isStillAble, route, routeRecord, type RoutingView } from './routing.ts';

export type Decision =
  | {
      readonly kind: 'try';
      readonly provider: string;
      readonly token: string;
      readonly excluded: readonly RouteExclusion[];
      /** Absent in what was decided before there were rules. */
      readonly route?: RouteRecord;
    }
  | { readonly kind: 'block'; readonly code: string; readonly detail: string }
  | { readonly kind: 'cancel'; readonly code: 'canceled' | 'not_submitted_in_time' }
  | { readonly kind: 'no_provider'; readonly excluded: readonly RouteExclusion[] };

export function screen(payment: PaymentState, view: RoutingView): Decision {
  const refused = refusal(payment);
  if (refused !== null) return refused;
  const chosen = route(payment, view);
  const { provider, token, excluded } = chosen;
  if (provider === null || token === null) return { kind: 'no_provider', excluded };
  return { kind: 'try', provider, token, excluded, route: routeRecord(chosen) };
}

/**
 * Whether what was decided a moment ago may still be done: nothing about the payment stands against it.
 * Health and rules may have changed since; another process sees them a moment later, and a decision that
 * had to agree with both would be made over and over.
 */
export function stillStands(payment: PaymentState, view: RoutingView, decision: Decision): boolean {
  const refused = refusal(payment);
  if (refused !== null || decision.kind === 'block' || decision.kind === 'cancel') {
    return refused?.kind === decision.kind;
  }
  if (decision.kind === 'no_provider') {
    // A provider on trial is there for the one payment that tries it.
    const sure = view.candidates.filter(({ health }) => health !== 'probe');
    return route(payment, { ...view, candidates: sure }).provider === null;
  }
  const candidate = view.candidates.find(({ contract }) => contract.name === decision.provider);
  return candidate !== undefined && isStillAble(payment, candidate, decision.token);
}

function refusal(payment: PaymentState): Extract<Decision, { kind: 'cancel' | 'block' }> | null {
  if (openVoid(payment) !== undefined) return { kind: 'cancel', code: 'canceled' };
  if (payment.submitBy === null || payment.submitBy <= payment.now) {
    return { kind: 'cancel', code: 'not_submitted_in_time' };
  }
  if (earlierMayStand(payment)) {
    const detail = 'What was thought to have expired may still be held.';
    return { kind: 'block', code: 'payment_in_doubt', detail };
  }
  // P9: unknown is a no. Without rules for a jurisdiction nothing regulated is sold.
  if (payment.regulated) {
    return {
      kind: 'block',
      code: 'regulated_not_permitted',
      detail: 'No rule set permits regulated goods here; unknown is a no.',
    };
  }
  return null;
}
