import type { ProviderContract } from '../../domain/provider.ts';
import { firstRules, type RoutingRules } from '../../domain/routing-rules.ts';
import type { RoutingView } from '../../domain/routing.ts';

/** All in good health; `rules` change the first rule set. */
export function aView(
  contracts: readonly ProviderContract[],
  rules: Partial<RoutingRules> = {},
): RoutingView {
  return {
    rules: { ...firstRules, ...rules },
    candidates: contracts.map((contract) => ({ contract, captures: true, health: 'available' })),
  };
}
