/**
 * Rules and appetites at hand, so that judging a payment asks for them once a second and merchant and not each
 * time. So long a change may go unseen; longer only while PostgreSQL does not answer, when the last known stand.
 */
import type { Policy } from '../../domain/risk/assessment.ts';

const freshMs = 1_000;
/** Older, a policy is waited for instead of used while it is read again. */
const staleMsMax = 30_000;
const keptMax = 10_000;

interface Kept {
  readAt: number;
  policy: Policy;
  reading: Promise<Policy> | null;
}

export interface Policies {
  of(merchantId: string): Promise<Policy>;
  /** Whatever was read last; undefined: nothing was. */
  lastKnown(merchantId: string): Policy | undefined;
}

export function createPolicies(read: (merchantId: string) => Promise<Policy>): Policies {
  const kept = new Map<string, Kept>();
  const first = new Map<string, Promise<Policy>>();

  async function readOnce(merchantId: string): Promise<Policy> {
    const readAt = performance.now();
    const policy = await read(merchantId);
    if (kept.size >= keptMax) kept.delete(kept.keys().next().value ?? '');
    kept.set(merchantId, { readAt, policy, reading: null });
    return policy;
  }

  function readFirst(merchantId: string): Promise<Policy> {
    const under = first.get(merchantId);
    if (under !== undefined) return under;
    const reading = readOnce(merchantId).finally(() => first.delete(merchantId));
    first.set(merchantId, reading);
    return reading;
  }

  return {
    of: (merchantId) => {
      const known = kept.get(merchantId);
      if (known === undefined) return readFirst(merchantId);
      const age = performance.now() - known.readAt;
      if (age < freshMs) return Promise.resolve(known.policy);
      known.reading ??= readOnce(merchantId).finally(() => (known.reading = null));
      if (age >= staleMsMax) return known.reading;
      // Whoever comes when it is stale goes by what is known; the failure is met by whoever has to wait.
      known.reading.catch(() => undefined);
      return Promise.resolve(known.policy);
    },
    lastKnown: (merchantId) => kept.get(merchantId)?.policy,
  };
}
