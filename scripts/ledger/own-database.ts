/** A PostgreSQL of our own with the schema of Tender and nothing else, durable as in service. */
import { join } from 'node:path';
import { migrate } from '../../db/migrate.ts';
import { localSettings } from '../../runtime/env.ts';
import { asRole, ensureDatabase } from '../../runtime/local/local-database.ts';
import { freePort } from '../../runtime/servers/ports.ts';
import { postgresUrl, preparePostgres } from '../../runtime/servers/postgres.ts';
import { startProcess, waitUntilReady } from '../../runtime/servers/process.ts';
import type { RunningProcess } from '../../runtime/servers/process.ts';

export interface OwnDatabase {
  /** The superuser. */
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  readonly server: RunningProcess;
}

const password = 'own-ledger';

export async function startOwnDatabase(
  home: string,
  onStart: (server: RunningProcess) => void,
): Promise<OwnDatabase> {
  const port = await freePort();
  const spec = await preparePostgres({
    folder: join(home, 'postgres'),
    port,
    password,
    logFile: join(home, 'postgres.log'),
    environment: localSettings().inherited,
  });
  const server = await startProcess(spec);
  onStart(server);
  await waitUntilReady(spec, server);
  const ownerUrl = postgresUrl({ port, password, database: 'tender' });
  await ensureDatabase(ownerUrl);
  await migrate(ownerUrl, { apiPassword: password, workerPassword: password });
  return {
    ownerUrl,
    apiUrl: asRole(ownerUrl, 'tender_api', password),
    workerUrl: asRole(ownerUrl, 'tender_worker', password),
    server,
  };
}
