/** Takes in what a sender has and we have not: each file once, whatever becomes of the rest. */
import type { Db } from '../../db/client.ts';
import type { ImportStore } from '../../db/import-store.ts';
import { closeAnnounced } from '../../db/inbox.ts';
import type { ReportSource } from '../../domain/report-source.ts';

export interface FetchDeps {
  readonly db: Db;
  readonly store: ImportStore;
  /** By the name of the sender. */
  readonly sources: ReadonlyMap<string, ReportSource>;
  /** Of one file. */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

export async function fetchReports(
  { db, store, sources, bytesMax, signal }: FetchDeps,
  provider: string,
): Promise<{ readonly received: number }> {
  const source = sources.get(provider);
  if (source === undefined) return { received: 0 };
  const { kind } = source;
  const known = new Set(await store.listKnown(kind, provider));
  let received = 0;
  for await (const { id, fileName, span, bytes } of source.fetch(known)) {
    signal.throwIfAborted();
    const file = { kind, provider, fileName, requestedBy: 'schedule', report: { id, span } };
    const { isFresh } = await store.receive(file, atMost(bytesMax, bytes, `${provider}: ${id}`));
    if (isFresh) received += 1;
    known.add(id);
  }
  await closeAnnounced(db, provider, [...known]);
  return { received };
}

/** Throws as soon as it is more. */
async function* atMost(
  max: number,
  bytes: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > max) throw new Error(`${name} has more than ${String(max)} bytes`);
    yield piece;
  }
}
