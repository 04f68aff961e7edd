/** A background worker in a process of its own, killed while it is at an activity. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testAddresses } from './addresses.ts';

const program = fileURLToPath(new URL('dying-worker-process.ts', import.meta.url));

export interface DyingWorkerOrder {
  readonly temporalAddress: string;
  readonly workflowBundle: string;
  readonly taskQueue: string;
}

export async function startDyingWorker(
  taskQueue: string,
): Promise<{ readonly killInTheMiddle: () => Promise<void> }> {
  const { temporalAddress, workflowBundle } = testAddresses();
  const order: DyingWorkerOrder = { temporalAddress, workflowBundle, taskQueue };
  const worker = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = once(worker, 'exit');
  await once(worker.stdout, 'data', { signal: AbortSignal.timeout(30_000) });
  return {
    killInTheMiddle: async () => {
      await once(worker.stdout, 'data', { signal: AbortSignal.timeout(30_000) }).finally(() => {
        worker.kill('SIGKILL');
      });
      await over;
    },
  };
}
