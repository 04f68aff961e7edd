/** What a settlement file does to the books, and to the payments it tells of. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

/** All that has changed since it was posted last, in one transaction. Answers how many entries were written. */
export async function postSettlement(db: Db, reconciliationId: string): Promise<number> {
  const { rows } = await sql<{ entries: number }>`
    select post_settlement(${reconciliationId}) as entries`.execute(db);
  return rows[0]?.entries ?? 0;
}

/** Of the payments that the lines [from, to) tell of, those of which nothing is open: captured → settled. */
export async function settlePaymentsOf(
  db: Db,
  reconciliationId: string,
  from: number,
  to: number,
): Promise<number> {
  const { rows } = await sql<{ settled: number }>`
    select settle_payments(${reconciliationId}, ${from}, ${to}) as settled`.execute(db);
  return rows[0]?.settled ?? 0;
}

/** Payments that some earlier file told of and that were not to be settled then. `last`: null after the last ones. */
export async function settleWaiting(
  db: Db,
  provider: string,
  page: { readonly after: string; readonly limit: number },
): Promise<{ readonly settled: number; readonly last: string | null }> {
  const { rows } = await sql<{ settled: number; last: string | null }>`
    select * from settle_waiting(${provider}, ${page.after}, ${page.limit})`.execute(db);
  return rows[0] ?? { settled: 0, last: null };
}

/** Files of a provider, oldest first, of whose breaks or disputes more is known since they were posted. */
export async function listToPostAgain(db: Db, provider: string): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select r.id from reconciliations r
    where r.provider = ${provider} and r.kind = 'settlement' and r.status in ('posted', 'completed')
      and r.posted_breaks <> break_versions(r.id)
    order by r.id`.execute(db);
  return rows.map(({ id }) => id);
}
