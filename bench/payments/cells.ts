/** One cell: one system at one number of callers, with everything it cost until it was quiet again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readDatabaseCounts } from './commits.ts';
import { runLoad } from './load.ts';
import type { Load } from './load.ts';
import type { SystemName } from './options.ts';
import { readCpuMs } from './process-cpu.ts';
import type { System } from './systems.ts';

export const callerCounts = [1, 32] as const;
export type Callers = (typeof callerCounts)[number];

export interface Cell extends Load {
  readonly system: SystemName;
  readonly callers: Callers;
  /** By process, from before the first request until after the last run has closed. */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly commits: { readonly writing: number; readonly all: number; readonly walBytes: number };
}

export interface Meters {
  /** Processes whose CPU time counts, by name. */
  readonly processes: Readonly<Record<string, number>>;
  /** Whose commits are counted. */
  readonly databaseUrl: string;
}

/** Early answers leave work behind: runs that close, which is paid for by whoever caused it. */
const quietMs = 1_500;

export async function measure(
  system: System,
  callers: Callers,
  seconds: number,
  meters: Meters,
): Promise<Cell> {
  const before = await readDatabaseCounts(meters.databaseUrl);
  const cpuBefore = readCpuMs(meters.processes);
  const load = await runLoad(system, callers, seconds);
  await sleep(quietMs);
  const cpuAfter = readCpuMs(meters.processes);
  const after = await readDatabaseCounts(meters.databaseUrl);
  return {
    ...load,
    system: system.name,
    callers,
    cpuMs: Object.fromEntries(
      Object.entries(cpuAfter).map(([name, ms]) => [name, ms - (cpuBefore[name] ?? 0)]),
    ),
    commits: {
      writing: after.writing - before.writing,
      all: after.all - before.all,
      walBytes: after.walBytes - before.walBytes,
    },
  };
}
