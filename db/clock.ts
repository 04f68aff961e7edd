import { sql } from 'kysely';
import type { Db } from './client.ts';

export interface Clock {
  /** `tender_now()`, in milliseconds. */
  readonly nowMs: number;
  /** Sandbox mode has moved it so far; nothing ever moves it back. */
  readonly offsetSeconds: number;
}

export async function readClock(db: Db): Promise<Clock> {
  const { rows } = await sql<Clock>`
    select extract(epoch from tender_now())::float8 * 1000 as "nowMs", offset_seconds::float8 as "offsetSeconds"
    from clock`.execute(db);
  const [clock] = rows;
  if (clock === undefined) throw new Error('there is no clock');
  return clock;
}
