import type { Provider } from '../domain/provider.ts';
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
  return new Map(
    sandboxContracts.map((contract) => [
      contract.name,
      createSandboxProvider({
        contract,
        baseUrl: settings.sandboxUrl,
        webhookSecret: settings.webhookSecret,
        dispatcher,
      }),
    ]),
  );
}
