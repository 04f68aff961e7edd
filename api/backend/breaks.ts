/** The API's port to breaks; as a worker, since many are of no merchant that is known. */
import {
  evidenceOf,
  findBreak,
  listBreaks,
  reconciliationExists,
  type BreakFilter,
  type BreakRow,
} from '../../db/breaks.ts';
import type { Db } from '../../db/client.ts';
import type { Breaks } from '../breaks/ports.ts';
import { paged } from './paged.ts';

export function createBreaks(workerDb: Db): Breaks {
  const isThere = async ({ reconciliationId }: BreakFilter): Promise<boolean> =>
    reconciliationId === undefined || reconciliationExists(workerDb, reconciliationId);
  return {
    find: async ({ merchantId }, id) => {
      const found = await findBreak(workerDb, merchantId, id);
      if (found === null) return null;
      const { line: listed, entries } = await evidenceOf(workerDb, found);
      return { ...found, listed, entries };
    },
    list: async ({ merchantId }, filter, page) => {
      const rows = await listBreaks(workerDb, merchantId, filter, page);
      if (rows.length === 0 && !(await isThere(filter))) return null;
      return paged(rows, page.limit);
    },
    export: async ({ merchantId }, filter) =>
      (await isThere(filter)) ? every(workerDb, merchantId, filter) : null,
  };
}

const exportPage = 500;

/** Page by page: new ones come before the first. */
async function* every(db: Db, merchantId: string, filter: BreakFilter): AsyncGenerator<BreakRow> {
  let after: string | undefined;
  for (;;) {
    const rows = await listBreaks(db, merchantId, filter, { limit: exportPage, after });
    yield* rows.slice(0, exportPage);
    if (rows.length <= exportPage) return;
    after = rows[exportPage - 1]?.id;
  }
}
