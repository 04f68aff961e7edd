/**
 * Where histories are made: the real activities on a real PostgreSQL and the sandbox over HTTP, a real
 * Temporal server, and the worker and starts of production. One payment at a time.
 */
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import { createRuns } from '../../runtime/runs.ts';
import { openBench, type Bench } from '../../test/support/bench.ts';
import { waitFor } from '../../test/support/wait.ts';
import { createPaymentWorker } from '../../workers/payment-worker.ts';
import { paymentWorkflowId } from '../../workflows/ids.ts';
import { testAddresses } from '../../test/support/addresses.ts';
import { killedWorker, type Death } from './killed-worker.ts';
import { createRequests, type Requests } from './requests.ts';

export const namespace = 'default';

export interface Place extends Requests {
  readonly bench: Bench;
  /** Activities that behave otherwise, until the next scenario. */
  readonly use: (changes: Partial<Activities>) => void;
  readonly start: (paymentId: string) => Promise<void>;
  readonly wake: (paymentId: string) => Promise<void>;
  /** Its latest run is over. */
  readonly ended: (paymentId: string) => Promise<void>;
  /** Accepts a payment and runs it until that run is over. */
  readonly pay: (token: string, changes?: Parameters<Bench['accept']>[1]) => Promise<string>;
  /** Its run stays for something due. */
  readonly waiting: (paymentId: string) => Promise<void>;
  /** What a waiting run is waiting for has come: the clocks move, and it looks. */
  readonly hurry: (paymentId: string, seconds: number) => Promise<void>;
  /** Hurries until its run is over. */
  readonly hurryToTheEnd: (paymentId: string, seconds: number) => Promise<void>;
  /** `act` meets no worker but one in a process of its own, which dies; then this one goes on. */
  readonly withKilledWorker: (death: Death, act: () => Promise<unknown>) => Promise<void>;
  /** Before the next scenario. */
  readonly reset: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openPlace(connection: NativeConnection): Promise<Place> {
  const bench = await openBench();
  const client = new Client({ connection, namespace });
  const runs = createRuns(connection, namespace);
  let current = bench.activities;
  const worker = await openWorker(connection, () => current);
  const handle = (id: string) => client.workflow.getHandle(paymentWorkflowId(id));
  const isOver = async (id: string): Promise<boolean> =>
    (await handle(id).describe()).status.name !== 'RUNNING';
  const waiting = (id: string): Promise<void> =>
    waitFor(async () => {
      const { events } = await handle(id).fetchHistory();
      if (events?.at(-1)?.timerStartedEventAttributes == null) throw new Error('is not waiting');
    }, 30_000);
  const hurry = async (id: string, seconds: number): Promise<void> => {
    await waiting(id);
    await bench.advance(seconds);
    await runs.wake(id);
  };
  const ended = async (id: string): Promise<void> => {
    await handle(id).result();
  };
  return {
    ...createRequests(bench),
    bench,
    use: (changes) => {
      current = { ...current, ...changes };
    },
    start: (id) => runs.start(id),
    wake: (id) => runs.wake(id),
    ended,
    pay: async (token, changes) => {
      const id = await bench.accept(token, changes);
      await runs.start(id);
      await ended(id);
      return id;
    },
    waiting,
    hurry,
    hurryToTheEnd: async (id, seconds) => {
      while (!(await isOver(id))) {
        await Promise.race([waiting(id), ended(id)]);
        if (await isOver(id)) return;
        await bench.advance(seconds);
        await runs.wake(id);
      }
    },
    withKilledWorker: async (death, act) => {
      await worker.stop();
      await killedWorker(bench, death, act);
      await worker.start();
    },
    reset: async () => {
      current = bench.activities;
      await bench.sandbox.setFaults([]);
    },
    close: async () => {
      await worker.stop();
      await bench.close();
    },
  };
}

async function openWorker(
  connection: NativeConnection,
  current: () => Activities,
): Promise<{ start(): Promise<void>; stop(): Promise<void> }> {
  const activities = new Proxy({} as Activities, {
    ownKeys: () => Reflect.ownKeys(current()),
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (_, name: keyof Activities) => (input: never) => current()[name](input),
  });
  let running: { readonly shutdown: () => void; readonly over: Promise<void> };
  const start = async (): Promise<void> => {
    const { workflowBundle } = testAddresses();
    const worker = await createPaymentWorker({ connection, namespace, activities, workflowBundle });
    running = { shutdown: () => worker.shutdown(), over: worker.run() };
  };
  await start();
  return {
    start,
    stop: async () => {
      running.shutdown();
      await running.over;
    },
  };
}
