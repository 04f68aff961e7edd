import type { Provider } from '../domain/provider.ts';
import { checkCapabilities } from './capabilities.ts';
import { createDispatcher } from './sandbox/client.ts';
import { sandboxContracts } from './sandbox/contracts.ts';
import { createSandboxProvider } from './sandbox/provider.ts';

export interface ProviderSettings {
  readonly sandboxUrl: string;
  /** `whsec_` and base64: what the sandbox signs its events with. */
  readonly webhookSecret: string;
}

/** By name, in routing order. */
export function createProviders(settings: ProviderSettings): ReadonlyMap<string, Provider> {
  const dispatcher = createDispatcher();
  const providers = sandboxContracts.map((contract) =>
    createSandboxProvider({
      contract,
      baseUrl: settings.sandboxUrl,
      webhookSecret: settings.webhookSecret,
      dispatcher,
    }),
  );
  return byName(providers);
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
