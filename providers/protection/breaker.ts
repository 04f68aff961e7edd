/**
 * The breaker of one provider in one process. cockatiel counts and judges the calls made here; whether the
 * circuit is open, and whose turn it is to probe, is shared by all processes (docs/adr/0040). A shared state
 * that cannot be written or read leaves this process with what it knows itself.
 */
import { createJudges, type Judges } from './judges.ts';
import * as settings from './settings.ts';
import type { HealthStore, SharedHealth } from './store.ts';

/** Says once how the call went; more is not heard. */
export type Settle = (isWell: boolean, what: string) => void;

export interface Breaker {
  /** `probe`: open, and one call may find out whether the trouble is over. */
  state(): 'closed' | 'open' | 'probe';
  /** True for one payment at a time. */
  reserveProbe(paymentId: string): boolean;
  /** Null: it is open. */
  enter(): Promise<Settle | null>;
  /** `readAt`: when the reading began; one that began before our own last write is older than that. */
  apply(shared: SharedHealth, readAt: number): void;
  opening(): OpeningView | null;
}

export interface OpeningView {
  /** By the database's clock; null: not read yet. */
  readonly since: string | null;
  readonly reason: string;
  readonly retryInMs: number;
}

interface Opening {
  since: string | null;
  reason: string;
  retryAt: number;
  probingUntil: number;
}

export interface BreakerOptions {
  readonly provider: string;
  /** The longest a probe can take. */
  readonly probeMs: number;
  readonly store: HealthStore;
  readonly onError: (error: unknown) => void;
}

interface State {
  judges: Judges;
  open: Opening | null;
  /** Calls from before an opening or closing say nothing about the time after it. */
  era: number;
  reserved: { readonly paymentId: string; readonly until: number };
  writing: number;
  wroteAt: number;
}

const nobody = { paymentId: '', until: -Infinity };

export function createBreaker(options: BreakerOptions): Breaker {
  const state: State = {
    ...{ judges: createJudges(), open: null, era: 0 },
    ...{ reserved: nobody, writing: 0, wroteAt: -Infinity },
  };
  return {
    state: () => (state.open === null ? 'closed' : isOthersTurn(state.open) ? 'open' : 'probe'),
    reserveProbe: (paymentId) => {
      const now = performance.now();
      const { reserved } = state;
      if (reserved.until > now && reserved.paymentId !== paymentId) return false;
      state.reserved = { paymentId, until: now + settings.reservationMs };
      return true;
    },
    enter: async () => {
      if (state.open !== null) return probe(options, state, state.open);
      const entered = state.era;
      return once((isWell, what) => {
        if (entered === state.era) count(options, state, isWell, what);
      });
    },
    apply: (shared, readAt) => apply(state, shared, readAt),
    opening: () => {
      if (state.open === null) return null;
      const { since, reason, retryAt } = state.open;
      return { since, reason, retryInMs: Math.max(0, Math.round(retryAt - performance.now())) };
    },
  };
}

function isOthersTurn(open: Opening): boolean {
  const now = performance.now();
  return now < open.retryAt || now < open.probingUntil;
}

function turn(state: State, to: Opening | null): void {
  state.open = to;
  state.era += 1;
  state.judges = createJudges();
}

async function write(
  { onError }: BreakerOptions,
  state: State,
  done: Promise<void>,
): Promise<void> {
  state.writing += 1;
  await done.catch(onError);
  state.writing -= 1;
  state.wroteAt = performance.now();
}

function count(options: BreakerOptions, state: State, isWell: boolean, what: string): void {
  if (!state.judges.opens(isWell)) return;
  const retryAt = performance.now() + settings.retryMs;
  turn(state, { since: null, reason: what, retryAt, probingUntil: -Infinity });
  void write(options, state, options.store.open(options.provider, what));
}

async function probe(
  options: BreakerOptions,
  state: State,
  opening: Opening,
): Promise<Settle | null> {
  const { provider, probeMs, store, onError } = options;
  if (isOthersTurn(opening)) return null;
  opening.probingUntil = performance.now() + probeMs;
  // With the store away this process is the only one it knows of.
  const isMine = await store.claimProbe(provider, probeMs).catch((error: unknown) => {
    onError(error);
    return true;
  });
  state.reserved = nobody;
  if (isMine) return once((isWell, what) => endProbe(options, state, opening, isWell, what));
  opening.probingUntil = performance.now() + settings.othersProbeMs;
  return null;
}

function endProbe(
  options: BreakerOptions,
  state: State,
  probed: Opening,
  isWell: boolean,
  what: string,
): void {
  if (state.open === probed && isWell) turn(state, null);
  else if (state.open === probed) {
    const retryAt = performance.now() + settings.retryMs;
    Object.assign(probed, { reason: what, retryAt, probingUntil: -Infinity });
  }
  void write(options, state, options.store.endProbe(options.provider, isWell, what));
}

function apply(state: State, shared: SharedHealth, readAt: number): void {
  if (state.writing > 0 || readAt < state.wroteAt) return;
  if (!shared.isOpen) {
    if (state.open !== null) turn(state, null);
    return;
  }
  const now = performance.now();
  const read = {
    ...{ since: shared.openedAt, reason: shared.reason },
    ...{ retryAt: now + shared.retryInMs, probingUntil: now + shared.probingMs },
  };
  if (state.open === null) turn(state, read);
  else Object.assign(state.open, read);
}

function once(settle: Settle): Settle {
  let done = false;
  return (isWell, what) => {
    if (done) return;
    done = true;
    settle(isWell, what);
  };
}
