/**
 * A bank statement held against the payouts that providers announced, and booked. In steps that each commit by
 * themselves and do nothing twice, one statement at a time: killed anywhere, whoever comes next goes on.
 */
import {
  holdBank,
  listBankLines,
  listPayouts,
  listWaitingStatements,
  matchPlainBankLines,
  postBank,
  recordBankMatches,
} from '../../db/bank.ts';
import type { Reconciliation } from '../../db/reconciliations.ts';
import { matchBankLines, payoutLateMs, payoutNamesIn } from '../../domain/matching/bank.ts';
import type { Step } from './match.ts';

/** Lines per commit: what a killed worker loses at most. */
const stretch = 5_000;

export interface BankMatching {
  readonly matched: number;
  /** Breaks that were not known before. */
  readonly opened: number;
}

/** imported → posted. Lines of earlier statements that nobody knew are looked at again with it. */
export async function matchBankStatement(
  step: Step,
  { id, lines }: Pick<Reconciliation, 'id' | 'lines'>,
): Promise<BankMatching> {
  const plain = await matchPlain(step, id, lines);
  const rest = await matchWaitingLines(step, id);
  return { matched: plain + rest.matched, opened: rest.opened };
}

/** After a settlement file was posted: what it announces may have come before. */
export async function matchAnnounced(step: Step): Promise<BankMatching> {
  return matchWaitingLines(step, null);
}

async function matchPlain({ db, signal }: Step, id: string, lines: number): Promise<number> {
  let matched = 0;
  for (let from = 1; from <= lines; from += stretch) {
    signal.throwIfAborted();
    matched += await matchPlainBankLines(db, id, from, from + stretch);
  }
  return matched;
}

async function matchWaitingLines(step: Step, id: string | null): Promise<BankMatching> {
  let matched = 0;
  for (const statement of await listWaitingStatements(step.db)) {
    if (statement.id !== id) matched += await matchPlain(step, statement.id, statement.lines);
  }
  step.signal.throwIfAborted();
  matched += await step.db.transaction().execute(async (trx) => {
    await holdBank(trx);
    const lines = await listBankLines(trx, id);
    if (lines.length === 0) return 0;
    const names = new Set(lines.flatMap(({ reference }) => payoutNamesIn(reference)));
    return recordBankMatches(trx, matchBankLines(lines, await listPayouts(trx, [...names])));
  });
  return { matched, opened: await post(step, id) };
}

async function post({ db, signal }: Step, id: string | null): Promise<number> {
  let opened = 0;
  for (;;) {
    signal.throwIfAborted();
    const posted = await postBank(db, id, payoutLateMs);
    opened += posted.opened;
    if (posted.isDone) return opened;
  }
}
