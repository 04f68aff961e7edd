/** Sets payments in motion. All of it is an accelerator: what is lost here the sweeper finds by `wake_at`. */
import { Client, type WorkflowStartOptions } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { paymentTaskQueue, paymentWorkflowId, schedulePrefix } from '../workflows/ids.ts';
import { nudge } from '../workflows/payment/messages.ts';
import type { paymentWorkflow } from '../workflows/payment/workflow.ts';

const deadlineMs = 1_000;

export interface Runs {
  /** A fresh payment; eager when the worker is in this process. */
  start(paymentId: string): Promise<void>;
  /** New work on a payment: wakes its run, or starts one. */
  wake(paymentId: string): Promise<void>;
  /** One turn of a schedule now; after the one under way, if there is one. */
  trigger(scheduleId: string): Promise<void>;
}

export function createRuns(connection: NativeConnection, namespace: string): Runs {
  const client = new Client({ connection, namespace });
  const options = (
    paymentId: string,
  ): Omit<WorkflowStartOptions<typeof paymentWorkflow>, 'args'> => ({
    taskQueue: paymentTaskQueue,
    workflowId: paymentWorkflowId(paymentId),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '5s',
  });
  const inTime = async (call: () => Promise<unknown>): Promise<void> => {
    await client.withDeadline(Date.now() + deadlineMs, call);
  };
  return {
    start: (paymentId) =>
      inTime(() =>
        client.workflow.start<typeof paymentWorkflow>('paymentWorkflow', {
          ...options(paymentId),
          args: [paymentId],
          requestEagerStart: true,
        }),
      ),
    wake: (paymentId) =>
      inTime(() =>
        client.workflow.signalWithStart<typeof paymentWorkflow>('paymentWorkflow', {
          ...options(paymentId),
          args: [paymentId],
          signal: nudge,
        }),
      ),
    trigger: (scheduleId) =>
      inTime(() =>
        client.schedule.getHandle(`${schedulePrefix}${scheduleId}`).trigger('BUFFER_ONE'),
      ),
  };
}
