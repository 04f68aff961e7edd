/** Repeats `check` until it no longer throws; in the end what it threw last is the failure. */
export async function waitFor<T>(check: () => Promise<T> | T, deadlineMs = 15_000): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
