/**
 * npm between the person and us: whoever kills it expects the end of what it ran, yet a SIGKILL
 * is not passed on. So its process is watched.
 */
import { basename } from 'node:path';
import { commandLine, identify, isRunning, parentOf } from '../servers/process-identity.ts';
import type { ProcessIdentity } from '../servers/process-identity.ts';

const shells: ReadonlySet<string> = new Set(['sh', 'ash', 'bash', 'dash', 'zsh']);
const everyMs = 300;

/** Our parent, or npm behind the shell it runs its scripts with. */
export function findLauncher(): ProcessIdentity | undefined {
  const parent = process.ppid;
  const program = basename(commandLine(parent).split(' ')[0] ?? '');
  const launcher = shells.has(program) ? parentOf(parent) : parent;
  return launcher === undefined ? undefined : identify(launcher);
}

export function onLauncherEnd(launcher: ProcessIdentity, act: () => void): void {
  const timer = setInterval(() => {
    if (isRunning(launcher)) return;
    clearInterval(timer);
    act();
  }, everyMs);
  timer.unref();
}
