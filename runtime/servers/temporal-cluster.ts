/**
 * A Temporal server on PostgreSQL, as production runs it but for its size: all four services in
 * one process, configured by the environment like the container image.
 */
import { dirname, join } from 'node:path';
import { registerNamespace } from '../temporal-namespace.ts';
import { freePort } from './ports.ts';
import { diesWithParent } from './privileges.ts';
import type { ProcessSpec } from './process.ts';
import { prepareTemporalDatabases } from './temporal-databases.ts';
import type { TemporalDatabases } from './temporal-databases.ts';
import { namespaceExists } from './temporal-probe.ts';
import type { TemporalServerBinaries } from './temporal-server-binaries.ts';

export interface TemporalClusterOptions {
  readonly binaries: TemporalServerBinaries;
  readonly databases: TemporalDatabases;
  readonly port: number;
  readonly namespace: string;
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Fixed for the life of the databases. Enough for one machine; docker-compose.yml suggests 512. */
export const localShardCount = 4;

const dynamicConfig = join(
  import.meta.dirname,
  ...['..', '..', 'ops', 'temporal', 'dynamic-config.yaml'],
);

/** Its databases are made, and brought to the newest schema, before every start. */
export async function prepareTemporalCluster(
  options: TemporalClusterOptions,
): Promise<ProcessSpec> {
  const { binaries, databases, environment, port, namespace } = options;
  // Its state is in PostgreSQL and every write a transaction; payments survive the loss of it all.
  const tied = await diesWithParent('SIGKILL', environment);
  return {
    name: 'temporal',
    command: [...tied, binaries.server, 'start'],
    environment: {
      ...withoutServerVariables(environment),
      ...databaseVariables(databases),
      ...(await portVariables(port)),
      BIND_ON_IP: '127.0.0.1',
      NUM_HISTORY_SHARDS: String(localShardCount),
      DYNAMIC_CONFIG_FILE_PATH: dynamicConfig,
      LOG_LEVEL: 'error',
    },
    cwd: dirname(options.logFile),
    logFile: options.logFile,
    stop: { signal: 'SIGTERM', timeoutMs: 15_000 },
    watchesParent: false,
    prepare: () => prepareTemporalDatabases(databases, binaries.sqlTool, environment),
    isReady: async () =>
      (await namespaceExists(port, namespace)) || (await tryRegister(port, namespace)),
    readyTimeoutMs: 60_000,
  };
}

/** False while the server does not answer yet. */
async function tryRegister(port: number, namespace: string): Promise<boolean> {
  try {
    await registerNamespace({ address: `127.0.0.1:${port}`, namespace });
  } catch {
    return false;
  }
  return namespaceExists(port, namespace);
}

function databaseVariables(databases: TemporalDatabases): Record<string, string> {
  const server = new URL(databases.serverUrl);
  return {
    DB: 'postgres12',
    POSTGRES_SEEDS: server.hostname,
    DB_PORT: server.port || '5432',
    POSTGRES_USER: decodeURIComponent(server.username),
    POSTGRES_PWD: decodeURIComponent(server.password),
    DBNAME: databases.store,
    VISIBILITY_DBNAME: databases.visibility,
    // Each of the four services has pools of its own.
    SQL_MAX_CONNS: '8',
    SQL_MAX_IDLE_CONNS: '8',
    SQL_VIS_MAX_CONNS: '4',
    SQL_VIS_MAX_IDLE_CONNS: '4',
  };
}

async function portVariables(port: number): Promise<Record<string, string>> {
  const ports: Record<string, string> = { FRONTEND_GRPC_PORT: String(port) };
  const others = ['FRONTEND_HTTP', 'FRONTEND_MEMBERSHIP'].concat(
    ['HISTORY', 'MATCHING', 'WORKER'].flatMap((name) => [`${name}_GRPC`, `${name}_MEMBERSHIP`]),
  );
  for (const name of others) ports[`${name}_PORT`] = String(await freePort());
  return ports;
}

/** TEMPORAL_TLS_..., SQL_TLS_ENABLED and their kin, meant for another server. */
function withoutServerVariables(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const foreign = /^(TEMPORAL_|SQL_|POSTGRES_|VISIBILITY_|ES_|ENABLE_ES$|USE_INTERNAL_FRONTEND$)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !foreign.test(name)));
}
