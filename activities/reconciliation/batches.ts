/** What each batch of a settlement file lists against what was paid out for it. One transaction, so once. */
import { listDifferingBatches, recordBatchBreaks } from '../../db/batches.ts';
import { holdSettlement } from '../../db/matching.ts';
import type { Reconciliation } from '../../db/reconciliations.ts';
import { suggestForBatch } from '../../domain/matching/batch.ts';
import type { Step } from './match.ts';

/** `opened`: breaks that are new. Between matching and posting: the books set aside what does not add up. */
export async function checkBatches(
  { db, signal }: Step,
  { id, provider }: Pick<Reconciliation, 'id' | 'provider'>,
): Promise<{ readonly opened: number }> {
  signal.throwIfAborted();
  const opened = await db.transaction().execute(async (trx) => {
    await holdSettlement(trx, provider);
    const differing = await listDifferingBatches(trx, id);
    const found = differing.map((batch) => [batch, suggestForBatch(batch)] as const);
    return recordBatchBreaks(trx, provider, found);
  });
  return { opened };
}
