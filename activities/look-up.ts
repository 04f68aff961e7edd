import { closeTold, listTold } from '../db/inbox.ts';
import type { LookupHint, LookupKind, LookupResult, Provider } from '../domain/provider.ts';
import { weigh } from '../domain/told.ts';
import type { ActivityDeps } from './deps.ts';

/** Asks where it can be asked, and weighs the answer against what the provider told by itself. */
export async function lookUp(
  { db }: Pick<ActivityDeps, 'db'>,
  provider: Provider,
  kind: LookupKind,
  reference: string,
  attemptsProviderReference: string | null,
): Promise<LookupResult> {
  const { name } = provider.contract;
  // Before the question: what comes while it is under way may be news that the answer does not know.
  const told = await listTold(db, name, reference);
  const answer = await ask(provider, kind, reference, attemptsProviderReference);
  const { lookup, closes } = weigh(kind, answer, told);
  if (closes !== null) {
    const { eventIds, state, evidence, known } = closes;
    await closeTold(db, name, eventIds, state, evidence, known);
  }
  return lookup;
}

/** A provider without lookups is known by its events and its repeats only. */
async function ask(
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
