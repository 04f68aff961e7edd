/** What a PostgreSQL that was killed, or whose supervisor was, may leave on its data folder. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, findByCommandLine, identify } from './process-identity.ts';
import { signalQuietly, stopProcess } from './stop-process.ts';
import { waitUntil } from './wait-until.ts';

/** Fast shutdown: ends the sessions, writes a checkpoint. */
export const fastShutdown = { signal: 'SIGINT', timeoutMs: 10_000 } as const;

/** Afterwards nothing runs on this folder, and nothing in it keeps a server from starting. */
export async function clearPostgresLeftovers(
  dataFolder: string,
  clusterName: string,
): Promise<void> {
  const pidFile = join(dataFolder, 'postmaster.pid');
  const pid = readPid(pidFile);
  if (pid !== undefined) {
    const isOurs = commandLine(pid).includes(dataFolder);
    const identity = isOurs ? identify(pid) : undefined;
    if (identity !== undefined) await stopProcess(identity, fastShutdown);
  }
  await killOrphans(clusterName);
  // PostgreSQL would take any process that now has the old number for its predecessor.
  rmSync(pidFile, { force: true });
}

/**
 * Children of a postmaster that was killed end by themselves, but only when their query is over,
 * and until then hold the shared memory. They carry the cluster's name in their titles.
 */
async function killOrphans(clusterName: string): Promise<void> {
  const find = (): number[] => findByCommandLine(`postgres: ${clusterName}: `);
  for (const orphan of find()) signalQuietly(orphan, 'SIGKILL');
  await waitUntil(() => find().length === 0, { timeoutMs: 5000 });
}

function readPid(pidFile: string): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  return pid > 0 ? pid : undefined;
}
