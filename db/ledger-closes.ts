/** Time in the books: the horizon behind which nothing changes, and the closes. */
import { sql } from 'kysely';
import type { Db } from './client.ts';
import { isRefusedBy } from './errors.ts';

/** Whatever was recorded up to here is all that will ever have been. */
export async function advanceHorizon(db: Db): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`select advance_ledger_horizon() as at`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the books have no horizon');
  return row.at;
}

export interface LedgerClose {
  readonly period: string;
  readonly kind: 'day' | 'month';
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly as_of: Date;
  readonly closed_at: Date;
  readonly closed_by: string;
  readonly reason: string;
  readonly entries: string;
  readonly chain_head: string | null;
  readonly open_alarms: string;
  readonly unknown_count: string;
  /** Per currency, decimal strings of minor units. */
  readonly unknown_exposure: Readonly<Record<string, string>>;
}

export interface CloseRequest {
  readonly kind: 'day' | 'month';
  /** A day of the period, `2026-11-25`; days are UTC. */
  readonly date: string;
  readonly actor: string;
  readonly reason: string;
}

/** Null: the period is not over, or a transaction of it may still be running. */
export async function closePeriod(db: Db, request: CloseRequest): Promise<LedgerClose | null> {
  const { kind, date, actor, reason } = request;
  try {
    // In a commit of its own: no posting waits while the figures are added up.
    if (kind === 'month') await sql`select fix_month(${date}::date)`.execute(db);
    const { rows } = await sql<LedgerClose>`
      select * from close_period(${kind}, ${date}::date, ${actor}, ${reason})`.execute(db);
    return rows[0] ?? null;
  } catch (error) {
    if (isRefusedBy(error, 'period_open')) return null;
    throw error;
  }
}

/** First days of periods that are over for `afterDays` and not closed, `2026-11-25`, oldest first. */
export async function listPeriodsToClose(
  db: Db,
  kind: 'day' | 'month',
  afterDays: number,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ first_day: string }>`
    select to_char(p, 'YYYY-MM-DD') as first_day
    from periods_to_close(${kind}, ${afterDays} * interval '1 day', ${limit}) p`.execute(db);
  return rows.map(({ first_day }) => first_day);
}
