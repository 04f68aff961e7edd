/**
 * `npm run schedules -- list|findings|trigger|pause|unpause|backfill`: what Tender does by the calendar, looked
 * after by hand. Reads TENDER_TEMPORAL_ADDRESS (and, for findings, TENDER_WORKER_DATABASE_URL), else the
 * running Tender of TENDER_HOME.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection, ScheduleNotFoundError } from '@temporalio/client';
import { connectDb } from '../db/client.ts';
import { listDetections } from '../db/detections.ts';
import { localSettings } from '../runtime/env.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Endpoints } from '../runtime/local/endpoints.ts';
import { schedulePrefix } from '../workflows/ids.ts';
import { schedules } from '../workflows/schedules.ts';
import { parseRequest, usage, UsageError, type Request } from './schedules/arguments.ts';
import { listFindings, listSchedules, tableOf } from './schedules/show.ts';

const connectTimeoutMs = 5_000;
const settings = localSettings();

function endpoints(variable: string): Endpoints {
  const path = join(settings.home, 'endpoints.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Endpoints;
  } catch {
    throw new Error(`${variable} is not set, and no Tender runs in ${settings.home}`);
  }
}

async function connect(): Promise<Connection> {
  const address = settings.temporalAddress ?? endpoints('TENDER_TEMPORAL_ADDRESS').temporal.address;
  try {
    return await Connection.connect({ address, connectTimeout: connectTimeoutMs });
  } catch (error) {
    throw new Error(`Temporal at ${address} does not answer`, { cause: error });
  }
}

async function findings(): Promise<string> {
  const url = settings.workerDatabaseUrl ?? endpoints('TENDER_WORKER_DATABASE_URL').database.url;
  const onError = (error: Error): void => console.error(error.message);
  const db = connectDb({ url, applicationName: 'tender-schedules', poolSize: 1, onError });
  try {
    const found = await listDetections(db, 1_000);
    return found.length === 0 ? 'nothing stands still' : tableOf(listFindings(found));
  } finally {
    await db.destroy();
  }
}

async function run(
  client: Client,
  request: Exclude<Request, { command: 'findings' }>,
): Promise<string> {
  if (request.command === 'list')
    return tableOf(await listSchedules(client, schedules, schedulePrefix));
  const { id } = request;
  const handle = client.schedule.getHandle(`${schedulePrefix}${id}`);
  switch (request.command) {
    case 'trigger':
      await handle.trigger('BUFFER_ONE');
      return `${id} is triggered`;
    case 'pause':
      await handle.pause(request.note);
      return `${id} is paused: ${request.note}`;
    case 'unpause':
      await handle.unpause('unpaused by hand');
      return `${id} goes on`;
    case 'backfill': {
      const { from: start, to: end } = request;
      await handle.backfill({ start, end, overlap: 'BUFFER_ALL' });
      return `${id} takes its turns from ${start.toISOString()} to ${end.toISOString()}`;
    }
  }
}

async function main(): Promise<string> {
  const ids = schedules.map(({ id }) => id);
  const request = parseRequest(process.argv.slice(2), ids);
  if (request.command === 'findings') return findings();
  const connection = await connect();
  try {
    return await run(new Client({ connection, namespace: settings.temporalNamespace }), request);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new Error('it is not made yet: does a background process run?', { cause: error });
  } finally {
    await connection.close();
  }
}

try {
  console.log(await main());
} catch (error) {
  console.error(messageOf(error));
  if (error instanceof UsageError) console.error(`\n${usage}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
