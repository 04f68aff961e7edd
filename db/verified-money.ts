/** Of what moved on a day, how much is accounted for; as a worker, since files know no merchants. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

export interface VerifiedRow {
  /** UTC, as 2026-11-25. */
  readonly day: string;
  readonly provider: string;
  readonly currency: string;
  /** Minor units, decimal; the four others add up to it. */
  readonly total: string;
  readonly matched: string;
  readonly explained: string;
  readonly open: string;
  readonly waiting: string;
}

export interface VerifiedFilter {
  /** UTC days, both included. */
  readonly from: string;
  readonly to: string;
  /** All merchants without it. */
  readonly merchantId?: string | undefined;
  readonly provider?: string | undefined;
  readonly currency?: string | undefined;
}

/** Newest day first. `waitsMs`: by provider, within which time of being done a movement is in a file. */
export async function verifiedMoney(
  db: Db,
  waitsMs: ReadonlyMap<string, number>,
  { from, to, merchantId, provider, currency }: VerifiedFilter,
): Promise<readonly VerifiedRow[]> {
  const waits = Object.fromEntries([...waitsMs].map(([name, ms]) => [name, ms / 1_000]));
  const { rows } = await sql<VerifiedRow>`
    select * from verified_money(${from}::date, ${to}::date, ${JSON.stringify(waits)}::jsonb, ${merchantId ?? null},
      ${provider ?? null}, ${currency ?? null})`.execute(db);
  return rows;
}
