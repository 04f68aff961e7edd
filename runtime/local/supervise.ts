/** Keeps one part running: whatever ends it, it is started again on the same port. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { startProcess, waitUntilReady } from '../servers/process.ts';
import type { ProcessSpec, RunningProcess } from '../servers/process.ts';

export interface SupervisedPart {
  /** Ends it for good. */
  readonly stop: () => Promise<void>;
}

export interface SuperviseHooks {
  /** At every start, as soon as the process exists. */
  readonly onStarted: (running: RunningProcess) => void;
  readonly onDied: (reason: string) => void;
}

/** A life shorter than this looks like a part that cannot start. */
const shortLifeMs = 1000;
const immediateRestarts = 2;
const firstPauseMs = 250;
/** Even then: back within two seconds of what kept it down being over. */
const longestPauseMs = 1000;

/** The part is known (`onStarted`) before this resolves, which it does when it is ready. */
export async function supervise(spec: ProcessSpec, hooks: SuperviseHooks): Promise<SupervisedPart> {
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  const start = async (): Promise<RunningProcess> => {
    const started = await startProcess(spec);
    hooks.onStarted(started);
    return started;
  };
  let running = await start();
  try {
    await waitUntilReady(spec, running);
  } catch (error) {
    await running.stop();
    throw error;
  }
  const supervision = keepRunning();

  async function keepRunning(): Promise<void> {
    let shortLives = 0;
    while (!isStopping()) {
      const since = performance.now();
      const reason = await running.ended;
      if (isStopping()) return;
      hooks.onDied(reason);
      shortLives = performance.now() - since < shortLifeMs ? shortLives + 1 : 0;
      await sleep(pauseMs(shortLives), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
      if (isStopping()) return;
      running = await start().catch((error: unknown) => deadOnArrival(running, error));
    }
  }

  return {
    stop: async () => {
      stopping.abort();
      await running.stop();
      await supervision;
      // One that was just being started when the stop came.
      await running.stop();
    },
  };
}

function pauseMs(shortLives: number): number {
  if (shortLives <= immediateRestarts) return 0;
  return Math.min(firstPauseMs * 2 ** (shortLives - immediateRestarts - 1), longestPauseMs);
}

/** A start that failed counts as a life that ended at once. */
function deadOnArrival(last: RunningProcess, error: unknown): RunningProcess {
  return { ...last, ended: Promise.resolve(messageOf(error)), hasEnded: () => true };
}
