/**
 * Makes the schedules of the table and keeps them: at its start all of them, and everything that differs;
 * from then on what Temporal has forgotten, since its database may be lost at any moment. Any number of
 * keepers may be at it at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/client.ts';
import { listPauses, notePause } from '../db/schedule-pauses.ts';
import { definitionOf, digestOf, isSame, type ScheduleTable } from './schedule-definition.ts';
import type { Schedules } from './schedules.ts';

/** As long as a pause may go unnoticed that Temporal then forgets, or a lost schedule be away. */
const lookEveryMs = 10_000;
const againMs = 1_000;

export interface ScheduleKeeperOptions {
  readonly table: ScheduleTable;
  /** Undefined while Temporal has not been reached yet. */
  readonly schedules: () => Schedules | undefined;
  readonly db: Db;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly signal: AbortSignal;
  readonly lookEveryMs?: number;
}

export async function keepSchedules(options: ScheduleKeeperOptions): Promise<void> {
  const { log, signal } = options;
  let made = false;
  let complaint: string | undefined;
  while (!signal.aborted) {
    const schedules = options.schedules();
    let waitMs = againMs;
    try {
      if (schedules !== undefined) {
        // Until nothing is left to change: somebody else may have been at it at the same time.
        if (made) await restore(options, schedules);
        else made = (await make(options, schedules)) === 0;
        if (made) waitMs = options.lookEveryMs ?? lookEveryMs;
        complaint = undefined;
      }
    } catch (error) {
      // Temporal may be away for long: said once.
      if (complaint !== String(error)) log.warn({ error: String(error) }, 'schedules are not kept');
      complaint = String(error);
    }
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Answers how many were changed. */
async function make(options: ScheduleKeeperOptions, schedules: Schedules): Promise<number> {
  const { table, log } = options;
  let changes = 0;
  for (const [row, found] of await lookAtAll(options, schedules)) {
    const wanted = definitionOf(row, table);
    if (found === undefined) {
      if (await create(options, schedules, row.id)) changes += 1;
    } else if (!isSame(found.definition, wanted)) {
      await schedules.update(found, wanted);
      log.info({ schedule: row.id }, 'schedule changed');
      changes += 1;
    }
  }
  const known = new Set(table.rows.map(({ id }) => `${table.prefix}${id}`));
  for (const id of await schedules.list(table.prefix)) {
    if (known.has(id)) continue;
    await schedules.remove(id);
    log.info({ schedule: id }, 'schedule removed: it is no longer in the table');
  }
  return changes;
}

/**
 * Only what is missing, and nothing while another version of Tender is being rolled out, which has made its
 * own: two of them would take turns for ever.
 */
async function restore(options: ScheduleKeeperOptions, schedules: Schedules): Promise<void> {
  const all = await lookAtAll(options, schedules);
  const missing = all.filter(([, found]) => found === undefined);
  if (missing.length === 0) return;
  const { digest } = options.table;
  const isAnothers = all.some(([, found]) => found && digestOf(found.definition) !== digest);
  if (isAnothers) return;
  for (const [{ id }] of missing) await create(options, schedules, id);
}

/** What stands there for each row, and in passing, which of them are paused. */
async function lookAtAll({ table, db }: ScheduleKeeperOptions, schedules: Schedules) {
  const known = await listPauses(db);
  return Promise.all(
    table.rows.map(async (row) => {
      const found = await schedules.find(`${table.prefix}${row.id}`);
      const note = found?.paused === true ? found.note : null;
      // One that is not there says nothing of whether it was paused.
      if (found !== undefined && (known.get(row.id) ?? null) !== note) {
        await notePause(db, row.id, note);
      }
      return [row, found] as const;
    }),
  );
}

/** Runs at once as well: what Temporal does not know of, it cannot have caught up with. */
async function create(
  { table, db, log }: ScheduleKeeperOptions,
  schedules: Schedules,
  id: string,
): Promise<boolean> {
  const row = table.rows.find((one) => one.id === id);
  if (row === undefined) return false;
  const note = (await listPauses(db)).get(id);
  const created = await schedules.create(`${table.prefix}${id}`, definitionOf(row, table), note);
  if (created) log.info({ schedule: id, paused: note !== undefined }, 'schedule created');
  return created;
}
