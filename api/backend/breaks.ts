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
import { holdBreak } from '../../db/break-resolutions.ts';
import { findApproval } from '../../db/approvals.ts';
import { makeOnce } from '../../db/objects-made-once.ts';
import type { Database } from '../../db/database.ts';
import { needsTwoPeople } from '../../domain/break-resolution.ts';
import { newId } from '../../runtime/ids.ts';
import type { Transaction } from 'kysely';
import type { BreakAsked, Breaks } from '../breaks/ports.ts';
import { ask, carryOut, judgeHeld, type Refusal, type Resolving } from './break-resolution.ts';
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
    resolve: async ({ merchantId, person = '' }, key, id, input, { actor, reason }) => {
      const decided = { reason, askedBy: actor, approvedBy: null };
      const resolving = { merchantId, input, decided, approvalId: null };
      const made = await makeOnce<Kept>(
        workerDb,
        { ...key, merchant_id: merchantId, person },
        (trx) => resolve(trx, id, resolving),
        ({ refusal }) => (refusal === null ? 201 : 409),
      );
      return resultOf(workerDb, merchantId, made);
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

/** As it is kept under the key: of what another person decides only the approval's id. */
interface Kept {
  readonly id: string;
  readonly refusal: Refusal | null;
  readonly approvalId: string | null;
  readonly row: BreakRow;
}

async function resolve(
  trx: Transaction<Database>,
  id: string,
  resolving: Resolving,
): Promise<Kept | null> {
  const { merchantId, input } = resolving;
  const held = await holdBreak(trx, merchantId, id);
  if (held === null) return null;
  const kept: Kept = { id, refusal: null, approvalId: null, row: held.row };
  const judged = await judgeHeld(trx, held, resolving);
  if (judged.kind === 'refused') return { ...kept, refusal: judged };
  if (needsTwoPeople(input.action)) {
    const approvalId = newId('apr');
    const refusal = await ask(trx, held, resolving, approvalId);
    return { ...kept, refusal, approvalId };
  }
  await carryOut(trx, held, resolving, judged);
  const row = await findBreak(trx, merchantId, id);
  return { ...kept, row: row ?? held.row };
}

async function resultOf(
  db: Db,
  merchantId: string,
  made: Awaited<ReturnType<typeof makeOnce<Kept>>>,
): Promise<BreakAsked> {
  if (made.kind === 'key_reused') return made;
  if (made.kind === 'refused') return { kind: 'not_found' };
  const { object, replayed } = made;
  const { refusal, approvalId, row } = object;
  if (refusal !== null) {
    return { kind: 'refused', code: refusal.code, detail: refusal.detail, row, replayed };
  }
  if (approvalId === null) return { kind: 'done', row, replayed };
  const approval = await findApproval(db, merchantId, approvalId);
  if (approval === null) throw new Error(`approval ${approvalId} of a held key is not there`);
  return { kind: 'asked', approval };
}
