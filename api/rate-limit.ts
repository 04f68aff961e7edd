/** So many requests per second and credential; counted in this process. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpError } from './http-errors.ts';
import type { Principal } from './ports.ts';

export interface RateLimit {
  /** Throws 429 when this principal has used up its share. */
  spend(principal: Principal): Promise<void>;
}

export function createRateLimit(requestsPerSecond: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: requestsPerSecond, duration: 1 });
  return {
    async spend({ actor, merchantId }) {
      try {
        await limiter.consume(`${actor.kind}:${actor.id}:${merchantId}`);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
        throw new HttpError('rate_limited', `Try again in ${seconds} s.`, {
          headers: { 'Retry-After': String(seconds) },
        });
      }
    },
  };
}
