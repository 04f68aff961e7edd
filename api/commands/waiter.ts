/** Waits for a payment to change: a hint from a worker in this process, else a short poll. */
const pollMsMin = 40;
const pollMsMax = 400;

export interface Waiter {
  /** Told by the payment worker of this process after each commit. */
  readonly notify: (paymentId: string) => void;
  /**
   * Asks `check` now, at each hint and at growing intervals, until it answers something or `waitMs` are
   * over (undefined). A check that throws (PostgreSQL restarting) is asked again.
   */
  readonly until: <T>(
    paymentId: string,
    waitMs: number,
    check: () => Promise<T | undefined>,
  ) => Promise<T | undefined>;
}

export function createWaiter(): Waiter {
  const waiting = new Map<string, Set<() => void>>();

  function hint(paymentId: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const set = waiting.get(paymentId) ?? new Set();
      waiting.set(paymentId, set);
      const done = (): void => {
        clearTimeout(timer);
        set.delete(done);
        if (set.size === 0 && waiting.get(paymentId) === set) waiting.delete(paymentId);
        resolve();
      };
      const timer = setTimeout(done, ms);
      set.add(done);
    });
  }

  return {
    notify: (paymentId) => {
      for (const done of [...(waiting.get(paymentId) ?? [])]) done();
    },
    until: async (paymentId, waitMs, check) => {
      const endAt = performance.now() + waitMs;
      for (let pollMs = pollMsMin; ; pollMs = Math.min(pollMs * 1.5, pollMsMax)) {
        // Listening before asking: a commit between the two is not missed.
        const left = endAt - performance.now();
        const next = hint(paymentId, Math.max(0, Math.min(pollMs, left)));
        const answer = await check().catch(() => undefined);
        if (answer !== undefined || left <= 0) return answer;
        await next;
      }
    },
  };
}
