/** How people end breaks: read and written under the lock of the provider's settlement, the payment and the break. */
import { sql, type Transaction } from 'kysely';
import type { FundModel } from '../domain/accounts.ts';
import type { Amended } from '../domain/break-amendment.ts';
import type { LineMatch } from '../domain/break-resolution.ts';
import type { BreakState } from '../domain/break-state.ts';
import { holdBank } from './bank.ts';
import { findBreak, type BreakRow } from './breaks.ts';
import type { Database } from './database.ts';
import { lockPayment } from './payments.ts';
import type { PaymentSnapshot } from './snapshot.ts';

type Trx = Transaction<Database>;

export interface HeldBreak {
  readonly row: BreakRow;
  readonly state: BreakState;
  readonly version: number;
  /** Whose books its money stands in. */
  readonly suspendedAt: string | null;
  /** Of a bank's line: the machine matched it, and its entry is in the next commit. */
  readonly isHalfBooked: boolean;
  readonly snapshot: PaymentSnapshot | null;
}

interface HeldFigures {
  readonly version: string;
  readonly in_suspense: string;
  readonly suspended_at: string | null;
  readonly set_aside: boolean;
  readonly is_matched: boolean;
}

/**
 * Null: there is none that this merchant's staff may see. The settlement comes before the payment, as matching
 * has it: until the transaction ends nobody else finds, ends or matches anything at this provider.
 */
export async function holdBreak(
  trx: Trx,
  merchantId: string,
  id: string,
): Promise<HeldBreak | null> {
  const seen = await findBreak(trx, merchantId, id);
  if (seen === null) return null;
  await sql`select pg_advisory_xact_lock(hashtextextended('settlement ' || ${seen.provider}, 0))`.execute(trx); // prettier-ignore
  if (isAtBank(seen)) await holdBank(trx);
  const now = await findBreak(trx, merchantId, id);
  const paymentId = now?.payment_id ?? null;
  const snapshot = paymentId === null ? null : await lockPayment(trx, paymentId);
  await sql`select from breaks where id = ${id} for update`.execute(trx);
  const row = await findBreak(trx, merchantId, id);
  if (row === null) return null;
  const { rows } = await sql<HeldFigures>`
    select b.version::text, coalesce((select sum(s.amount) from break_in_suspense(b) s), 0)::text as in_suspense,
      (select min(s.merchant_id) from break_in_suspense(b) s) as suspended_at, break_set_aside(b) as set_aside,
      exists (select from settlement_matches m where m.reconciliation_id = b.reconciliation_id and m.line = b.line) as is_matched
    from breaks b where b.id = ${id}`.execute(trx);
  const [more] = rows;
  if (more === undefined) throw new Error(`break ${id} is gone`);
  const state: BreakState = {
    ...{ id: row.id, kind: row.kind, provider: row.provider, status: row.status },
    amount: row.amount === null ? null : BigInt(row.amount),
    ...{ currency: row.currency, paymentId: row.payment_id, line: row.line },
    ...{ reconciliationId: row.reconciliation_id, subjectId: row.subject_id },
    inSuspense: BigInt(more.in_suspense),
    setAside: more.set_aside,
    atBank: isAtBank(row),
  };
  return {
    ...{ row, state, snapshot },
    ...{ version: Number(more.version), suspendedAt: more.suspended_at },
    isHalfBooked: isAtBank(row) && more.is_matched,
  };
}

function isAtBank({ detail }: BreakRow): boolean {
  return 'bank' in detail;
}

export async function fundModelOf(trx: Trx, merchantId: string): Promise<FundModel> {
  const { rows } = await sql<{ fund_model: FundModel }>`
    select fund_model from merchants where id = ${merchantId}`.execute(trx);
  const [found] = rows;
  if (found === undefined) throw new Error(`merchant ${merchantId} is not there`);
  return found.fund_model;
}

/** Null: this merchant's books have no such entry, or it is reversed. */
export async function findWrongEntry(
  trx: Trx,
  merchantId: string,
  id: string,
): Promise<Amended['wrong'] | null> {
  const { rows } = await sql<{ entry: StoredEntry | null }>`
    select jsonb_build_object('key', e.key, 'event', e.event, 'state', e.state, 'payment_id', e.payment_id,
      'postings', (select jsonb_agg(jsonb_build_object('account', p.account, 'provider', p.provider, 'side', p.side,
        'amount', p.amount::text, 'currency', p.currency) order by p.line) from postings p where p.entry_id = e.id)) as entry
    from journal_entries e where e.id = ${id} and e.merchant_id = ${merchantId}
      and not exists (select from journal_entries r where r.reverses_id = e.id)`.execute(trx);
  const entry = rows[0]?.entry ?? null;
  if (entry === null) return null;
  const { payment_id: paymentId, postings, ...rest } = entry;
  return {
    ...rest,
    paymentId,
    postings: postings.map((p) => ({ ...p, amount: BigInt(p.amount) })),
  };
}

type StoredEntry = Omit<Amended['wrong'], 'paymentId' | 'postings'> & {
  readonly payment_id: string | null;
  readonly postings: readonly (Omit<Amended['wrong']['postings'][number], 'amount'> & {
    readonly amount: string;
  })[];
};

/** Null: line and movements are the same money, and, by an approval, matched from now on. Else why not. */
export async function forceMatch(
  trx: Trx,
  breakId: string,
  { reconciliationId, line, subjectIds }: LineMatch,
  approvalId: string | null,
): Promise<string | null> {
  const { rows } = await sql<{ fault: string | null }>`
    select force_match(${breakId}, ${reconciliationId}, ${line}, ${sql.val([...subjectIds])}, ${approvalId}) as fault`.execute(
    trx,
  );
  return rows[0]?.fault ?? null;
}

/** As `forceMatch`, of a line of a bank statement with what providers announced or we have sent. */
export async function matchBankByHand(
  trx: Trx,
  breakId: string,
  subjectIds: readonly string[],
  approvalId: string | null,
): Promise<string | null> {
  const { rows } = await sql<{ fault: string | null }>`
    select match_bank_by_hand(${breakId}, ${sql.val([...subjectIds])}, ${approvalId}) as fault`.execute(
    trx,
  );
  return rows[0]?.fault ?? null;
}

export async function endBreak(trx: Trx, id: string, resolution: object): Promise<void> {
  const { numAffectedRows } = await sql`
    update breaks set status = 'resolved', resolved_at = tender_now(), resolution = ${JSON.stringify(resolution)}::jsonb
    where id = ${id} and status = 'open'`.execute(trx);
  if (numAffectedRows !== 1n) throw new Error(`break ${id} changed under its lock`);
}

export async function isResolved(trx: Trx, id: string): Promise<boolean> {
  const { rows } = await sql`select from breaks where id = ${id} and status = 'resolved'`.execute(
    trx,
  );
  return rows.length > 0;
}

/** What was done about it so far, kept with it: it stays open. */
export async function noteBreak(trx: Trx, id: string, note: object): Promise<void> {
  await sql`
    update breaks set detail = jsonb_set(detail, '{notes}', coalesce(detail -> 'notes', '[]') || ${JSON.stringify([note])}::jsonb)
    where id = ${id} and status = 'open'`.execute(trx);
}
