/** The background process: sweeper now, relay and schedules later. */
import { connectDb } from '../db/client.ts';
import { probeWorkerRole } from '../db/probe.ts';
import { backgroundSettings } from '../runtime/env.ts';
import { createLogger } from '../runtime/logger.ts';
import { announceReady } from '../runtime/ready.ts';
import { createRuns, type Runs } from '../runtime/runs.ts';
import { onShutdown } from '../runtime/shutdown.ts';
import { connectTemporal } from '../runtime/temporal.ts';
import { sweep } from './sweeper.ts';

const settings = backgroundSettings();
const log = createLogger('background', settings.logLevel);
const stopping = new AbortController();
const db = connectDb({
  url: settings.workerDatabaseUrl,
  applicationName: 'tender-background',
  poolSize: 4,
  onError: (error) => {
    log.warn({ error: error.message }, 'database connection lost');
  },
});
let runs: Runs | undefined;
const connecting = connectTemporal(settings.temporal, stopping.signal).then((connection) => {
  if (connection !== undefined) runs = createRuns(connection, settings.temporal.namespace);
  return connection;
});
const sweeping = probeWorkerRole(db, stopping.signal, (error) => {
  log.fatal({ error: error.message }, 'wrong database role');
  process.exit(1);
}).then(() => sweep({ db, runs: () => runs, log, signal: stopping.signal }));

onShutdown(
  async () => {
    stopping.abort();
    await sweeping;
    await (await connecting)?.close();
    await db.destroy();
  },
  { watchParent: settings.parentWatch },
);
announceReady();
