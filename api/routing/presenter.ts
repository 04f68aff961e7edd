import type { Route as Routed } from '../../domain/routing.ts';
import { presentInstant } from '../instant.ts';
import type { ProviderItem, RulesItem } from './ports.ts';
import type { ProviderView, RouteView, RulesView } from './schema.ts';

export function presentRules({ version, rules, written_at, ...rest }: RulesItem): RulesView {
  // As it was validated when it was written, in the order of its fields.
  const { rules: list, providers, explore_percent, failover_declines } = rules;
  return {
    object: 'routing_rules',
    version,
    rules: list as RulesView['rules'],
    providers: providers as RulesView['providers'],
    explore_percent,
    failover_declines: [...failover_declines],
    written_at: presentInstant(written_at),
    written_by: rest.written_by,
    approved_by: rest.approved_by,
    reason: rest.reason,
  };
}

export function presentRoute(route: Routed): RouteView {
  return {
    object: 'route',
    rules_version: route.rulesVersion,
    rule: route.rule,
    explored: route.explored,
    order: route.order.map(({ provider, probability, cost }) => ({
      provider,
      probability,
      cost: cost === null ? null : fourDecimals(cost),
    })),
    excluded: route.excluded.map(({ provider, reason }) => ({ provider, reason })),
  };
}

/** Ten-thousandths as a decimal, exactly: 285000 is 28.5. */
function fourDecimals(tenThousandths: bigint): string {
  const digits = String(tenThousandths).padStart(5, '0');
  const fraction = digits.slice(-4).replace(/0+$/, '');
  return digits.slice(0, -4) + (fraction === '' ? '' : `.${fraction}`);
}

export function presentProvider(item: ProviderItem): ProviderView {
  const { contract, opening } = item;
  const { name, ...promises } = contract;
  return {
    object: 'provider',
    name,
    capabilities: [...item.capabilities],
    contract: Object.fromEntries(
      Object.entries(promises).map(([key, value]) => [snake(key), value]),
    ),
    health: item.health,
    breaker: {
      state: opening === null ? 'closed' : 'open',
      open_since: opening?.since ?? null,
      reason: opening?.reason ?? null,
      next_probe_in_ms: opening?.retryInMs ?? null,
    },
    left_alone_for_ms: item.leftAloneMs,
  };
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
