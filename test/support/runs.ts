/**
 * Runs of the payment workflow on the real server, with activities that a test scripts. Each bench has
 * a task queue of its own, so benches share nothing but the server.
 */
import { randomUUID } from 'node:crypto';
import { Client, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import { nudge } from '../../workflows/payment/messages.ts';
import type { paymentWorkflow } from '../../workflows/payment/workflow.ts';
import { testAddresses } from './addresses.ts';

export interface RunBench {
  readonly id: string;
  readonly taskQueue: string;
  readonly client: Client;
  start(id?: string): Promise<WorkflowHandleWithFirstExecutionRunId<typeof paymentWorkflow>>;
  /** As API, webhooks and sweeper do it. */
  wake(id?: string): Promise<void>;
  /** With a worker at work until `act` is over. */
  working<T>(activities: Partial<Activities>, act: () => Promise<T>): Promise<T>;
}

let connection: NativeConnection | undefined;

/** Once per process; what a test makes go wrong on purpose is not news. */
export function quietRuntime(): void {
  Runtime.install({
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
    logger: {
      log: () => undefined,
      trace: () => undefined,
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    },
  });
}

export async function connectRuns(): Promise<void> {
  quietRuntime();
  connection = await NativeConnection.connect({ address: testAddresses().temporalAddress });
}

export async function disconnectRuns(): Promise<void> {
  await connection?.close();
}

export function openRuns(): RunBench {
  if (connection === undefined) throw new Error('connectRuns() comes first');
  const native = connection;
  const client = new Client({ connection: native });
  const taskQueue = randomUUID();
  const own = `payment/${randomUUID()}`;
  const options = (workflowId: string) =>
    ({
      taskQueue,
      workflowId,
      args: [workflowId],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowTaskTimeout: '5s',
    }) as const;
  return {
    id: own,
    taskQueue,
    client,
    start: (id = own) =>
      client.workflow.start<typeof paymentWorkflow>('paymentWorkflow', options(id)),
    wake: async (id = own) => {
      await client.workflow.signalWithStart<typeof paymentWorkflow>('paymentWorkflow', {
        ...options(id),
        signal: nudge,
      });
    },
    working: async (activities, act) => {
      const worker = await Worker.create({
        connection: native,
        taskQueue,
        workflowBundle: { codePath: testAddresses().workflowBundle },
        activities: { ...unexpected, ...activities },
        stickyQueueScheduleToStartTimeout: '2s',
        shutdownGraceTime: '1s',
      });
      return worker.runUntil(act);
    },
  };
}

const names = [
  'authorize', 'paymentLoad', 'paymentScreen', 'attemptSubmit', 'attemptRecord', 'attemptResolve',
  'operationExecute', 'operationResolve', 'paymentApplyTimers',
] as const satisfies readonly (keyof Activities)[]; // prettier-ignore

/** What a test does not script must not be called: such a run stays where it is. */
const unexpected = Object.fromEntries(
  names.map((name) => [name, () => Promise.reject(new Error(`unexpected call of ${name}`))]),
) as unknown as Activities;
