/**
 * Schedules on a real Temporal server, kept as the background process keeps them. Each bench has a database, ids
 * and a task queue of its own; what they start is scripted.
 */
import { randomUUID } from 'node:crypto';
import { Client, type ScheduleHandle } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { BackgroundActivities } from '../../activities/background.ts';
import { connectDb, type Db } from '../../db/client.ts';
import { createBackgroundWorker } from '../../workers/background-worker.ts';
import { scheduleTable, type ScheduleTable } from '../../workers/schedule-definition.ts';
import { keepSchedules } from '../../workers/schedule-keeper.ts';
import { createSchedules, type Schedules } from '../../workers/schedules.ts';
import type { ScheduleRow } from '../../workflows/schedules.ts';
import { testAddresses } from './addresses.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { openRows, type Rows } from './rows.ts';

export interface SchedulingBench {
  readonly client: Client;
  readonly schedules: Schedules;
  readonly db: Db;
  readonly rows: Rows;
  readonly database: TestDatabase;
  readonly said: readonly string[];
  readonly taskQueue: string;
  table(rows: readonly ScheduleRow[]): ScheduleTable;
  handle(id: string): ScheduleHandle;
  /** With so many keepers at it until `act` is over. */
  keeping<T>(rows: readonly ScheduleRow[], act: () => Promise<T>, keepers?: number): Promise<T>;
  /** With a worker at work until `act` is over. */
  working<T>(activities: Partial<BackgroundActivities>, act: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Never due by itself while a test runs; what runs was created or triggered. */
export function aRow(values: Partial<ScheduleRow> = {}): ScheduleRow {
  return {
    id: 'close-days',
    does: 'closes days',
    cron: '10 0 1 1 *',
    overlap: 'SKIP',
    catchupWindow: '1 day',
    workflow: 'closePeriodsWorkflow',
    args: [{ kind: 'day', afterDays: 0 }],
    ...values,
  } as ScheduleRow;
}

const namespace = 'default';

export async function openScheduling(
  address = testAddresses().temporalAddress,
): Promise<SchedulingBench> {
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace });
  const schedules = createSchedules(connection, namespace);
  const database = await createTestDatabase();
  const db = connectDb({
    ...{ url: database.workerUrl, applicationName: 'schedules', poolSize: 3 },
    onError: () => undefined,
  });
  const rows = openRows(database.ownerUrl);
  const taskQueue = randomUUID();
  const prefix = `${taskQueue}/`;
  const said: string[] = [];
  const say = (_fields: object, message: string): void => void said.push(message);
  const log = { info: say, warn: say } as never;
  const table = (of: readonly ScheduleRow[]) => scheduleTable(of, taskQueue, prefix);
  return {
    ...{ client, schedules, db, rows, database, said, taskQueue, table },
    handle: (id) => client.schedule.getHandle(`${prefix}${id}`),
    keeping: async (of, act, keepers = 1) => {
      const stopping = new AbortController();
      const { signal } = stopping;
      const options = { table: table(of), schedules: () => schedules, db, log, signal };
      const all = Array.from({ length: keepers }, () =>
        keepSchedules({ ...options, lookEveryMs: 200 }),
      );
      try {
        return await act();
      } finally {
        stopping.abort();
        await Promise.all(all);
      }
    },
    working: async (activities, act) => {
      const { workflowBundle } = testAddresses();
      const worker = await createBackgroundWorker({
        ...{ connection, namespace, workflowBundle, taskQueue },
        activities: activities as BackgroundActivities,
      });
      return worker.runUntil(act);
    },
    close: async () => {
      for (const id of await schedules.list(prefix)) await schedules.remove(id);
      await rows.close();
      await db.destroy();
      await database.drop();
      await connection.close();
    },
  };
}
