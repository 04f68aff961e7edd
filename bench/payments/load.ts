/** A closed loop: each caller sends its next payment when the last one is answered. */
import type { System } from './systems.ts';

export interface Load {
  readonly latenciesMs: readonly number[];
  readonly errors: readonly string[];
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly workflowIds: readonly string[];
}

export async function runLoad(system: System, callers: number, seconds: number): Promise<Load> {
  const latenciesMs: number[] = [];
  const errors: string[] = [];
  const workflowIds: string[] = [];
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  const caller = async (): Promise<void> => {
    while (performance.now() < endAt) {
      const askedAt = performance.now();
      try {
        workflowIds.push(await system.pay());
        latenciesMs.push(performance.now() - askedAt);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const took = (performance.now() - startedAt) / 1000;
  return { latenciesMs, errors, seconds: took, workflowIds };
}
