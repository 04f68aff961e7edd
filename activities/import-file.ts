/**
 * A file that was received becomes lines, whole, or is refused, whole. Killed anywhere before the one commit,
 * nothing has happened, and whoever comes next begins again.
 */
import type { ImportStore, StoredFile } from '../db/import-store.ts';
import type { Refusal } from '../domain/settlement-file.ts';
import type { Provider } from '../domain/provider.ts';
import { openFile } from '../settlement/read-file.ts';
import { FileRefusedError } from '../settlement/refusal.ts';

export interface ImportDeps {
  readonly store: ImportStore;
  readonly providers: ReadonlyMap<string, Pick<Provider, 'contract'>>;
  /** The process is to end, or nobody waits for it any more. */
  readonly signal: AbortSignal;
}

export interface FileImported {
  readonly id: string;
  readonly status: string;
  readonly lines: number;
  readonly refusal: Refusal | null;
}

export async function importFile(deps: ImportDeps, id: string): Promise<FileImported> {
  const { store } = deps;
  const file = await store.find(id);
  if (file === undefined) throw new Error(`no file ${id}`);
  if (file.status !== 'received') {
    // It may have been fetched meanwhile under one more name.
    await store.recordListed(id);
    return { id, status: file.status, lines: 0, refusal: null };
  }
  let format: string | null = null;
  try {
    const imported = await store.importLines(id, async (take) => {
      const opened = await open(deps, file);
      format = opened.format;
      for (;;) {
        deps.signal.throwIfAborted();
        const next = await opened.reading.next();
        if (next.done === true) return { format: opened.format, summary: next.value };
        await take(next.value);
      }
    });
    if (imported.kind === 'imported') {
      return { id, status: 'imported', lines: imported.lines, refusal: null };
    }
    if (imported.kind === 'done_before') {
      return { id, status: imported.status, lines: 0, refusal: null };
    }
    return await refuse(store, id, format, toldBefore);
  } catch (error) {
    if (error instanceof FileRefusedError) return refuse(store, id, format, error.refusal);
    throw error;
  }
}

const toldBefore: Refusal = {
  ...{ code: 'twice', line: null, field: null },
  detail: 'a batch, payout or day that another file told of',
};

function open(
  { store, providers }: ImportDeps,
  { id, kind, provider, isFetched }: StoredFile,
): ReturnType<typeof openFile> {
  const exponents = providers.get(provider)?.contract.exponents ?? {};
  return openFile(store.read(id), { kind, provider, exponents, isWhole: isFetched });
}

async function refuse(
  store: ImportStore,
  id: string,
  format: string | null,
  refusal: Refusal,
): Promise<FileImported> {
  const isOurs = await store.refuse(id, format, refusal);
  const status = isOurs ? 'refused' : ((await store.find(id))?.status ?? 'refused');
  return { id, status, lines: 0, refusal: isOurs ? refusal : null };
}
