/** Bank statements and announced payouts, as `domain/matching/bank.ts` reads and writes them. */
import { sql, type Transaction } from 'kysely';
import type { AnnouncedPayout, BankLine, BankMatch } from '../domain/matching/bank.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';

type Trx = Transaction<Database>;

/** One bank statement at a time, until the transaction ends. */
export async function holdBank(trx: Trx): Promise<void> {
  await sql`select hold_bank()`.execute(trx);
}

/** What is plainly one thing, of the lines [from, to). Answers how many were matched now. */
export async function matchPlainBankLines(
  db: Db,
  reconciliationId: string,
  from: number,
  to: number,
): Promise<number> {
  const { rows } = await sql<{ matched: number }>`
    select match_bank_lines(${reconciliationId}, ${from}, ${to}) as matched`.execute(db);
  return rows[0]?.matched ?? 0;
}

/** Statements with lines that a break is open about; each with the number of its last line. */
export async function listWaitingStatements(
  db: Db,
): Promise<readonly { readonly id: string; readonly lines: number }[]> {
  const { rows } = await sql<{ id: string; lines: number }>`
    select b.reconciliation_id as id, max(b.line) as lines from breaks b
    where b.status = 'open' and b.detail ? 'bank' and b.line is not null group by 1 order by 1`.execute(
    db,
  );
  return rows;
}

interface LineRow {
  readonly id: string;
  readonly reference: string | null;
  readonly counterparty: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly booked_at: number;
}

/** Lines that nothing explains, of a statement and of those before it. */
export async function listBankLines(
  trx: Trx,
  reconciliationId: string | null,
): Promise<readonly BankLine[]> {
  const { rows } = await sql<{ value: LineRow }>`
    select value from bank_lines_to_match(${reconciliationId}) value`.execute(trx);
  return rows.map(({ value: { booked_at: bookedAt, amount, ...row } }) => ({
    ...row,
    ...{ amount: BigInt(amount), bookedAt },
  }));
}

interface PayoutRow {
  readonly id: string;
  readonly provider: string;
  readonly names: readonly string[];
  readonly amount: string;
  readonly currency: string;
  readonly announced_at: number;
  readonly credits: number;
}

/** Those that did not come yet, and whatever is called by one of `names`. */
export async function listPayouts(
  trx: Trx,
  names: readonly string[],
): Promise<readonly AnnouncedPayout[]> {
  const { rows } = await sql<{ value: PayoutRow }>`
    select value from payouts_to_match(${sql.val([...names])}) value`.execute(trx);
  return rows.map(({ value: { announced_at: announcedAt, amount, ...row } }) => ({
    ...row,
    ...{ amount: BigInt(amount), announcedAt },
  }));
}

/** Answers how many are new. */
export async function recordBankMatches(trx: Trx, matches: readonly BankMatch[]): Promise<number> {
  const body = JSON.stringify(
    matches.map(({ line, payout, amount, tier }) => {
      const [reconciliationId, number] = line.split('/');
      return {
        ...{ reconciliation_id: reconciliationId, line: Number(number) },
        ...{ subject_id: payout, amount: String(amount), tier },
      };
    }),
  );
  const { rows } = await sql<{ matched: number }>`
    select record_bank_matches(${body}::jsonb) as matched`.execute(trx);
  return rows[0]?.matched ?? 0;
}

/**
 * Books and breaks, of a statement or (null) of what came to light after it. `opened`: breaks that are new;
 * `isDone`: nothing is left that another transaction has to do.
 */
export async function postBank(
  db: Db,
  reconciliationId: string | null,
  lateMs: number,
): Promise<{ readonly opened: number; readonly isDone: boolean }> {
  const { rows } = await sql<{ opened: number; is_done: boolean }>`
    select * from post_bank(${reconciliationId}, ${lateMs} * interval '1 millisecond')`.execute(db);
  return { opened: rows[0]?.opened ?? 0, isDone: rows[0]?.is_done ?? true };
}
