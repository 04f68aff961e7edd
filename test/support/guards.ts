/** Guards whose processes share a store in memory, as real ones share a table. Under jest's fake timers. */
import { jest } from '@jest/globals';
import type { ProviderContract } from '../../domain/provider.ts';
import {
  createGuard,
  type Guard,
  type Refusal,
  type Verdict,
} from '../../providers/protection/guard.ts';
import type { HealthStore, SharedHealth } from '../../providers/protection/store.ts';
import { aContract } from './payments.ts';

export interface World {
  readonly store: HealthStore;
  readonly shared: SharedHealth & { retryAt: number; probingUntil: number };
  away: boolean;
  process(contract?: Partial<ProviderContract>): Guard;
  /** What each process does four times a second. */
  read(...guards: readonly Guard[]): void;
}

export function aWorld(): World {
  const row = { isOpen: false, reason: '', openedAt: null, retryAt: 0, probingUntil: 0, alone: 0 };
  const here = async <T>(answer: () => T): Promise<T> => {
    if (world.away) throw new Error('the database is away');
    return answer();
  };
  const store: HealthStore = {
    open: (_, reason) =>
      here(() => void Object.assign(row, { isOpen: true, reason, retryAt: Date.now() + 5_000 })),
    claimProbe: (_, forMs) =>
      here(() => {
        if (!row.isOpen || Date.now() < row.retryAt || Date.now() < row.probingUntil) return false;
        row.probingUntil = Date.now() + forMs;
        return true;
      }),
    endProbe: (_, isWell, reason) =>
      here(() => void Object.assign(row, { isOpen: !isWell, reason, retryAt: Date.now() + 10_000, probingUntil: 0 })), // prettier-ignore
    leaveAlone: (_, forMs) => here(() => void (row.alone = Date.now() + forMs)),
  };
  const world: World = {
    store,
    away: false,
    get shared() {
      const [retryInMs, probingMs] = [row.retryAt - Date.now(), row.probingUntil - Date.now()];
      return { ...row, retryInMs, probingMs, leftAloneMs: row.alone - Date.now() };
    },
    process: (contract = {}) => createGuard(aContract(contract), store, () => undefined),
    read: (...guards) => {
      for (const guard of guards) guard.apply(world.shared, guards.length, performance.now());
    },
  };
  return world;
}

export const well: Verdict = { health: 'well', what: 'approved' };
export const sick: Verdict = { health: 'sick', what: 'unknown http_500' };
export const pause = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

/** What a call that takes so long and ends so is answered with: its verdict, or why it was refused. */
export function call(
  guard: Guard,
  verdict = well,
  ms = 0,
  lane: 'attempt' | 'operation' | 'look' = 'attempt',
): Promise<Verdict | Refusal> {
  return guard[lane]<Verdict | Refusal>({
    work: async () => {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      return verdict;
    },
    judge: (answer) => answer as Verdict,
    refused: (why) => why,
  });
}

export async function fail(guard: Guard, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) await call(guard, sick);
}
