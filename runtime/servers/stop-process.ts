/** Ends processes that are not our children: left over by a supervisor that was killed. */
import { hasCode } from '../errors.ts';
import { isRunning } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

export interface StopOrder {
  readonly signal: NodeJS.Signals;
  /** How long it may take before SIGKILL. */
  readonly timeoutMs: number;
}

/** Asks with a signal, then kills; returns when the process is gone. */
export async function stopProcess(identity: ProcessIdentity, order: StopOrder): Promise<void> {
  if (!isRunning(identity)) return;
  signalQuietly(identity.pid, order.signal);
  const gone = (): boolean => !isRunning(identity);
  if (await waitUntil(gone, { timeoutMs: order.timeoutMs })) return;
  killGroup(identity.pid);
  if (await waitUntil(gone, { timeoutMs: 5000 })) return;
  throw new Error(`process ${identity.pid} does not end, not even by SIGKILL`);
}

/** SIGKILL to a process and, where it leads one, to its group. */
export function killGroup(pid: number): void {
  signalQuietly(-pid, 'SIGKILL');
  signalQuietly(pid, 'SIGKILL');
}

/** Sends a signal; that the process is gone already is no error. */
export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
