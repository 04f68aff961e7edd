/** Which process a number means: pids are reused, a pid together with its start time is not. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process, also after a reboot different for another one. */
  readonly started: string;
}

const onLinux = process.platform === 'linux';

export function identify(pid: number): ProcessIdentity | undefined {
  const started = onLinux ? startOnLinux(pid) : startElsewhere(pid);
  return started === undefined ? undefined : { pid, started };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.started === identity.started;
}

/** The arguments of a process, joined by blanks; for a server child, the title it gave itself. */
export function commandLine(pid: number): string {
  try {
    if (!onLinux) return psColumn(pid, 'args');
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

export function parentOf(pid: number): number | undefined {
  try {
    const parent = Number(onLinux ? statFields(pid)[1] : psColumn(pid, 'ppid'));
    return parent > 0 ? parent : undefined;
  } catch {
    return undefined;
  }
}

/** Pids whose command line begins with `prefix`. */
export function findByCommandLine(prefix: string): number[] {
  const pids = onLinux
    ? readdirSync('/proc')
    : execFileSync('ps', ['-axo', 'pid='], { encoding: 'utf8' }).split('\n');
  return pids
    .map((name) => Number(name.trim()))
    .filter((pid) => pid > 0 && commandLine(pid).startsWith(prefix));
}

function startOnLinux(pid: number): string | undefined {
  try {
    const fields = statFields(pid);
    // A zombie has ended; in a container without an init nobody may ever collect it.
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${bootId()}/${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}

function startElsewhere(pid: number): string | undefined {
  try {
    if (psColumn(pid, 'state').startsWith('Z')) return undefined;
    return psColumn(pid, 'lstart') || undefined;
  } catch {
    return undefined;
  }
}

/** From the state on: the program's name before it, in brackets, may hold anything. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function psColumn(pid: number, column: string): string {
  return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
