import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is yes; false when the time is over. */
export async function waitUntil(
  check: () => boolean | Promise<boolean>,
  limits: { readonly timeoutMs: number; readonly everyMs?: number },
): Promise<boolean> {
  const deadline = performance.now() + limits.timeoutMs;
  while (!(await check())) {
    if (performance.now() >= deadline) return false;
    await sleep(limits.everyMs ?? 20);
  }
  return true;
}
