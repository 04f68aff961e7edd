/** Where the activities learn whom they may ask: rules and health, read elsewhere and a moment old. */
import type { Provider } from '../domain/provider.ts';
import { firstRules, type RoutingRules } from '../domain/routing-rules.ts';
import type { ProviderHealth, RoutingView } from '../domain/routing.ts';
import { isRefused, screen, type Decision } from '../domain/screen.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import type { ActivityDeps } from './deps.ts';

export interface RoutingSource {
  /** Resolves at once, but for the first time: before the rules were read nobody may be routed. */
  rules(): Promise<RoutingRules>;
  healthOf(provider: string): ProviderHealth;
  /** Of a provider in `probe`: true for one payment at a time. */
  reserveProbe(provider: string, paymentId: string): boolean;
}

export async function rulesOf(deps: ActivityDeps): Promise<RoutingRules> {
  return (await deps.routing?.rules()) ?? firstRules;
}

export async function viewOf(deps: ActivityDeps): Promise<RoutingView> {
  return {
    rules: await rulesOf(deps),
    candidates: candidatesOf(deps.providers, (name) => deps.routing?.healthOf(name) ?? 'available'),
  };
}

export function candidatesOf(
  providers: ReadonlyMap<string, Provider>,
  healthOf: (provider: string) => ProviderHealth,
): RoutingView['candidates'] {
  return [...providers.values()].map(({ contract, capture }) => ({
    contract,
    captures: capture !== undefined,
    health: healthOf(contract.name),
  }));
}

/** As `screen`, with a provider on trial given to one payment only; the others go past it. */
export async function decide(deps: ActivityDeps, payment: PaymentState): Promise<Decision> {
  const view = await viewOf(deps);
  // What is refused for another reason is nobody's to judge.
  const risk =
    deps.risk === undefined || isRefused(payment) ? null : await deps.risk.judge(payment);
  const decision = screen(payment, view, risk);
  if (decision.kind !== 'try') return decision;
  const { provider } = decision;
  const onTrial = view.candidates.some(
    ({ contract, health }) => contract.name === provider && health === 'probe',
  );
  if (!onTrial || deps.routing?.reserveProbe(provider, payment.id) === true) return decision;
  const others = view.candidates.map((candidate) =>
    candidate.contract.name === provider
      ? { ...candidate, health: 'breaker_open' as const }
      : candidate,
  );
  return screen(payment, { ...view, candidates: others }, risk);
}
