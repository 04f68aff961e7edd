/** Schedules that somebody has paused, as last seen in Temporal: what its database forgets is made again so. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

/** By the schedule's id, with the note that was given. */
export async function listPauses(db: Db): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ schedule: string; note: string }>`
    select schedule, note from schedule_pauses`.execute(db);
  return new Map(rows.map(({ schedule, note }) => [schedule, note]));
}

/** A note of null: it is not paused. */
export async function notePause(db: Db, schedule: string, note: string | null): Promise<void> {
  if (note === null) {
    await sql`delete from schedule_pauses where schedule = ${schedule}`.execute(db);
    return;
  }
  await sql`
    insert into schedule_pauses (schedule, note) values (${schedule}, ${note})
    on conflict on constraint schedule_pauses_pkey do update set note = excluded.note, seen_at = tender_now()
    where schedule_pauses.note <> excluded.note`.execute(db);
}
