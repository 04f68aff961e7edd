import type { Provider } from '../domain/provider.ts';
import { checkCapabilities } from './capabilities.ts';
import { createDispatcher } from './sandbox/client.ts';
import { sandboxContracts } from './sandbox/contracts.ts';
import { createSandboxProvider } from './sandbox/provider.ts';
import { createStripeProvider } from './stripe/provider.ts';
import type { StripeProviderOptions } from './stripe/provider.ts';

/** A provider is offered where it is configured. */
export interface ProviderSettings {
  readonly sandboxUrl?: string | undefined;
  /** `whsec_` and base64: what the sandbox signs its events with. */
  readonly webhookSecret?: string | undefined;
  readonly stripe?: StripeProviderOptions | undefined;
}

/** By name, in routing order. */
export function createProviders(settings: ProviderSettings): ReadonlyMap<string, Provider> {
  const { stripe } = settings;
  return byName([
    ...createSandboxProviders(settings),
    ...(stripe === undefined ? [] : [createStripeProvider(stripe)]),
  ]);
}

function createSandboxProviders(settings: ProviderSettings): readonly Provider[] {
  const { sandboxUrl: baseUrl, webhookSecret } = settings;
  if (baseUrl === undefined || webhookSecret === undefined) return [];
  const dispatcher = createDispatcher();
  return sandboxContracts.map((contract) =>
    createSandboxProvider({ contract, baseUrl, webhookSecret, dispatcher }),
  );
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
