import type { ProviderEvidence } from '../domain/provider.ts';

/** `detail`: HTTP status, provider code, error name; never card data, never what was sent. */
export function evidenceOf(
  kind: ProviderEvidence['kind'],
  provider: string,
  detail: string,
  providerReference?: string,
): ProviderEvidence {
  const seen = { kind, provider, detail };
  return providerReference === undefined ? seen : { ...seen, providerReference };
}
