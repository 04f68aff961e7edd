import type { Logger } from 'pino';

export interface Alarm {
  /** Something may have become due, or due earlier. */
  wake(): void;
  stop(): Promise<void>;
}

interface AlarmOptions {
  now(): number;
  /** Null: nothing is waiting. */
  nextDueAt(): number | null;
  run(): Promise<void> | void;
  readonly log: Logger;
}

/** What timers can hold; a later due time is looked at again then. */
const timerMaxMs = 2_147_483_647;
/** Before the next try when running itself failed. */
const afterErrorMs = 1_000;

/** Runs what is due when it is due; what is due lives in the store, so a restart loses nothing. */
export function createAlarm(options: AlarmOptions): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let isStopped = false;

  function setTimer(delayMs: number): void {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(fire, Math.min(delayMs, timerMaxMs)).unref();
  }

  function wake(): void {
    if (isStopped || running !== null) return;
    const dueAt = options.nextDueAt();
    if (dueAt === null) clearTimeout(timer);
    else setTimer(Math.max(0, dueAt - options.now()));
  }

  async function runOnce(): Promise<void> {
    try {
      await options.run();
      running = null;
      wake();
    } catch (error) {
      options.log.error({ err: error }, 'due work failed');
      running = null;
      setTimer(afterErrorMs);
    }
  }

  function fire(): void {
    if (isStopped || running !== null) return;
    running = runOnce();
  }

  return {
    wake,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
