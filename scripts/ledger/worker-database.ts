import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localSettings } from '../../runtime/env.ts';
import type { Endpoints } from '../../runtime/local/endpoints.ts';

/** TENDER_WORKER_DATABASE_URL, else that of the running Tender of TENDER_HOME. */
export function findWorkerDatabase(): string {
  const { workerDatabaseUrl, home } = localSettings();
  if (workerDatabaseUrl !== undefined) return workerDatabaseUrl;
  const path = join(home, 'endpoints.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as Endpoints).database.url;
}
