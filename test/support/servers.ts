/**
 * The real servers that tests run against, found and started the way `npm start` does it. They end
 * with `stop()`, or, on Linux, with the process that started them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSettings } from '../../runtime/env.ts';
import type { LocalSettings } from '../../runtime/env.ts';
import { freePort } from '../../runtime/servers/ports.ts';
import { preparePostgres, postgresUrl } from '../../runtime/servers/postgres.ts';
import { startProcess, waitUntilReady } from '../../runtime/servers/process.ts';
import type { ProcessSpec, RunningProcess } from '../../runtime/servers/process.ts';
import { findTemporalBinary } from '../../runtime/servers/temporal-binary.ts';
import { prepareTemporal } from '../../runtime/servers/temporal.ts';
import { onCluster } from './addresses.ts';

export interface TestServers {
  /** Of a superuser, to the maintenance database. */
  readonly databaseUrl: string;
  /** Absent on the cluster, where every stack has a server of its own. */
  readonly temporalAddress: string | undefined;
  stop(): Promise<void>;
}

interface TestServer {
  readonly address: string;
  readonly source: string;
  readonly running?: RunningProcess;
}

/** Nothing here must outlive a crash of the machine. */
const fastSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: '300',
} as const;

export async function startTestServers(): Promise<TestServers> {
  const settings = localSettings();
  const folder = mkdtempSync(join(tmpdir(), 'tender-servers-'));
  const starts = [
    startPostgres(settings, folder),
    onCluster() ? Promise.resolve(undefined) : startTemporal(settings, folder),
  ] as const;
  const stop = async (): Promise<void> => {
    const settled = await Promise.allSettled(starts);
    const started = settled.flatMap((result) =>
      result.status === 'fulfilled' ? (result.value?.running ?? []) : [],
    );
    await Promise.all(started.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [postgres, temporal] = await Promise.all(starts);
    const shown = temporal?.source ?? 'on PostgreSQL, one server for each stack';
    process.stderr.write(`PostgreSQL: ${postgres.source}\nTemporal: ${shown}\n`);
    return { databaseUrl: postgres.address, temporalAddress: temporal?.address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPostgres(settings: LocalSettings, folder: string): Promise<TestServer> {
  if (settings.databaseUrl !== undefined) {
    return { address: settings.databaseUrl, source: 'DATABASE_URL' };
  }
  const port = await freePort();
  const password = 'test';
  const spec = await preparePostgres({
    folder: join(folder, 'postgres'),
    port,
    password,
    logFile: join(folder, 'postgres.log'),
    environment: settings.inherited,
    settings: fastSettings,
  });
  const running = await startReady(spec);
  const address = postgresUrl({ port, password, database: 'postgres' });
  return { address, source: `embedded, port ${port}`, running };
}

async function startTemporal(settings: LocalSettings, folder: string): Promise<TestServer> {
  if (settings.temporalAddress !== undefined) {
    return { address: settings.temporalAddress, source: 'TENDER_TEMPORAL_ADDRESS' };
  }
  const binary = await findTemporalBinary({
    cache: settings.cache,
    environment: settings.inherited,
    report: (line) => process.stderr.write(`${line}\n`),
  });
  const port = await freePort();
  const spec = await prepareTemporal({
    binary: binary.path,
    port,
    uiPort: await freePort(),
    metricsPort: await freePort(),
    namespace: settings.temporalNamespace,
    logFile: join(folder, 'temporal.log'),
    environment: settings.inherited,
  });
  const running = await startReady(spec);
  const source = `${binary.source}, port ${port}, ${binary.version}`;
  return { address: `127.0.0.1:${port}`, source, running };
}

async function startReady(spec: ProcessSpec): Promise<RunningProcess> {
  const running = await startProcess(spec);
  try {
    await waitUntilReady(spec, running);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}
