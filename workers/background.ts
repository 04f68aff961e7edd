/** The background process: sweeper, inbox, sealer and proofs of the books now, relay and schedules later. */
import { connectDb } from '../db/client.ts';
import { probeWorkerRole } from '../db/probe.ts';
import { backgroundSettings } from '../runtime/env.ts';
import { createLogger } from '../runtime/logger.ts';
import { announceReady } from '../runtime/ready.ts';
import { createRuns, type Runs } from '../runtime/runs.ts';
import { onShutdown } from '../runtime/shutdown.ts';
import { connectTemporal } from '../runtime/temporal.ts';
import { keepInbox } from './inbox-keeper.ts';
import { keepLedger } from './ledger-keeper.ts';
import { sweep } from './sweeper.ts';

const settings = backgroundSettings();
const log = createLogger('background', settings.logLevel);
const stopping = new AbortController();
const connection = {
  url: settings.workerDatabaseUrl,
  onError: (error: Error): void => {
    log.warn({ error: error.message }, 'database connection lost');
  },
};
const db = connectDb({ ...connection, applicationName: 'tender-background', poolSize: 4 });
/** Proofs read whole tables; sealing and the look at what is new go on meanwhile. */
const ledgerDb = connectDb({
  ...connection,
  applicationName: 'tender-ledger',
  poolSize: 3,
  timeoutMs: 900_000,
});
let runs: Runs | undefined;
const connecting = connectTemporal(settings.temporal, stopping.signal).then((connection) => {
  if (connection !== undefined) runs = createRuns(connection, settings.temporal.namespace);
  return connection;
});
const sweeping = probeWorkerRole(db, stopping.signal, (error) => {
  log.fatal({ error: error.message }, 'wrong database role');
  process.exit(1);
}).then(() =>
  Promise.all([
    sweep({ db, runs: () => runs, log, signal: stopping.signal }),
    keepInbox({ db, log, signal: stopping.signal }),
    keepLedger({ db: ledgerDb, log, signal: stopping.signal }),
  ]),
);

onShutdown(
  async () => {
    stopping.abort();
    await sweeping;
    await (await connecting)?.close();
    await Promise.all([db.destroy(), ledgerDb.destroy()]);
  },
  { watchParent: settings.parentWatch },
);
announceReady();
