import type { Provider, ProviderContract } from '../domain/provider.ts';
import { adyenContract } from './adyen/contract.ts';
import { createAdyenProvider } from './adyen/provider.ts';
import type { AdyenProviderOptions } from './adyen/provider.ts';
import { checkCapabilities } from './capabilities.ts';
import { createGuard, type Guard } from './protection/guard.ts';
import { protect } from './protection/protect.ts';
import { payoutShare } from './protection/settings.ts';
import type { HealthStore } from './protection/store.ts';
import { createDispatcher } from './sandbox/client.ts';
import { createBankProvider } from './sandbox/bank/provider.ts';
import { bankContract, sandboxContracts } from './sandbox/contracts.ts';
import { createSandboxProvider } from './sandbox/provider.ts';
import type { SandboxProviderOptions } from './sandbox/provider.ts';
import { stripeContract } from './stripe/contract.ts';
import { createStripeProvider } from './stripe/provider.ts';
import type { StripeProviderOptions } from './stripe/provider.ts';

/** A provider is offered where it is configured. */
export interface ProviderSettings {
  readonly sandboxUrl?: string | undefined;
  /** What the sandbox signs its events with: `whsec_` and base64; several with commas between. */
  readonly webhookSecret?: string | undefined;
  readonly stripe?: StripeProviderOptions | undefined;
  readonly adyen?: AdyenProviderOptions | undefined;
}

/** Of all adapters, configured or not: a provider that is no longer offered may still owe us an answer. */
export const everyContract = [
  ...sandboxContracts,
  bankContract,
  stripeContract,
  adyenContract,
] as const satisfies readonly ProviderContract[];

/** By name, in routing order. */
export function createProviders(settings: ProviderSettings): ReadonlyMap<string, Provider> {
  const { stripe, adyen } = settings;
  return byName([
    ...createSandboxProviders(settings),
    ...(stripe === undefined ? [] : [createStripeProvider(stripe)]),
    ...(adyen === undefined ? [] : [createAdyenProvider(adyen)]),
  ]);
}

function createSandboxProviders(settings: ProviderSettings): readonly Provider[] {
  const { sandboxUrl: baseUrl, webhookSecret } = settings;
  if (baseUrl === undefined || webhookSecret === undefined) return [];
  const at = (contract: ProviderContract): SandboxProviderOptions => ({
    ...{ contract, baseUrl, webhookSecret },
    dispatcher: createDispatcher(contract.connectMs),
  });
  return [
    ...sandboxContracts.map((contract) => createSandboxProvider(at(contract))),
    createBankProvider(at(bankContract)),
  ];
}

export interface GuardedProviders {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly guards: ReadonlyMap<string, Guard>;
}

export interface GuardOptions {
  readonly store: HealthStore;
  /** Hears of health that could not be shared. */
  readonly onError: (error: unknown) => void;
  /** What this process calls them for: all of them, or only those that pay merchants. */
  readonly use: 'payments' | 'payouts';
}

/** Each behind a guard of its own. */
export function guardProviders(
  providers: ReadonlyMap<string, Provider>,
  { store, onError, use }: GuardOptions,
): GuardedProviders {
  const guards = new Map<string, Guard>();
  const guarded = new Map<string, Provider>();
  for (const [name, provider] of providers) {
    if (use === 'payouts' && !provider.contract.payouts) continue;
    const guard = createGuard(shareOf(provider.contract, use), store, onError);
    guards.set(name, guard);
    guarded.set(name, protect(provider, guard));
  }
  return { guards, providers: guarded };
}

function shareOf(contract: ProviderContract, use: GuardOptions['use']): ProviderContract {
  if (!contract.payouts) return contract;
  const share = use === 'payouts' ? payoutShare : 1 - payoutShare;
  const { concurrentMax, perSecondMax } = contract;
  return {
    ...contract,
    concurrentMax: Math.max(2, Math.floor(concurrentMax * share)),
    perSecondMax: perSecondMax * share,
  };
}

/** Throws for a provider that cannot do what its contract says. */
function byName(providers: readonly Provider[]): ReadonlyMap<string, Provider> {
  for (const provider of providers) {
    const differing = checkCapabilities(provider);
    if (differing.length > 0) {
      const { name } = provider.contract;
      throw new Error(`provider ${name} and its contract differ in ${differing.join(', ')}`);
    }
  }
  return new Map(providers.map((provider) => [provider.contract.name, provider]));
}
