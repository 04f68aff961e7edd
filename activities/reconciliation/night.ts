/**
 * The steps of a reconciliation, each over all files of one sender that wait for it. What a file has come to
 * stands in its row, so each step may be run twice, by two at once, or by whoever follows one that was killed.
 */
import { endExplained, findUnlisted } from '../../db/matching.ts';
import {
  listReconciliations,
  listWithOpenBreaks,
  markCompleted,
  markMatched,
} from '../../db/reconciliations.ts';
import type { ProviderContract } from '../../domain/provider-contract.ts';
import { importFile, type ImportDeps } from '../import-file.ts';
import { matchAnnounced, matchBankStatement } from './bank.ts';
import { checkBatches } from './batches.ts';
import { matchLines, type Matching, type Step } from './match.ts';
import { postAgain, postLines, type Posted } from './post.ts';
import { settlePayments, settleWaiters, type Settled } from './settle.ts';

export interface Imported {
  readonly imported: number;
  readonly refused: number;
}

export async function importFiles(
  deps: ImportDeps & Pick<Step, 'db'>,
  provider: string,
): Promise<Imported> {
  let total: Imported = { imported: 0, refused: 0 };
  for (const { id } of await listReconciliations(deps.db, provider, 'received')) {
    deps.signal.throwIfAborted();
    const { refusal } = await importFile(deps, id);
    total = {
      imported: total.imported + (refusal === null ? 1 : 0),
      refused: total.refused + (refusal === null ? 0 : 1),
    };
  }
  return total;
}

export interface Matched extends Matching {
  /** Breaks that ended because something explains them now. */
  readonly ended: number;
}

/** Also what stands open from before: what came since may explain it. */
export async function matchFiles(step: Step, contract: ProviderContract): Promise<Matched> {
  const { name: provider, settlementCycleMs } = contract;
  let [matched, opened] = [0, 0];
  const count = (more: Matching): void => {
    [matched, opened] = [matched + more.matched, opened + more.opened];
  };
  for (const file of await listReconciliations(step.db, provider, 'imported')) {
    count(await matchLines(step, file));
    count({ matched: 0, ...(await checkBatches(step, file)) });
    await markMatched(step.db, file.id);
  }
  for (const file of await listWithOpenBreaks(step.db, provider)) {
    count(await matchLines(step, file, true));
  }
  const unlisted = await findUnlisted(step.db, provider, settlementCycleMs);
  const ended = await endExplained(step.db, provider);
  return { matched, opened: opened + unlisted, ended };
}

export async function postFiles(step: Step, provider: string): Promise<Posted> {
  let entries = 0;
  for (const file of await listReconciliations(step.db, provider, 'matched')) {
    const posted = await postLines(step, file);
    entries += posted.entries;
  }
  const again = await postAgain(step, provider);
  // The bank may have had the money before the file that announces it.
  await matchAnnounced(step);
  return { entries: entries + again.entries };
}

/** Statements of our bank account against the payouts that were announced, booked as they are matched. */
export async function matchStatements(step: Step, provider: string): Promise<Matching> {
  let total: Matching = { matched: 0, opened: 0 };
  for (const file of await listReconciliations(step.db, provider, 'imported')) {
    const { matched, opened } = await matchBankStatement(step, file);
    total = { matched: total.matched + matched, opened: total.opened + opened };
  }
  for (const { id } of await listReconciliations(step.db, provider, 'posted')) {
    await markCompleted(step.db, id);
  }
  return total;
}

/** Payments first: a file is complete when those it tells of are settled, or wait for something else. */
export async function settleFiles(step: Step, provider: string): Promise<Settled> {
  let settled = 0;
  for (const file of await listReconciliations(step.db, provider, 'posted')) {
    const told = await settlePayments(step, file);
    settled += told.settled;
    await markCompleted(step.db, file.id);
  }
  const waited = await settleWaiters(step, provider);
  return { settled: settled + waited.settled };
}
