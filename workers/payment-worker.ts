import { Worker, type NativeConnection } from '@temporalio/worker';
import type { Activities } from '../activities/index.ts';
import { paymentTaskQueue } from '../workflows/ids.ts';
import { heartbeats } from './heartbeats.ts';

export interface PaymentWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly activities: Activities;
  /** Path of the bundle made by `bundleWorkflows`. */
  readonly workflowBundle: string;
}

/** Runs payments: in the API's process, so that a start can be eager, or on its own to scale out. */
export async function createPaymentWorker(options: PaymentWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: paymentTaskQueue,
    workflowBundle: { codePath: options.workflowBundle },
    activities: options.activities,
    // A killed worker's payments resume after the task timeout, not after the sticky default of 10 s.
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '5s',
    interceptors: { activity: [heartbeats] },
  });
}
