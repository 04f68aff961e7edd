import type { Db } from '../db/client.ts';
import type { Provider, ProviderContract } from '../domain/provider.ts';

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ActivityDeps {
  readonly db: Db;
  /** In routing order. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** A prefixed UUIDv7: `newId('att')`. */
  readonly newId: (prefix: string) => string;
  /** Unguessable, for the page a shopper comes back to. */
  readonly newReturnToken: () => string;
  /** Where that page is: `<returnUrl>/<token>`. */
  readonly returnUrl: string;
  /** Told after each commit, so that a caller waiting in this process need not poll. */
  readonly onCommitted: (paymentId: string) => void;
  readonly log: Log;
}

export function providerOf(deps: ActivityDeps, name: string): Provider {
  const provider = deps.providers.get(name);
  if (provider === undefined) throw new Error(`provider ${name} is not configured`);
  return provider;
}

export function contractsOf(deps: ActivityDeps): readonly ProviderContract[] {
  return [...deps.providers.values()].map((p) => p.contract);
}
