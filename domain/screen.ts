/** The decision before money moves: may this payment be tried, and at whom? Writes nothing. */
import type { RiskDemands, RouteExclusion, RouteRecord } from './change.ts';
import { openVoid, type PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';
import { earlierMayStand } from './reauthorization.ts';
import type { Assessment } from './risk/assessment.ts';
import { noLaxer, possible } from './risk/demands.ts';
import { isStillAble, route, routeRecord, takes, type RoutingView } from './routing.ts';

export type Decision =
  | {
      readonly kind: 'try';
      readonly provider: string;
      readonly token: string;
      readonly excluded: readonly RouteExclusion[];
      /** Absent in what was decided before there were rules. */
      readonly route?: RouteRecord;
      readonly risk?: Assessment;
    }
  | {
      readonly kind: 'block';
      readonly code: string;
      readonly detail: string;
      readonly risk?: Assessment;
    }
  | { readonly kind: 'cancel'; readonly code: 'canceled' | 'not_submitted_in_time' }
  | {
      readonly kind: 'no_provider';
      readonly excluded: readonly RouteExclusion[];
      readonly risk?: Assessment;
    };

/** `assessed`: null where nobody judges risk. */
export function screen(
  payment: PaymentState,
  view: RoutingView,
  assessed: Assessment | null = null,
): Decision {
  const refused = refusal(payment);
  if (refused !== null) return refused;
  const risk =
    assessed === null
      ? undefined
      : possible(payment, noLaxer(payment, assessed), ofUse(payment, view));
  if (risk?.outcome === 'block') return { ...riskBlock, risk };
  const demands = demandsOf(risk);
  const chosen = route(withDemands(payment, demands), whoCan(view, demands));
  const { provider, token } = chosen;
  const excluded = [...chosen.excluded, ...whoCannot(view, demands)];
  if (provider === null || token === null) {
    return { kind: 'no_provider', excluded, ...(risk && { risk }) };
  }
  const record = { ...routeRecord(chosen), excluded, ...demands };
  return { kind: 'try', provider, token, excluded, route: record, ...(risk && { risk }) };
}

/** Those that take the payment at all; where none does, that is for the routing to say. */
function ofUse(payment: PaymentState, { candidates }: RoutingView): readonly ProviderContract[] {
  const contracts = candidates.map(({ contract }) => contract);
  const able = contracts.filter((contract) => takes(payment, contract));
  return able.length === 0 ? contracts : able;
}

/** Before anybody is asked to judge its risk. */
export function isRefused(payment: PaymentState): boolean {
  return refusal(payment) !== null;
}

const riskBlock = {
  kind: 'block',
  code: 'risk_blocked',
  detail: 'Stopped by rules on risk before any provider was asked.',
} as const;

function demandsOf(risk: Assessment | undefined): RiskDemands {
  if (risk?.outcome === 'challenge') return { challenge: true };
  return risk?.outcome === 'review' ? { hold: true } : {};
}

/** What is held is authorized first, and captured in a call of its own. */
function withDemands(payment: PaymentState, { hold }: RiskDemands): PaymentState {
  return hold === true ? { ...payment, captureMethod: 'manual' } : payment;
}

function whoCan(view: RoutingView, { challenge }: RiskDemands): RoutingView {
  if (challenge !== true) return view;
  return { ...view, candidates: view.candidates.filter(({ contract }) => contract.challenges) };
}

function whoCannot({ candidates }: RoutingView, { challenge }: RiskDemands): RouteExclusion[] {
  if (challenge !== true) return [];
  return candidates
    .filter(({ contract }) => !contract.challenges)
    .map(({ contract }) => ({ provider: contract.name, reason: 'challenge_not_supported' }));
}

/**
 * Whether what was decided a moment ago may still be done: nothing about the payment stands against it.
 * Health and rules may have changed since; another process sees them a moment later, and a decision that
 * had to agree with both would be made over and over.
 */
export function stillStands(payment: PaymentState, view: RoutingView, decision: Decision): boolean {
  const refused = refusal(payment);
  // What risk has stopped stays stopped, unless it is over by itself by now.
  if (decision.kind === 'block' && decision.risk !== undefined) return refused === null;
  if (refused !== null || decision.kind === 'block' || decision.kind === 'cancel') {
    return refused?.kind === decision.kind;
  }
  if (decision.kind === 'no_provider') {
    // A provider on trial is there for the one payment that tries it.
    const demands = demandsOf(decision.risk);
    const able = whoCan(view, demands);
    const sure = able.candidates.filter(({ health }) => health !== 'probe');
    const asked = withDemands(payment, demands);
    return route(asked, { ...able, candidates: sure }).provider === null;
  }
  const candidate = view.candidates.find(({ contract }) => contract.name === decision.provider);
  const asked = withDemands(payment, decision.route ?? {});
  return candidate !== undefined && isStillAble(asked, candidate, decision.token);
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
