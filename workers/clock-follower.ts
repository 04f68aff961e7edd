/**
 * Sandbox mode moves Tender's clock, and Temporal's stays where it is: whatever the moved clock has passed is
 * triggered, so that a month may go by in a second. Where the clock was never moved it does nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../db/client.ts';
import { readClock, type Clock } from '../db/clock.ts';
import { parseCron, wasDue } from './cron.ts';
import type { ScheduleTable } from './schedule-definition.ts';
import type { Schedules } from './schedules.ts';

const lookEveryMs = 1_000;

export interface ClockFollowerOptions {
  readonly table: ScheduleTable;
  readonly schedules: () => Schedules | undefined;
  readonly db: Db;
  readonly log: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
}

export async function followClock(options: ClockFollowerOptions): Promise<void> {
  const { log, signal } = options;
  let seen: Clock | undefined;
  while (!signal.aborted) {
    try {
      seen = await follow(options, seen);
    } catch (error) {
      // What was due stays so until it was triggered.
      log.warn({ error: String(error) }, 'schedules do not follow the clock');
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function follow(
  { table, schedules: connected, db }: ClockFollowerOptions,
  seen: Clock | undefined,
): Promise<Clock | undefined> {
  const clock = await readClock(db);
  const schedules = connected();
  if (clock.offsetSeconds === 0) return clock;
  if (schedules === undefined) return seen;
  // It may have been moved while no process like this one ran: then everything is due.
  const sinceMs = seen?.nowMs ?? -Infinity;
  const due = table.rows.filter(
    ({ cron, onlyInRealTime }) =>
      onlyInRealTime !== true && wasDue(parseCron(cron), sinceMs, clock.nowMs),
  );
  for (const { id } of due) {
    const found = await schedules.find(`${table.prefix}${id}`);
    // Not made yet: as soon as it is, it runs by itself.
    if (found !== undefined && !found.paused) await schedules.trigger(found.id);
  }
  return clock;
}
