/** Counts how often a part got another process: more often than it was killed means it also died by itself. */
import type { PartName } from '../../runtime/local/endpoints.ts';
import type { Stack } from '../../runtime/local/stack.ts';

export type Deaths = Readonly<Partial<Record<PartName, number>>>;

export interface DeathWatch {
  /** Ends the watch. */
  readonly stop: () => Deaths;
}

const everyMs = 25;

export function watchDeaths(stack: Stack): DeathWatch {
  let last = stack.endpoints.processes;
  const deaths: Partial<Record<PartName, number>> = {};
  const look = (): void => {
    const { processes } = stack.endpoints;
    for (const [part, pid] of Object.entries(processes) as [PartName, number][]) {
      if (last[part] !== pid) deaths[part] = (deaths[part] ?? 0) + 1;
    }
    last = processes;
  };
  const timer = setInterval(look, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return deaths;
    },
  };
}
