import { Worker, type NativeConnection } from '@temporalio/worker';
import type { BackgroundActivities } from '../activities/background.ts';
import { backgroundTaskQueue } from '../workflows/ids.ts';
import { heartbeats } from './heartbeats.ts';

export interface BackgroundWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly activities: BackgroundActivities;
  /** Path of the bundle made by `bundleWorkflows`. */
  readonly workflowBundle: string;
  readonly taskQueue?: string;
}

/** Runs what schedules start: few, long, and none of it in anybody's way. */
export async function createBackgroundWorker(options: BackgroundWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue ?? backgroundTaskQueue,
    workflowBundle: { codePath: options.workflowBundle },
    activities: options.activities,
    maxConcurrentActivityTaskExecutions: 4,
    maxCachedWorkflows: 20,
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '5s',
    interceptors: { activity: [heartbeats] },
  });
}
