import type { Store } from './store/store.ts';

/** The sandbox's own time: real time plus an offset that POST /clock moves and a restart keeps. */
export interface Clock {
  now(): number;
  offsetSeconds(): number;
  advance(seconds: number): void;
}

const stateName = 'clock_offset_seconds';

export function createClock(store: Store): Clock {
  let offset = Number(store.state.find(stateName) ?? '0');
  return {
    now: () => Date.now() + offset * 1_000,
    offsetSeconds: () => offset,
    advance(seconds) {
      store.state.put(stateName, String(offset + seconds));
      offset += seconds;
    },
  };
}
