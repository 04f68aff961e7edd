/** A PostgreSQL of our own: made with initdb, then run by us, so that it can be supervised. */
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { hasCode } from '../errors.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { clearPostgresLeftovers, fastShutdown } from './postgres-leftovers.ts';
import { postgresPrivileges } from './privileges.ts';
import type { Privileges } from './privileges.ts';
import type { ProcessSpec } from './process.ts';
import { runCommand } from './run-command.ts';

export interface PostgresOptions {
  /** Ours alone; made if missing. */
  readonly folder: string;
  readonly port: number;
  /** Of the superuser `postgres`. */
  readonly password: string;
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Server settings other than our own. */
  readonly settings?: Readonly<Record<string, string>>;
}

const majorVersion = '18';
/** SQLSTATE invalid_password. */
const wrongPassword = '28P01';

const serverSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  wal_compression: 'on',
  // Bounds what a crash leaves to replay: back within two seconds under a payment load.
  checkpoint_timeout: '60s',
  jit: 'off',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
} as const;

/** Makes the data folder at the first call; returns how to run the server on it. */
export async function preparePostgres(options: PostgresOptions): Promise<ProcessSpec> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const { initdb, postgres } = await findPostgresBinaries();
  const folder = realpathSync(options.folder);
  const environment = withoutPostgresVariables(options.environment);
  const privileges = await postgresPrivileges({ program: postgres, folder, environment });
  const dataFolder = join(folder, 'data');
  if (!existsSync(dataFolder)) {
    await initialise({
      initdb,
      folder,
      dataFolder,
      privileges,
      environment,
      ...passwordOf(options),
    });
  }
  refuseForeignData(dataFolder, privileges);
  const clusterName = `tender-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 12)}`;
  const settings = {
    ...serverSettings,
    ...options.settings,
    port: options.port,
    cluster_name: clusterName,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return {
    name: 'postgres',
    command: [...privileges.prefix, postgres, '-D', dataFolder, ...flags],
    environment,
    account: privileges.account,
    cwd: '/',
    logFile: options.logFile,
    stop: fastShutdown,
    watchesParent: false,
    prepare: () => clearPostgresLeftovers(dataFolder, clusterName),
    isReady: () => answers(postgresUrl({ ...options, database: 'postgres' })),
    readyTimeoutMs: 60_000,
  };
}

export function postgresUrl(server: {
  readonly port: number;
  readonly password: string;
  readonly database: string;
}): string {
  return `postgres://postgres:${server.password}@127.0.0.1:${server.port}/${server.database}`;
}

interface Initialisation {
  readonly initdb: string;
  readonly folder: string;
  readonly dataFolder: string;
  readonly password: string;
  readonly privileges: Privileges;
  readonly environment: Readonly<Record<string, string>>;
}

/** Under another name until it is whole: initdb may be killed half-way, or outlive who ran it. */
async function initialise(plan: Initialisation): Promise<void> {
  const { owner, prefix, account } = plan.privileges;
  const unfinished = join(plan.folder, `unfinished-${process.pid}`);
  const passwordFile = join(plan.folder, `initial-password-${process.pid}`);
  rmSync(unfinished, { recursive: true, force: true });
  writeFileSync(passwordFile, `${plan.password}\n`, { mode: 0o600 });
  if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
  const made = await runCommand(
    [
      ...prefix,
      plan.initdb,
      `--pgdata=${unfinished}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same order of text on every machine, whatever its libc or ICU.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ],
    { timeoutMs: 120_000, environment: plan.environment, account, cwd: '/' },
  );
  rmSync(passwordFile, { force: true });
  if (!made.ok) throw new Error(`initdb failed:\n${made.output}`);
  renameSync(unfinished, plan.dataFolder);
}

function refuseForeignData(dataFolder: string, { owner }: Privileges): void {
  const { uid } = statSync(dataFolder);
  const expected = owner?.uid ?? process.getuid?.() ?? uid;
  if (uid !== expected) {
    throw new Error(
      `${dataFolder} belongs to user ${uid}; only that user, or root, can start PostgreSQL on it.`,
    );
  }
  const version = readFileSync(join(dataFolder, 'PG_VERSION'), 'utf8').trim();
  if (version !== majorVersion) {
    throw new Error(
      `${dataFolder} was made by PostgreSQL ${version} and this is ${majorVersion}: ` +
        'choose another TENDER_HOME.',
    );
  }
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
  // A server that goes away while we ask is an answer, not a crash of ours.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    if (hasCode(error, wrongPassword)) {
      throw new Error('PostgreSQL refuses the password in secrets.json: is it of another home?', {
        cause: error,
      });
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function passwordOf({ password }: PostgresOptions): { password: string } {
  return { password };
}

/** PGDATA and its kin, meant for other servers, would be obeyed by this one. */
function withoutPostgresVariables(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('PG')));
}
