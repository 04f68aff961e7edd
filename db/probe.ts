import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from './client.ts';

/**
 * A worker that sees no merchants is connected as the wrong role (row-level security hides everything
 * from it) and would silently leave payments undone: it must fail loudly instead. Waits for PostgreSQL.
 */
export async function probeWorkerRole(
  db: Db,
  signal: AbortSignal,
  onWrongRole: (error: Error) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { rows } = await sql<{ seen: boolean; role: string }>`
        select exists (select from merchants) as seen, current_user as role`.execute(db);
      const row = rows[0];
      if (row?.seen !== true) {
        onWrongRole(
          new Error(
            `${row?.role ?? 'this role'} sees no merchants: a worker connects as tender_worker, to a seeded database`,
          ),
        );
      }
      return;
    } catch {
      await sleep(300, undefined, { signal }).catch(() => undefined);
    }
  }
}
