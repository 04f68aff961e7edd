/** Batches as their files tell of them, and what does not add up, as `domain/matching/batch.ts` reads and writes it. */
import { sql, type Transaction } from 'kysely';
import type { BatchDifference, BatchLine, BatchSuggestion } from '../domain/matching/batch.ts';
import type { Database } from './database.ts';

type Trx = Transaction<Database>;

export interface DifferingBatch extends BatchDifference {
  readonly batch: string;
  readonly currency: string;
  /** Of the payout. */
  readonly reconciliationId: string;
  readonly line: number;
}

interface CandidateRow {
  readonly is_own: boolean;
  readonly reconciliation_id: string;
  readonly line: number;
  readonly net: string;
}

interface DifferingRow {
  readonly batch: string;
  readonly currency: string;
  readonly difference: string;
  readonly reconciliation_id: string;
  readonly line: number;
  readonly candidates: readonly CandidateRow[];
}

/** Those of a file that were paid out otherwise than they are listed. The caller holds the settlement of its provider. */
export async function listDifferingBatches(
  trx: Trx,
  reconciliationId: string,
): Promise<readonly DifferingBatch[]> {
  const { rows } = await sql<{ value: DifferingRow }>`
    select value from differing_batches(${reconciliationId}) value`.execute(trx);
  return rows.map(({ value: row }) => ({
    ...{ batch: row.batch, currency: row.currency, difference: BigInt(row.difference) },
    ...{ reconciliationId: row.reconciliation_id, line: row.line },
    listed: candidates(row, true),
    elsewhere: candidates(row, false),
  }));
}

function candidates(row: DifferingRow, isOwn: boolean): readonly BatchLine[] {
  return row.candidates
    .filter((one) => one.is_own === isOwn)
    .map((one) => ({
      ...{ reconciliationId: one.reconciliation_id, line: one.line },
      net: BigInt(one.net),
    }));
}

/** Answers how many breaks are new. */
export async function recordBatchBreaks(
  trx: Trx,
  provider: string,
  found: readonly (readonly [DifferingBatch, BatchSuggestion | null])[],
): Promise<number> {
  const body = JSON.stringify(
    found.map(([{ batch, currency, difference, reconciliationId, line }, suggestion]) => ({
      ...{ batch, currency, line, difference: String(difference) },
      ...{ reconciliation_id: reconciliationId, suggestion: suggestionRow(suggestion) },
    })),
  );
  const { rows } = await sql<{ opened: number }>`
    select record_batch_breaks(${provider}, ${body}::jsonb) as opened`.execute(trx);
  return rows[0]?.opened ?? 0;
}

function suggestionRow(suggestion: BatchSuggestion | null): unknown {
  if (suggestion === null) return null;
  const lines = suggestion.lines.map(({ reconciliationId, line }) => ({
    ...{ reconciliation_id: reconciliationId, line },
  }));
  return { what: suggestion.what, lines };
}
