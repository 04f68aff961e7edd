/** The background process: sweeper, inbox, risk counters, sealer and proofs of the books, schedules and what they start. */
import { createBackgroundActivities } from '../activities/background.ts';
import { connectDb } from '../db/client.ts';
import { createImportStore } from '../db/import-store.ts';
import { probeWorkerRole } from '../db/probe.ts';
import { everyContract } from '../providers/registry.ts';
import { createReportSources } from '../providers/report-sources.ts';
import { backgroundSettings } from '../runtime/env.ts';
import { newId } from '../runtime/ids.ts';
import { createLogger } from '../runtime/logger.ts';
import { announceReady } from '../runtime/ready.ts';
import { createRuns, type Runs } from '../runtime/runs.ts';
import { onShutdown } from '../runtime/shutdown.ts';
import { connectTemporal, installTemporalRuntime } from '../runtime/temporal.ts';
import { backgroundTaskQueue } from '../workflows/ids.ts';
import { schedules as rows } from '../workflows/schedules.ts';
import { keepApprovals } from './approval-keeper.ts';
import { createBackgroundWorker } from './background-worker.ts';
import { followClock } from './clock-follower.ts';
import { keepInbox } from './inbox-keeper.ts';
import { keepWorker } from './keep-worker.ts';
import { keepLedger } from './ledger-keeper.ts';
import { createPayers } from './payers.ts';
import { keepRisk } from './risk-keeper.ts';
import { scheduleTable } from './schedule-definition.ts';
import { keepSchedules } from './schedule-keeper.ts';
import { createSchedules, type Schedules } from './schedules.ts';
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
/** Scheduled work is long, and must never keep the sweeper from a connection. */
const scheduledDb = connectDb({
  ...connection,
  applicationName: 'tender-scheduled',
  // One per turn, and there may be one for each sender.
  poolSize: 6,
  timeoutMs: 900_000,
});
const store = createImportStore(connection);
const payers = createPayers({ db, sandbox: settings.sandbox, log, signal: stopping.signal });
installTemporalRuntime(log);
let runs: Runs | undefined;
let schedules: Schedules | undefined;
const working = connectTemporal(settings.temporal, stopping.signal).then(async (connection) => {
  if (connection === undefined) return;
  const { namespace } = settings.temporal;
  runs = createRuns(connection, namespace);
  schedules = createSchedules(connection, namespace);
  const activities = createBackgroundActivities({
    ...{ db: scheduledDb, contracts: everyContract, log, signal: stopping.signal },
    ...{ ...payers, newId },
    store,
    sources: createReportSources({
      sandboxUrl: settings.sandbox?.url,
      ...{ stripe: settings.stripe, adyen: settings.adyenReports },
    }),
  });
  const { workflowBundle } = settings;
  await keepWorker({
    create: () => createBackgroundWorker({ connection, namespace, activities, workflowBundle }),
    ...{ log, signal: stopping.signal },
  }).ended;
  await keeping;
  await connection.close();
});
const table = scheduleTable(rows, backgroundTaskQueue);
const keeping = probeWorkerRole(db, stopping.signal, (error) => {
  log.fatal({ error: error.message }, 'wrong database role');
  process.exit(1);
}).then(async () => {
  const scheduling = { table, schedules: () => schedules, db, log, signal: stopping.signal };
  await Promise.all([
    sweep({ db, runs: () => runs, log, signal: stopping.signal }),
    keepInbox({ db, log, signal: stopping.signal }),
    keepApprovals({ db, log, signal: stopping.signal }),
    keepRisk({ db, log, signal: stopping.signal }),
    keepLedger({ db: ledgerDb, log, signal: stopping.signal }),
    keepSchedules(scheduling),
    ...(settings.mode === 'test' ? [followClock(scheduling)] : []),
  ]);
});

onShutdown(
  async () => {
    stopping.abort();
    await Promise.all([keeping, working, payers.ended]);
    await Promise.all([db.destroy(), ledgerDb.destroy(), scheduledDb.destroy(), store.close()]);
  },
  { watchParent: settings.parentWatch },
);
announceReady();
