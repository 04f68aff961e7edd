/**
 * What stands before one provider: a breaker, places, a rate, and the time it asked to be left alone for.
 * Nothing waits here. A call that is not let through was certainly not sent; waiting in a queue for one slow
 * provider is how it slows the others.
 */
import { bulkhead, type BulkheadPolicy } from 'cockatiel';
import type { ProviderContract } from '../../domain/provider.ts';
import type { ProviderHealth } from '../../domain/routing.ts';
import { createBreaker, type OpeningView, type Settle } from './breaker.ts';
import * as settings from './settings.ts';
import type { HealthStore, SharedHealth } from './store.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** What a call's answer says about the provider; `silent`: nothing. */
export interface Verdict {
  readonly health: 'well' | 'sick' | 'silent';
  readonly what: string;
  /** It asked to be left alone for so long. */
  readonly retryAfterMs?: number | undefined;
}

export type Refusal = Exclude<ProviderHealth, 'available' | 'probe'>;

export interface GuardedCall<T> {
  readonly work: () => Promise<T>;
  readonly judge: (answer: T) => Verdict;
  /** What is answered instead, when the call is not let through. */
  readonly refused: (why: Refusal) => T;
}

/** For whoever watches. */
export interface GuardView {
  readonly health: ProviderHealth;
  readonly opening: OpeningView | null;
  readonly leftAloneMs: number;
}

export interface Guard {
  readonly contract: ProviderContract;
  health(): ProviderHealth;
  reserveProbe(paymentId: string): boolean;
  /** Whether an operation, or a look, would be let through now. For whoever can wait. */
  hasPlace(of: 'operation' | 'look'): boolean;
  /** What another provider can take instead. */
  attempt<T>(call: GuardedCall<T>): Promise<T>;
  /**
   * Captures, voids, refunds: nobody else can do them, and a customer waits for each. They take places and
   * rate like an attempt and are counted like one, but an open breaker does not hold them back.
   */
  operation<T>(call: GuardedCall<T>): Promise<T>;
  /**
   * Lookups and voids by reference: they end the unknowns that the trouble made, so no breaker holds them
   * back; they have a small part of places and rate for themselves.
   */
  look<T>(call: GuardedCall<T>): Promise<T>;
  /** What all processes share, read at `readAt`, and how many of them there are. */
  apply(shared: SharedHealth, callers: number, readAt: number): void;
  view(): GuardView;
}

interface Lane {
  readonly places: BulkheadPolicy;
  readonly rate: TokenBucket;
  readonly perSecond: number;
}

/** Throws nothing: `onError` hears of what could not be shared. */
export function createGuard(
  contract: ProviderContract,
  store: HealthStore,
  onError: (error: unknown) => void,
): Guard {
  const { name, deadlineMs } = contract;
  const breaker = createBreaker({ provider: name, probeMs: deadlineMs + 1_000, store, onError });
  const [looking, moving] = lanes(contract);
  const leave = createLeave(name, store, onError);

  function full(lane: Lane): Refusal | null {
    if (leave.leftMs() > 0) return 'rate_limited';
    if (lane.places.executionSlots === 0) return 'at_capacity';
    return lane.rate.hasOne() ? null : 'rate_limited';
  }

  async function settled<T>(call: GuardedCall<T>, settle: Settle): Promise<T> {
    const slow = setTimeout(() => settle(false, 'slow'), settings.slowAfterMs);
    slow.unref();
    try {
      const { answer, said } = await run(moving, leave, call);
      // A probe that learnt nothing has not shown that the trouble is over.
      if (said.health !== 'silent' || breaker.state() !== 'closed') {
        settle(said.health === 'well', said.what);
      }
      return answer;
    } finally {
      clearTimeout(slow);
    }
  }

  function health(): ProviderHealth {
    const why = full(moving);
    if (why !== null) return why;
    const state = breaker.state();
    if (state === 'closed') return 'available';
    return state === 'open' ? 'breaker_open' : 'probe';
  }

  return {
    contract,
    health,
    reserveProbe: (paymentId) => breaker.reserveProbe(paymentId),
    hasPlace: (of) => full(of === 'look' ? looking : moving) === null,
    attempt: async (call) => {
      const before = full(moving);
      if (before !== null) return call.refused(before);
      const settle = await breaker.enter();
      if (settle === null) return call.refused('breaker_open');
      // Somebody may have taken the last place while a probe was claimed; the claim ends by itself.
      const after = full(moving);
      return after === null ? settled(call, settle) : call.refused(after);
    },
    operation: async (call) => {
      const why = full(moving);
      if (why !== null) return call.refused(why);
      const settle = breaker.state() === 'closed' ? await breaker.enter() : null;
      return settled(call, settle ?? (() => undefined));
    },
    look: async (call) => {
      const why = full(looking);
      return why === null ? (await run(looking, leave, call)).answer : call.refused(why);
    },
    apply: (shared, callers, readAt) => {
      breaker.apply(shared, readAt);
      leave.extend(shared.leftAloneMs);
      for (const { rate, perSecond } of [looking, moving]) {
        rate.setRate(perSecond / Math.max(1, callers));
      }
    },
    view: () => ({ health: health(), opening: breaker.opening(), leftAloneMs: leave.leftMs() }),
  };
}

async function run<T>(
  lane: Lane,
  leave: Leave,
  call: GuardedCall<T>,
): Promise<{ answer: T; said: Verdict }> {
  lane.rate.take();
  const answer = await lane.places.execute(call.work);
  const said = call.judge(answer);
  leave.askFor(said.retryAfterMs);
  return { answer, said };
}

/** How long the provider has asked to be left alone, of us or of another process. */
interface Leave {
  leftMs(): number;
  /** As the provider says; the other processes are told. */
  askFor(ms: number | undefined): void;
  extend(ms: number): void;
}

function createLeave(
  provider: string,
  store: HealthStore,
  onError: (error: unknown) => void,
): Leave {
  let until = -Infinity;
  const extend = (ms: number): void => {
    until = Math.max(until, performance.now() + ms);
  };
  return {
    leftMs: () => Math.max(0, Math.round(until - performance.now())),
    askFor: (askedMs) => {
      if (askedMs === undefined || askedMs <= 0) return;
      const forMs = Math.min(askedMs, settings.leftAloneMsMax);
      extend(forMs);
      store.leaveAlone(provider, Math.round(forMs)).catch(onError);
    },
    extend,
  };
}

/** Together they are never more than the contract allows, but that each has at least one place. */
function lanes({ concurrentMax, perSecondMax }: ProviderContract): readonly [Lane, Lane] {
  const forLooking = Math.max(1, Math.floor(concurrentMax * settings.lookupShare));
  const lane = (places: number, perSecond: number): Lane => ({
    places: bulkhead(Math.max(1, places)),
    rate: createTokenBucket(perSecond),
    perSecond,
  });
  return [
    lane(forLooking, perSecondMax * settings.lookupShare),
    lane(concurrentMax - forLooking, perSecondMax * (1 - settings.lookupShare)),
  ];
}
