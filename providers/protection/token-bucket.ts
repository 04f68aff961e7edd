/** A rate without a queue: there is a token now, or there is not. */
import { burstShare } from './settings.ts';

export interface TokenBucket {
  /** Of a second; takes effect at once. */
  setRate(perSecond: number): void;
  hasOne(): boolean;
  take(): boolean;
}

export function createTokenBucket(perSecond: number): TokenBucket {
  let rate = perSecond;
  let tokens = capacity();
  let filledAt = performance.now();

  /** At least one, or a slow rate would never let anything through. */
  function capacity(): number {
    return Math.max(1, rate * burstShare);
  }

  function fill(): number {
    const now = performance.now();
    const gained = ((now - filledAt) / 1_000) * rate * (1 - burstShare);
    filledAt = now;
    tokens = Math.min(capacity(), tokens + gained);
    return tokens;
  }

  return {
    setRate: (changed) => {
      fill();
      rate = changed;
      tokens = Math.min(tokens, capacity());
    },
    hasOne: () => fill() >= 1,
    take: () => {
      if (fill() < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
