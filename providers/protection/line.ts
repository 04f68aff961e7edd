/** For work that nobody waits for: it stands in line where a payment would go to the next provider. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guard } from './guard.ts';

const lookEveryMs = 20;
/** Then it is tried all the same, and is told why not. */
const waitMsMax = 30_000;

export function createLine(
  guards: ReadonlyMap<string, Guard>,
  signal: AbortSignal,
): (provider: string, of: 'operation' | 'look') => Promise<void> {
  return async (provider, of) => {
    const until = performance.now() + waitMsMax;
    while (guards.get(provider)?.hasPlace(of) === false && performance.now() < until) {
      await sleep(lookEveryMs, undefined, { signal });
    }
  };
}
