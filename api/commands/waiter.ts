/** Waits for a payment to change: the news of a worker in this process, else a short poll. */
import type { CommitNews } from '../../activities/deps.ts';

const pollMsMin = 40;
const pollMsMax = 400;

export interface Awaited<T> {
  /** Asks the database. */
  readonly check: () => Promise<T | undefined>;
  /** What a commit says by itself, without asking; undefined when it must be asked. */
  readonly hear?: (news: CommitNews) => T | undefined;
  /** Nothing can have happened yet: listens before it asks. */
  readonly fresh?: boolean;
}

export interface Waiter {
  /** Told by the payment worker of this process after each commit. */
  readonly notify: (paymentId: string, news: CommitNews) => void;
  /**
   * Asks now, at news that do not say it themselves and at growing intervals, until there is an answer or
   * `waitMs` are over (undefined). A check that throws (PostgreSQL restarting) is asked again.
   */
  readonly until: <T>(
    paymentId: string,
    waitMs: number,
    awaited: Awaited<T>,
  ) => Promise<T | undefined>;
}

type Listener = (news?: CommitNews) => void;

export function createWaiter(): Waiter {
  const waiting = new Map<string, Set<Listener>>();

  function hint(paymentId: string, ms: number): Promise<CommitNews | undefined> {
    return new Promise((resolve) => {
      const set = waiting.get(paymentId) ?? new Set();
      waiting.set(paymentId, set);
      const done: Listener = (news) => {
        clearTimeout(timer);
        set.delete(done);
        if (set.size === 0 && waiting.get(paymentId) === set) waiting.delete(paymentId);
        resolve(news);
      };
      const timer = setTimeout(done, ms);
      set.add(done);
    });
  }

  return {
    notify: (paymentId, news) => {
      for (const done of [...(waiting.get(paymentId) ?? [])]) done(news);
    },
    until: async (paymentId, waitMs, { check, hear, fresh = false }) => {
      const endAt = performance.now() + waitMs;
      for (let pollMs = pollMsMin, asks = !fresh; ; pollMs = Math.min(pollMs * 2, pollMsMax)) {
        // Listening before asking: a commit between the two is not missed.
        const left = endAt - performance.now();
        const next = hint(paymentId, Math.max(0, Math.min(pollMs, left)));
        const answer = asks || left <= 0 ? await check().catch(() => undefined) : undefined;
        if (answer !== undefined || left <= 0) return answer;
        const news = await next;
        const heard = news === undefined ? undefined : hear?.(news);
        if (heard !== undefined) return heard;
        asks = true;
      }
    },
  };
}
