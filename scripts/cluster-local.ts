/**
 * `npm run cluster:local`: a Temporal server on PostgreSQL instead of the development server, until
 * Ctrl-C. PostgreSQL is that of DATABASE_URL, else an embedded one whose data is gone afterwards.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSettings } from '../runtime/env.ts';
import type { LocalSettings } from '../runtime/env.ts';
import { findLauncher, onLauncherEnd } from '../runtime/local/launcher.ts';
import { freePort } from '../runtime/servers/ports.ts';
import { postgresUrl, preparePostgres } from '../runtime/servers/postgres.ts';
import { startProcess, waitUntilReady } from '../runtime/servers/process.ts';
import type { ProcessSpec, RunningProcess } from '../runtime/servers/process.ts';
import { localShardCount, prepareTemporalCluster } from '../runtime/servers/temporal-cluster.ts';
import { findTemporalServerBinaries } from '../runtime/servers/temporal-server-binaries.ts';

/** Last first. */
const stops: (() => Promise<void> | void)[] = [];
const givenUp = new AbortController();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

async function start(spec: ProcessSpec): Promise<RunningProcess> {
  givenUp.signal.throwIfAborted();
  const running = await startProcess(spec);
  stops.push(() => running.stop());
  await waitUntilReady(spec, running);
  void running.ended.then((reason) => leave(`${spec.name} ended (${reason})`));
  return running;
}

async function startPostgres(settings: LocalSettings, folder: string): Promise<string> {
  if (settings.databaseUrl !== undefined) {
    say('PostgreSQL: DATABASE_URL; its databases temporal and temporal_visibility stay');
    return settings.databaseUrl;
  }
  const port = await freePort();
  const password = 'cluster';
  const spec = await preparePostgres({
    folder: join(folder, 'postgres'),
    port,
    password,
    logFile: join(folder, 'postgres.log'),
    environment: settings.inherited,
    // Next to Tender itself, which may use it as well.
    settings: { max_connections: '200' },
  });
  await start(spec);
  say(`PostgreSQL is ready: embedded, port ${port}`);
  return postgresUrl({ port, password, database: 'postgres' });
}

async function main(): Promise<void> {
  const settings = localSettings();
  const launcher = settings.startedByNpm ? findLauncher() : undefined;
  if (launcher !== undefined) onLauncherEnd(launcher, () => leave('npm has ended'));
  const environment = settings.inherited;
  const binaries = await findTemporalServerBinaries({
    cache: settings.cache,
    environment,
    report: say,
    signal: givenUp.signal,
  });
  const folder = mkdtempSync(join(tmpdir(), 'tender-cluster-'));
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  // PostgreSQL may run as another user, who has to get through.
  chmodSync(folder, 0o711);
  const serverUrl = await startPostgres(settings, folder);
  const port = await freePort();
  const spec = await prepareTemporalCluster({
    binaries,
    databases: { serverUrl, store: 'temporal', visibility: 'temporal_visibility' },
    port,
    namespace: settings.temporalNamespace,
    logFile: join(folder, 'temporal.log'),
    environment,
  });
  await start(spec);
  say(`Temporal ${binaries.version} is ready: ${binaries.source}, ${localShardCount} history shards

  TENDER_TEMPORAL_ADDRESS=127.0.0.1:${port} npm start

Logs: ${folder}
Ctrl-C stops everything.`);
}

let leaving = false;

function leave(reason: string): void {
  if (leaving) return;
  leaving = true;
  say(`\n${reason}: stopping`);
  givenUp.abort();
  void stopAll().then(() => process.exit());
}

process.stdout.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => leave(signal));
}
try {
  await main();
} catch (error) {
  // Given up by somebody: not a failure of the start.
  if (!givenUp.signal.aborted) {
    process.exitCode = 1;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    leave('the start failed');
  }
}
