/** A payment worker in a process of its own, which SIGKILL ends: what a crash leaves in a history. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Activities } from '../../activities/index.ts';
import { testAddresses } from '../../test/support/addresses.ts';
import type { Bench } from '../../test/support/bench.ts';

export type Death =
  /** As soon as it is called. */
  | { readonly in: keyof Activities }
  /** The provider has done it, and nobody will ever read its answer. */
  | { readonly after: 'authorize' | 'capture' | 'refund' }
  /** When `act` has come to its end. */
  | 'afterwards';

export interface KilledWorkerOrder {
  readonly death: Death;
  readonly databaseUrl: string;
  readonly sandboxUrl: string;
  readonly temporalAddress: string;
  readonly workflowBundle: string;
}

const program = fileURLToPath(new URL('killed-worker-process.ts', import.meta.url));

export async function killedWorker(
  bench: Bench,
  death: Death,
  act: () => Promise<unknown>,
): Promise<void> {
  const { temporalAddress, workflowBundle } = testAddresses();
  const order: KilledWorkerOrder = {
    death,
    databaseUrl: bench.workerUrl,
    sandboxUrl: bench.sandbox.url,
    ...{ temporalAddress, workflowBundle },
  };
  const worker = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = once(worker, 'exit');
  try {
    await Promise.race([once(worker.stdout, 'data'), over.then(failed)]);
    await act();
    if (death !== 'afterwards') await over;
  } finally {
    worker.kill('SIGKILL');
    await over;
  }
}

function failed(): never {
  throw new Error('the worker that was to be killed did not start');
}
