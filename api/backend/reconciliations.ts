/** The API's port to files of providers and banks: kept whole and once, then Temporal is told that one waits. */
import type { Db } from '../../db/client.ts';
import type { ImportStore } from '../../db/import-store.ts';
import { makeOnce } from '../../db/objects-made-once.ts';
import {
  findByHash,
  findReconciliationItem,
  listReconciliationLines,
  listReconciliationRows,
  type ReconciliationLine,
} from '../../db/reconciliation-views.ts';
import { reconciliationExists } from '../../db/breaks.ts';
import type { IdempotencyKey, Principal } from '../ports.ts';
import type { NewFile, Received, Reconciliations } from '../reconciliations/ports.ts';
import { paged } from './paged.ts';

export interface ReconciliationsBackend {
  readonly workerDb: Db;
  readonly store: ImportStore;
  /** Has its files looked at now; what is lost here its schedule does. Never throws. */
  readonly nudge: (provider: string) => Promise<void>;
}

const exportPage = 500;

export function createReconciliations(backend: ReconciliationsBackend): Reconciliations {
  const { workerDb } = backend;
  return {
    receive: (principal, key, file) => receive(backend, principal, key, file),
    list: async (filter, page) =>
      paged(await listReconciliationRows(workerDb, filter, page), page.limit),
    find: (id) => findReconciliationItem(workerDb, id),
    lines: async ({ merchantId }, id, page) => {
      if (!(await reconciliationExists(workerDb, id))) return null;
      return paged(await listReconciliationLines(workerDb, merchantId, id, page), page.limit);
    },
    exportLines: async ({ merchantId }, id) =>
      (await reconciliationExists(workerDb, id)) ? every(workerDb, merchantId, id) : null,
  };
}

/**
 * The key first, in a commit of its own with the file's hash: a file under a key that was used for another is
 * never kept. Killed behind it, the repeat brings the file again.
 */
async function receive(
  { workerDb, store, nudge }: ReconciliationsBackend,
  { merchantId, person = '' }: Principal,
  key: IdempotencyKey,
  { provider, kind, file, requestedBy }: NewFile,
): Promise<Received> {
  const made = await makeOnce<{ readonly id: string; readonly isKnown: boolean }>(
    workerDb,
    { ...key, merchant_id: merchantId, person },
    async () => ({
      id: file.sha256,
      isKnown: (await findByHash(workerDb, { provider, kind }, file.sha256)) !== null,
    }),
    ({ isKnown }) => (isKnown ? 200 : 201),
  );
  if (made.kind !== 'made') return { kind: 'key_reused' };
  const received = { kind, provider, fileName: file.fileName, requestedBy };
  const { id } = await store.receive(received, file.bytes());
  await nudge(provider);
  const row = await findReconciliationItem(workerDb, id);
  if (row === null) throw new Error(`file ${id} is gone`);
  const status = made.object.isKnown ? 200 : 201;
  return { kind: 'received', row, status, replayed: made.replayed };
}

async function* every(db: Db, merchantId: string, id: string): AsyncGenerator<ReconciliationLine> {
  let after: string | undefined;
  for (;;) {
    const rows = await listReconciliationLines(db, merchantId, id, { limit: exportPage, after });
    yield* rows.slice(0, exportPage);
    if (rows.length <= exportPage) return;
    after = String(rows[exportPage - 1]?.line);
  }
}
