/** Runs payments in this process for as long as it lives, and sets them in motion. */
import { type NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Activities } from '../activities/index.ts';
import type { TemporalSettings } from '../runtime/env.ts';
import { createRuns, type Runs } from '../runtime/runs.ts';
import { connectTemporal, installTemporalRuntime } from '../runtime/temporal.ts';
import { keepWorker, type KeptWorker } from './keep-worker.ts';
import { createPaymentWorker } from './payment-worker.ts';

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
  installTemporalRuntime(options.log);
  const stopping = new AbortController();
  let runs: Runs | undefined;
  let worker: KeptWorker | undefined;
  const hosting = host();

  async function host(): Promise<void> {
    const connection = await connectTemporal(options.temporal, stopping.signal);
    if (connection === undefined) return;
    runs = createRuns(connection, options.temporal.namespace);
    worker = keepWorker({
      create: () => createWorker(connection),
      log: options.log,
      signal: stopping.signal,
    });
    await worker.ended;
    await connection.close();
  }

  const createWorker = (connection: NativeConnection) =>
    createPaymentWorker({
      connection,
      namespace: options.temporal.namespace,
      activities: options.activities,
      workflowBundle: options.workflowBundle,
    });

  return {
    runs: () => runs,
    working: () => worker?.working() ?? false,
    stop: async () => {
      stopping.abort();
      await hosting;
    },
  };
}
