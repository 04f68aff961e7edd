/** Keeps a payment worker running for as long as its process lives, whatever happens to Temporal. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Runtime, type NativeConnection, type Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Activities } from '../activities/index.ts';
import type { TemporalSettings } from '../runtime/env.ts';
import { connectTemporal } from '../runtime/temporal.ts';
import { createPaymentWorker } from './payment-worker.ts';
import { createRuns, type Runs } from '../runtime/runs.ts';

export interface PaymentHost {
  /** Undefined while Temporal has not been reached yet. */
  readonly runs: () => Runs | undefined;
  readonly working: () => boolean;
  readonly stop: () => Promise<void>;
}

export interface PaymentHostOptions {
  readonly temporal: TemporalSettings;
  readonly activities: Activities;
  readonly workflowBundle: string;
  readonly log: Logger;
}

export function hostPayments(options: PaymentHostOptions): PaymentHost {
  installRuntime(options.log);
  const stopping = new AbortController();
  let runs: Runs | undefined;
  let worker: Worker | undefined;
  const hosting = host();

  async function host(): Promise<void> {
    const connection = await connectTemporal(options.temporal, stopping.signal);
    if (connection === undefined) return;
    runs = createRuns(connection, options.temporal.namespace);
    while (!stopping.signal.aborted) {
      await runOnce(connection).catch((error: unknown) => {
        options.log.warn({ error: String(error) }, 'payment worker stopped, starting another');
      });
      worker = undefined;
      await sleep(500, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await connection.close();
  }

  async function runOnce(connection: NativeConnection): Promise<void> {
    worker = await createPaymentWorker({
      connection,
      namespace: options.temporal.namespace,
      activities: options.activities,
      workflowBundle: options.workflowBundle,
    });
    // Stopped while it was being made: `stop` saw no worker to shut down.
    if (stopping.signal.aborted) return;
    options.log.info({ taskQueue: worker.options.taskQueue }, 'payment worker running');
    await worker.run();
  }

  return {
    runs: () => runs,
    working: () => worker?.getState() === 'RUNNING',
    stop: async () => {
      stopping.abort();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await hosting;
    },
  };
}

/** Once per process. Signals are ours: the SDK's own handlers would stop the worker before the API. */
function installRuntime(log: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: (level, message, meta) => {
        if (level === 'ERROR') log.error(meta ?? {}, message);
        else if (level === 'WARN') log.warn(meta ?? {}, message);
      },
      trace: () => undefined,
      debug: () => undefined,
      info: () => undefined,
      warn: (message, meta) => {
        log.warn(meta ?? {}, message);
      },
      error: (message, meta) => {
        log.error(meta ?? {}, message);
      },
    },
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
}
