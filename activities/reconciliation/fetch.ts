/** Takes in what a sender lists and we have not: each file once, whatever becomes of the rest. */
import type { ImportStore } from '../../db/import-store.ts';
import type { ReportSource } from '../../domain/report-source.ts';

export interface FetchDeps {
  readonly store: ImportStore;
  /** By the name of the sender. */
  readonly sources: ReadonlyMap<string, ReportSource>;
  readonly signal: AbortSignal;
}

export async function fetchReports(
  { store, sources, signal }: FetchDeps,
  provider: string,
): Promise<{ readonly received: number }> {
  const source = sources.get(provider);
  if (source === undefined) return { received: 0 };
  const { kind } = source;
  const known = new Set(await store.listFetched(kind, provider));
  let received = 0;
  for (const { id, fileName, span } of await source.list()) {
    if (known.has(id)) continue;
    signal.throwIfAborted();
    const file = { kind, provider, fileName, requestedBy: 'schedule', report: { id, span } };
    const { isFresh } = await store.receive(file, source.read(id));
    if (isFresh) received += 1;
  }
  return { received };
}
