/** How a process of Tender ends: on a signal, or when the supervisor that started it is gone. */

/** Docker and most init systems send SIGKILL after ten seconds. */
const graceMs = 9_000;
/** A dead supervisor takes the servers with it, so there is little left to finish. */
const orphanGraceMs = 2_000;

export interface ShutdownOptions {
  /** Also stop when stdin closes: the supervisor holds the other end and may die by SIGKILL. */
  readonly watchParent: boolean;
}

/**
 * Runs `stop` once, at the first SIGTERM or SIGINT, and exits: 0 when it finished, 1 when it threw
 * or took too long. A second signal exits at once.
 */
export function onShutdown(stop: () => Promise<void>, options: ShutdownOptions): void {
  let stopping = false;
  const begin = (limitMs: number): void => {
    stopping = true;
    setTimeout(() => exitWith(1, `shutdown took longer than ${limitMs} ms`), limitMs).unref();
    stop().then(
      () => exitWith(0),
      (error: unknown) => exitWith(1, `shutdown failed: ${describe(error)}`),
    );
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) exitWith(1, `second ${signal}: leaving without waiting`);
    begin(graceMs);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  if (options.watchParent) {
    onStdinClosed(() => {
      if (!stopping) begin(orphanGraceMs);
    });
  }
}

function onStdinClosed(act: () => void): void {
  process.stdin.once('close', act);
  process.stdin.once('end', act);
  process.stdin.on('error', act);
  // Without a reader the end of the pipe is never noticed.
  process.stdin.resume();
}

function exitWith(status: 0 | 1, reason?: string): never {
  if (reason !== undefined) process.stderr.write(`${reason}\n`);
  process.exit(status);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
