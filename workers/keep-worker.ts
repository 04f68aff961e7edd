/** Keeps a worker running for as long as its process lives, whatever happens to Temporal. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';

const againMs = 500;

export interface KeptWorker {
  readonly working: () => boolean;
  /** Once the signal has come and the worker has finished its tasks. */
  readonly ended: Promise<void>;
}

export interface KeepWorkerOptions {
  readonly create: () => Promise<Worker>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export function keepWorker({ create, log, signal }: KeepWorkerOptions): KeptWorker {
  let worker: Worker | undefined;
  const stop = (): void => {
    if (worker?.getState() === 'RUNNING') worker.shutdown();
  };
  const runOnce = async (): Promise<void> => {
    worker = await create();
    const running = worker.run();
    log.info({ taskQueue: worker.options.taskQueue }, 'worker running');
    // Stopped while it was being made, when there was none to shut down. One that never ran would hold its
    // connection for ever.
    if (signal.aborted) worker.shutdown();
    await running;
  };
  const keep = async (): Promise<void> => {
    signal.addEventListener('abort', stop, { once: true });
    while (!signal.aborted) {
      await runOnce().catch((error: unknown) => {
        log.warn({ error: String(error) }, 'worker stopped, starting another');
      });
      worker = undefined;
      await sleep(againMs, undefined, { signal }).catch(() => undefined);
    }
  };
  return { working: () => worker?.getState() === 'RUNNING', ended: keep() };
}
