/** A server process as data, and the running thing. */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Account } from './privileges.ts';
import { identify } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { killGroup, signalQuietly } from './stop-process.ts';
import type { StopOrder } from './stop-process.ts';
import { waitUntil } from './wait-until.ts';

export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Another account to run as. */
  readonly account?: Account | undefined;
  /** Appended to. */
  readonly logFile: string;
  readonly stop: StopOrder;
  /** Its stdin stays open for as long as we live: it ends when that closes. */
  readonly watchesParent: boolean;
  /** Puts right what an earlier death may have left behind; runs before every start. */
  readonly prepare?: () => Promise<void>;
  /** `output` is what it has written since this start. */
  readonly isReady: (output: () => string) => boolean | Promise<boolean>;
  readonly readyTimeoutMs: number;
}

export interface RunningProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when the process has ended, with the reason in words. */
  readonly ended: Promise<string>;
  readonly hasEnded: () => boolean;
  readonly output: () => string;
  /** SIGKILL, as a crash would end it. */
  readonly kill: () => void;
  /** Asks, waits, then kills. */
  readonly stop: () => Promise<void>;
}

/** Starts it; that it is ready is another matter (`waitUntilReady`). */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  await spec.prepare?.();
  const log = openSync(spec.logFile, 'a', 0o600);
  const logStart = fstatSync(log).size;
  const [program = '', ...args] = spec.command;
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: { ...spec.environment },
    ...spec.account,
    // A file, not a pipe to us: what it says at its end survives our own.
    stdio: [spec.watchesParent ? 'pipe' : 'ignore', log, log],
    // A group of its own: Ctrl-C in the terminal is for us, who then stop it in order.
    detached: true,
  });
  closeSync(log);
  let reason: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const finish = (why: string): void => resolve((reason ??= why));
    child.once('exit', (code, signal) => finish(signal ?? `exit status ${code ?? 0}`));
    child.once('error', (error) => finish(error.message));
  });
  // A pipe whose reader died must not take us along.
  child.stdin?.on('error', () => undefined);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${spec.name} cannot be started: ${await ended}`);
  const hasEnded = (): boolean => reason !== undefined;
  return {
    identity: identify(pid) ?? { pid, started: 'ended at once' },
    ended,
    hasEnded,
    output: () => readFrom(spec.logFile, logStart),
    kill: () => {
      if (!hasEnded()) killGroup(pid);
    },
    stop: async () => {
      if (!hasEnded()) signalQuietly(pid, spec.stop.signal);
      const stopped = await waitUntil(hasEnded, { timeoutMs: spec.stop.timeoutMs });
      if (!stopped) killGroup(pid);
      await ended;
    },
  };
}

/** Throws, with the end of its log, if it ends first or does not get ready in time. */
export async function waitUntilReady(spec: ProcessSpec, running: RunningProcess): Promise<void> {
  const settled = async (): Promise<boolean> =>
    running.hasEnded() || (await spec.isReady(running.output));
  const inTime = await waitUntil(settled, { timeoutMs: spec.readyTimeoutMs });
  if (inTime && !running.hasEnded()) return;
  const why = inTime
    ? `ended at its start (${await running.ended})`
    : `was not ready within ${spec.readyTimeoutMs / 1000} s`;
  const lines = running.output().trim().split('\n').slice(-15).join('\n');
  throw new Error(`${spec.name} ${why}; the end of ${spec.logFile}:\n${lines}`);
}

const outputLimit = 1_000_000;

function readFrom(path: string, start: number): string {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const from = Math.max(start, size - outputLimit);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    readSync(file, buffer, 0, buffer.length, from);
    return buffer.toString();
  } finally {
    closeSync(file);
  }
}
