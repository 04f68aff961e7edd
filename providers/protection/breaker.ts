/**
 * The breaker of one provider in one process. cockatiel counts and judges the calls made here; whether the
 * circuit is open, and whose turn it is to probe, is shared by all processes (docs/adr/0024). A shared state
 * that cannot be written or read leaves this process with what it knows itself.
 */
import { CircuitState, ConsecutiveBreaker, SamplingBreaker } from 'cockatiel';
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
  opening(): { readonly since: string; readonly reason: string; readonly retryInMs: number } | null;
}

interface Opening {
  readonly since: string;
  reason: string;
  retryAt: number;
  probingUntil: number;
}

export function createBreaker(
  provider: string,
  /** The longest a probe can take. */
  probeMs: number,
  store: HealthStore,
  onError: (error: unknown) => void,
): Breaker {
  let judges = createJudges();
  let open: Opening | null = null;
  /** Calls from before an opening or closing say nothing about the time after it. */
  let era = 0;
  let reserved = { paymentId: '', until: -Infinity };
  let writing = 0;
  let wroteAt = -Infinity;

  async function write(statement: Promise<void>): Promise<void> {
    writing += 1;
    await statement.catch(onError);
    writing -= 1;
    wroteAt = performance.now();
  }

  function turn(to: Opening | null): void {
    open = to;
    era += 1;
    judges = createJudges();
  }

  function count(isWell: boolean, what: string): void {
    if (!judges.opens(isWell)) return;
    const now = performance.now();
    const since = new Date().toISOString();
    turn({ since, reason: what, retryAt: now + settings.retryMs, probingUntil: -Infinity });
    void write(store.open(provider, what));
  }

  function endProbe(probed: Opening, isWell: boolean, what: string): void {
    if (open === probed && isWell) turn(null);
    else if (open === probed) {
      probed.reason = what;
      probed.retryAt = performance.now() + settings.retryMs;
      probed.probingUntil = -Infinity;
    }
    void write(store.endProbe(provider, isWell, what));
  }

  async function probe(opening: Opening): Promise<Settle | null> {
    const now = performance.now();
    if (now < opening.retryAt || now < opening.probingUntil) return null;
    opening.probingUntil = now + probeMs;
    // With the store away this process is the only one it knows of.
    const isMine = await store.claimProbe(provider, probeMs).catch((error: unknown) => {
      onError(error);
      return true;
    });
    reserved = { paymentId: '', until: -Infinity };
    if (isMine) return once((isWell, what) => endProbe(opening, isWell, what));
    opening.probingUntil = performance.now() + settings.othersProbeMs;
    return null;
  }

  return {
    state: () => {
      if (open === null) return 'closed';
      const now = performance.now();
      return now < open.retryAt || now < open.probingUntil ? 'open' : 'probe';
    },
    reserveProbe: (paymentId) => {
      const now = performance.now();
      if (reserved.until > now && reserved.paymentId !== paymentId) return false;
      reserved = { paymentId, until: now + settings.reservationMs };
      return true;
    },
    enter: async () => {
      if (open !== null) return probe(open);
      const entered = era;
      return once((isWell, what) => {
        if (entered === era) count(isWell, what);
      });
    },
    apply: (shared, readAt) => {
      if (writing > 0 || readAt < wroteAt) return;
      const now = performance.now();
      if (!shared.isOpen) {
        if (open !== null) turn(null);
        return;
      }
      const { reason, openedAt } = shared;
      const retryAt = now + shared.retryInMs;
      const probingUntil = now + shared.probingMs;
      if (open !== null) Object.assign(open, { reason, retryAt, probingUntil });
      else turn({ since: openedAt ?? new Date().toISOString(), reason, retryAt, probingUntil });
    },
    opening: () =>
      open === null
        ? null
        : {
            since: open.since,
            reason: open.reason,
            retryInMs: Math.max(0, Math.round(open.retryAt - performance.now())),
          },
  };
}

function once(settle: Settle): Settle {
  let done = false;
  return (isWell, what) => {
    if (done) return;
    done = true;
    settle(isWell, what);
  };
}

/** A share of many calls, or a row of few. */
function createJudges(): { opens(isWell: boolean): boolean } {
  const sampling = new SamplingBreaker({
    threshold: settings.failureShareMax,
    duration: settings.samplingMs,
    minimumRps: settings.samplingPerSecondMin,
  });
  const row = new ConsecutiveBreaker(settings.failuresInARow);
  return {
    opens: (isWell) => {
      if (isWell) {
        sampling.success(CircuitState.Closed);
        row.success();
        return false;
      }
      const share = sampling.failure(CircuitState.Closed);
      return row.failure() || share;
    },
  };
}
