/** The layout of TENDER_HOME. */
import { mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Home {
  readonly folder: string;
  readonly lock: string;
  readonly secrets: string;
  readonly processes: string;
  readonly endpoints: string;
  readonly staffKeys: string;
  readonly postgres: string;
  readonly temporalDatabase: string;
  readonly sandboxData: string;
  readonly bundles: string;
  log(part: string): string;
}

export function openHome(path: string): Home {
  const logs = join(path, 'logs');
  // Passable itself, since PostgreSQL may run as another user; what is in it is not.
  for (const folder of ['logs', 'temporal', 'sandbox', 'cache']) {
    mkdirSync(join(path, folder), { recursive: true, mode: 0o700 });
  }
  const folder = realpathSync(path);
  return {
    folder,
    lock: join(folder, 'supervisor.lock'),
    secrets: join(folder, 'secrets.json'),
    processes: join(folder, 'processes.json'),
    endpoints: join(folder, 'endpoints.json'),
    staffKeys: join(folder, 'staff-jwks.json'),
    postgres: join(folder, 'postgres'),
    temporalDatabase: join(folder, 'temporal', 'temporal.db'),
    sandboxData: join(folder, 'sandbox', 'books.db'),
    bundles: join(folder, 'cache', 'workflows'),
    log: (part) => join(logs, `${part}.log`),
  };
}

/** The logs of the run before stay readable beside those of this one. */
export function rotateLog(path: string): void {
  rmSync(`${path}.previous`, { force: true });
  try {
    renameSync(path, `${path}.previous`);
  } catch {
    // the first run
  }
}
