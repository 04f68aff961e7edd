/** CPU time of process trees, from /proc (Linux). A server's child that has ended counts at its parent. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: 100 on every Linux that Node runs on. */
const msPerTick = 10;

interface Stat {
  readonly parent: number;
  readonly cpuMs: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), cpuMs: ticks * msPerTick };
  } catch {
    return undefined; // ended while we looked
  }
}

/** CPU ms that each tree has used so far, user and system. */
export function readCpuMs<Name extends string>(
  roots: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const pids = readdirSync('/proc').map(Number).filter(Boolean);
  const stats = new Map(pids.map((pid) => [pid, readStat(pid)]));
  const rootOf = (pid: number): number | undefined => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = stats.get(at)?.parent) {
      if (names.has(at)) return at;
    }
    return undefined;
  };
  const entries = Object.entries<number>(roots) as [Name, number][];
  const names = new Map(entries.map(([name, pid]) => [pid, name]));
  const sums = Object.fromEntries(entries.map(([name]) => [name, 0])) as Record<Name, number>;
  for (const [pid, stat] of stats) {
    const root = rootOf(pid);
    const name = root === undefined ? undefined : names.get(root);
    if (name !== undefined && stat !== undefined) sums[name] += stat.cpuMs;
  }
  return sums;
}

export interface MachineTime {
  readonly busy: number;
  readonly stolen: number;
  readonly all: number;
}

/** Of all cores since boot, in ticks. */
export function readMachineTime(): MachineTime {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, stolen = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const all = user + nice + system + idle + wait + irq + soft + stolen;
  return { busy: all - idle - wait - stolen, stolen, all };
}

/** Shares of the time between two readings, 0 to 1. */
export function machineShares(
  from: MachineTime,
  to: MachineTime,
): { readonly busy: number; readonly stolen: number } {
  const all = Math.max(1, to.all - from.all);
  return { busy: (to.busy - from.busy) / all, stolen: (to.stolen - from.stolen) / all };
}
