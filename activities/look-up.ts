import type { LookupHint, LookupKind, LookupResult, Provider } from '../domain/provider.ts';

/** Asks where it can be asked; a provider without lookups is known by its events and its repeats only. */
export async function lookUp(
  provider: Provider,
  kind: LookupKind,
  reference: string,
  attemptsProviderReference: string | null,
): Promise<LookupResult> {
  const hint: LookupHint =
    attemptsProviderReference === null ? {} : { providerReference: attemptsProviderReference };
  if (provider.lookup !== undefined) return provider.lookup(kind, reference, hint);
  const evidence = { kind: 'lookup', provider: provider.contract.name, detail: 'not_supported' };
  return { kind: 'not_supported', evidence: { ...evidence, kind: 'lookup' } };
}
