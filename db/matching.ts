/** Lines, movements and findings of a reconciliation, as `domain/matching` reads and writes them. */
import { sql, type Transaction } from 'kysely';
import type { Explained, Finding, Rate } from '../domain/matching/explain.ts';
import type { MovementKind, SettledLine } from '../domain/matching/line.ts';
import type { Subject } from '../domain/matching/subject.ts';
import type { Match } from '../domain/matching/tiers.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';

type Trx = Transaction<Database>;

/** What is plainly in order, of the lines [from, to). Answers how many were matched now. */
export async function matchCleanLines(
  db: Db,
  reconciliationId: string,
  from: number,
  to: number,
): Promise<number> {
  const { rows } = await sql<{ matched: number }>`
    select match_clean_lines(${reconciliationId}, ${from}, ${to}) as matched`.execute(db);
  return rows[0]?.matched ?? 0;
}

interface LineRow {
  readonly line: number;
  readonly kind: string;
  readonly reference: string | null;
  readonly provider_reference: string | null;
  readonly parent_reference: string | null;
  readonly gross: string;
  readonly fee: string;
  readonly currency: string;
  readonly charged: string | null;
  readonly charged_currency: string | null;
  readonly occurred_at: number;
}

/** Of one settlement at a time, until the transaction ends: what is read here does not move. */
export async function holdSettlement(trx: Trx, provider: string): Promise<void> {
  await sql`select hold_settlement(${provider})`.execute(trx);
}

/** Lines after `after` that neither a match nor a person explains; `again`: of them, those with an open break. */
export async function listLinesToExplain(
  trx: Trx,
  reconciliationId: string,
  page: { readonly after: number; readonly limit: number; readonly again: boolean },
): Promise<readonly SettledLine[]> {
  const { rows } = await sql<{ value: LineRow }>`
    select value from lines_to_explain(${reconciliationId}, ${page.after}, ${page.limit}, ${page.again}) value`.execute(
    trx,
  );
  return rows.map(({ value: row }) => ({
    line: row.line,
    kind: row.kind,
    reference: row.reference,
    providerReference: row.provider_reference,
    parentReference: row.parent_reference,
    gross: BigInt(row.gross),
    fee: BigInt(row.fee),
    currency: row.currency,
    charged: row.charged === null ? null : BigInt(row.charged),
    chargedCurrency: row.charged_currency,
    occurredAt: row.occurred_at,
  }));
}

/**
 * Which payment each line is about; a line that names none of ours is not in it. Of two that are recorded under
 * one id of the provider, the one that the line calls by our name: the other is listed by nothing.
 */
export async function paymentsOfLines(
  trx: Trx,
  reconciliationId: string,
  lines: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ line: number; payment_id: string }>`
    select f.line, coalesce(n.payment_id, f.payment_id) as payment_id
    from payments_of_lines(${reconciliationId}, ${sql.val([...lines])}) f
    join settlement_lines l on l.reconciliation_id = ${reconciliationId} and l.line = f.line
    left join lateral (select o.payment_id from operations o
      where o.provider_reference = l.provider_reference and l.reference in (o.id, o.attempt_id) limit 1) n on true`.execute(
    trx,
  );
  return new Map(rows.map((row) => [row.line, row.payment_id]));
}

interface SubjectRow {
  readonly id: string;
  readonly attempt_id: string;
  readonly payment_id: string;
  readonly merchant_id: string;
  readonly kind: MovementKind;
  readonly reference: string;
  readonly provider_reference: string | null;
  readonly parent_reference: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly done: boolean;
  readonly from: number;
  readonly to: number;
  readonly settled: string;
  readonly settled_lines: number;
  readonly cost: string | null;
  readonly paid_twice: boolean;
}

export async function subjectsOfPayments(
  trx: Trx,
  provider: string,
  paymentIds: readonly string[],
): Promise<readonly Subject[]> {
  const { rows } = await sql<{ value: SubjectRow }>`
    select value from subjects_of_payments(${provider}, ${sql.val([...paymentIds])}) value`.execute(
    trx,
  );
  return rows.map(({ value: row }) => ({
    id: row.id,
    attemptId: row.attempt_id,
    paymentId: row.payment_id,
    merchantId: row.merchant_id,
    provider,
    kind: row.kind,
    reference: row.reference,
    providerReference: row.provider_reference,
    parentReference: row.parent_reference,
    amount: BigInt(row.amount),
    currency: row.currency,
    done: row.done,
    from: row.from,
    to: row.to,
    settled: BigInt(row.settled),
    settledLines: row.settled_lines,
    cost: row.cost === null ? null : BigInt(row.cost),
    paidTwice: row.paid_twice,
  }));
}

/** The rates of one file, by `charged currency/currency`. */
export async function conversionRates(
  trx: Trx,
  reconciliationId: string,
): Promise<ReadonlyMap<string, Rate>> {
  const { rows } = await sql<
    Record<'charged_currency' | 'currency' | 'charged' | 'settled', string>
  >`
    select * from conversion_rates(${reconciliationId})`.execute(trx);
  return new Map(
    rows.map((row) => [
      `${row.charged_currency}/${row.currency}`,
      { charged: BigInt(row.charged), settled: BigInt(row.settled) },
    ]),
  );
}

export interface Recorded {
  readonly matched: number;
  /** Breaks that are new. */
  readonly opened: number;
}

export async function recordFindings(
  trx: Trx,
  reconciliationId: string,
  examined: readonly number[],
  { matches, breaks }: Explained,
): Promise<Recorded> {
  const findings = JSON.stringify({ matches: matches.map(matchRow), breaks: breaks.map(breakRow) });
  const { rows } = await sql<{ recorded: Recorded }>`
    select record_findings(${reconciliationId}, ${sql.val([...examined])}, ${findings}::jsonb) as recorded`.execute(
    trx,
  );
  return rows[0]?.recorded ?? { matched: 0, opened: 0 };
}

function matchRow({ line, subject, tier }: Match): unknown {
  const { id, paymentId, merchantId } = subject;
  return { line, subject_id: id, payment_id: paymentId, merchant_id: merchantId, tier };
}

function breakRow({ line, kind, subject, amount, currency, expected, step }: Finding): unknown {
  return {
    ...{ line, kind, currency, amount: String(amount) },
    subject_id: subject?.id ?? null,
    payment_id: subject?.paymentId ?? null,
    merchant_id: subject?.merchantId ?? null,
    detail: { expected: expected === null ? null : String(expected), found: String(amount), step },
  };
}

/** Movements that no file lists; `cycleMs`: from one file of the provider to the next. */
export async function findUnlisted(db: Db, provider: string, cycleMs: number): Promise<number> {
  const { rows } = await sql<{ opened: number }>`
    select find_unlisted(${provider}, ${cycleMs} * interval '1 millisecond') as opened`.execute(db);
  return rows[0]?.opened ?? 0;
}

export async function endExplained(db: Db, provider: string): Promise<number> {
  const { rows } = await sql<{ ended: number }>`
    select end_explained(${provider}) as ended`.execute(db);
  return rows[0]?.ended ?? 0;
}
