/** Writers who commit one after the other, each on a connection of the pool, until the time is over. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Load {
  readonly commits: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
  readonly errors: readonly string[];
}

export async function runLoad(
  commit: (writer: number) => Promise<void>,
  {
    writers,
    seconds,
    pauseMs = 0,
  }: { readonly writers: number; readonly seconds: number; readonly pauseMs?: number },
): Promise<Load> {
  const latenciesMs: number[] = [];
  const errors: string[] = [];
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  const write = async (writer: number): Promise<void> => {
    while (performance.now() < until) {
      const before = performance.now();
      try {
        await commit(writer);
        latenciesMs.push(performance.now() - before);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
      if (pauseMs > 0) await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  const taken = (performance.now() - startedAt) / 1000;
  return { commits: latenciesMs.length, seconds: taken, latenciesMs, errors };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
