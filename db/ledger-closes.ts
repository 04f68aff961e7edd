/** Time in the books: the horizon behind which nothing changes, for now. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

/** Whatever was recorded up to here is all that will ever have been. */
export async function advanceHorizon(db: Db): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`select advance_ledger_horizon() as at`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the books have no horizon');
  return row.at;
}
