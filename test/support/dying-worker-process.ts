/** The process that `dying-worker.ts` starts. Says when it works and when it is at its activity, which never ends. */
import { NativeConnection } from '@temporalio/worker';
import { createBackgroundWorker } from '../../workers/background-worker.ts';
import type { DyingWorkerOrder } from './dying-worker.ts';
import { quietRuntime } from './runs.ts';

const { temporalAddress, workflowBundle, taskQueue } = JSON.parse(
  process.argv[2] ?? '',
) as DyingWorkerOrder;

function never(): Promise<never> {
  process.stdout.write('at it\n');
  return new Promise(() => undefined);
}

quietRuntime();
const worker = await createBackgroundWorker({
  connection: await NativeConnection.connect({ address: temporalAddress }),
  ...{ namespace: 'default', workflowBundle, taskQueue },
  activities: {
    ...{ closePeriods: never, detect: never, fetchReports: never, importFiles: never },
    ...{ matchFiles: never, postFiles: never, settleFiles: never, matchStatements: never },
    ...{ makeAvailable: never, releaseReserves: never, runPayouts: never, resolvePayouts: never },
  },
});
const running = worker.run();
process.stdout.write('works\n');
await running;
