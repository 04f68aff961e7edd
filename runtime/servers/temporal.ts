/** The Temporal development server, with the flags of DESIGN 8. */
import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { diesWithParent } from './privileges.ts';
import type { ProcessSpec } from './process.ts';
import { namespaceExists } from './temporal-probe.ts';

export interface TemporalOptions {
  /** Path of the Temporal CLI. */
  readonly binary: string;
  readonly port: number;
  readonly uiPort: number;
  readonly metricsPort: number;
  readonly namespace: string;
  /** Absent: in memory. */
  readonly databaseFile?: string;
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

const walPragmas = [
  ...['--sqlite-pragma', 'journal_mode=WAL'],
  ...['--sqlite-pragma', 'synchronous=NORMAL'],
];

export async function prepareTemporal(options: TemporalOptions): Promise<ProcessSpec> {
  // Nothing of value is lost by it, and a graceful stop takes more than a second.
  const tied = await diesWithParent('SIGKILL', options.environment);
  const { databaseFile } = options;
  const settings = [
    ...['--ip', '127.0.0.1', '--port', String(options.port)],
    ...['--ui-port', String(options.uiPort), '--metrics-port', String(options.metricsPort)],
    ...['--namespace', options.namespace],
    ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile]),
    // A lost tail of the write-ahead log is covered by payments.wake_at.
    ...(databaseFile === undefined ? [] : walPragmas),
    ...['--dynamic-config-value', 'history.visibilityProcessorSchedulerWorkerCount=1'],
    ...['--log-level', 'error'],
  ];
  return {
    name: 'temporal',
    command: [...tied, options.binary, 'server', 'start-dev', ...settings],
    environment: withoutTemporalVariables(options.environment),
    cwd: dirname(options.logFile),
    logFile: options.logFile,
    stop: { signal: 'SIGTERM', timeoutMs: 5000 },
    watchesParent: false,
    prepare: async () => {
      if (databaseFile !== undefined) removeOrphanedLog(databaseFile);
    },
    isReady: () => namespaceExists(options.port, options.namespace),
    readyTimeoutMs: 60_000,
  };
}

/** All of it; the server starts anew without. */
export function deleteTemporalDatabase(databaseFile: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(databaseFile + suffix, { force: true });
}

/** Somebody may delete the file alone: a log without its database must not be replayed. */
function removeOrphanedLog(databaseFile: string): void {
  if (!existsSync(databaseFile)) deleteTemporalDatabase(databaseFile);
}

/** TEMPORAL_ADDRESS and its kin would configure the CLI for another server. */
function withoutTemporalVariables(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('TEMPORAL_')),
  );
}
