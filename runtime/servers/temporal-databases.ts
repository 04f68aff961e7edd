/** The two databases of a Temporal server that keeps its state in PostgreSQL. */
import { delimiter, dirname, join } from 'node:path';
import pg from 'pg';
import { runCommand } from './run-command.ts';

export interface TemporalDatabases {
  /** PostgreSQL as a role that may create databases; the database named in it does not matter. */
  readonly serverUrl: string;
  readonly store: string;
  readonly visibility: string;
}

/** The same script docker-compose.yml runs, so what runs here is what is deployed. */
const script = join(import.meta.dirname, '..', '..', 'ops', 'temporal', 'schema.sh');
const timeoutMs = 120_000;

/** Makes them if missing and brings them to the schema of the sql tool. */
export async function prepareTemporalDatabases(
  databases: TemporalDatabases,
  sqlTool: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const server = new URL(databases.serverUrl);
  const prepared = await runCommand(['sh', script], {
    timeoutMs,
    environment: {
      ...environment,
      PATH: [dirname(sqlTool), environment['PATH'] ?? ''].join(delimiter),
      SQL_HOST: server.hostname,
      SQL_PORT: server.port || '5432',
      SQL_USER: decodeURIComponent(server.username),
      SQL_PASSWORD: decodeURIComponent(server.password),
      DBNAME: databases.store,
      VISIBILITY_DBNAME: databases.visibility,
    },
  });
  if (prepared.ok) return;
  const lines = prepared.output.split('\n').slice(-10).join('\n');
  throw new Error(`the schema of Temporal could not be made:\n${lines}`);
}

/** All Temporal knew is gone; the server starts anew without. */
export async function dropTemporalDatabases(databases: TemporalDatabases): Promise<void> {
  const url = new URL(databases.serverUrl);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const name of [databases.store, databases.visibility]) {
      // Forced: the server was killed, and PostgreSQL may not have noticed yet.
      await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
    }
  } finally {
    await client.end();
  }
}
