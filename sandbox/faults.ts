import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Store } from './store/store.ts';

const callFaults = [
  'lost_reply',
  'refused',
  'error_500',
  'rate_limited',
  'slow',
  'garbage',
  'wrong_amount',
  'late_success',
  'late_failure',
  /** A lookup at a replica that lags behind: it knows of nothing. */
  'not_found',
] as const;
const webhookFaults = [
  'webhook_duplicate',
  'webhook_reordered',
  'webhook_early',
  'webhook_late',
] as const;

const moneyOperations = ['authorize', 'capture', 'void', 'refund', 'increment', 'payout'] as const;
const operations = [...moneyOperations, 'lookup', 'void_by_reference'] as const;

/** What happens to one call. */
export type CallFault = (typeof callFaults)[number];
/** What happens to the event that tells of it. */
export type WebhookFault = (typeof webhookFaults)[number];
export type FaultedOperation = (typeof operations)[number];

export const faultPlanSchema = z.strictObject({
  seed: z.union([z.number(), z.string().max(200)]).default(0),
  plan: z
    .array(
      z
        .strictObject({
          provider: z.string().optional(),
          operation: z.enum(operations).optional(),
          fault: z.enum([...callFaults, ...webhookFaults]),
          rate: z.number().min(0).max(1),
          /** Of `slow`; default 4 s. */
          delay_ms: z.int().min(1).max(60_000).optional(),
        })
        .refine(({ fault, operation }) => fault !== 'not_found' || operation === 'lookup', {
          message: 'not_found is a fault of lookups',
          path: ['fault'],
        }),
    )
    .max(1_000),
});

export type FaultPlan = z.infer<typeof faultPlanSchema>;
type Scope = Pick<FaultPlan['plan'][number], 'provider' | 'operation'>;

export interface Faults {
  /** What this call has to suffer: the first entry of the plan that fires. */
  drawCall(provider: string, operation: FaultedOperation): CallFault | null;
  drawWebhook(provider: string, operation: FaultedOperation): WebhookFault | null;
  /** How long a slow call at this provider takes. */
  slowMs(provider: string): number;
  replace(plan: FaultPlan): void;
  report(): FaultPlan & { readonly fired: Readonly<Record<string, number>> };
}

/** Without an operation an entry means what moves money: were lookups to fail too, nothing could be resolved. */
function matches(scope: Scope, provider: string, operation: FaultedOperation): boolean {
  if (scope.provider !== undefined && scope.provider !== provider) return false;
  if (scope.operation !== undefined) return scope.operation === operation;
  return moneyOperations.some((known) => known === operation);
}

/**
 * Uniform in [0, 1), from the coordinates of a call alone: the n-th call of one operation at one
 * provider meets the same faults under the same seed, however calls elsewhere interleave.
 */
export function drawnNumber(coordinates: readonly (string | number)[]): number {
  const bits = hash('sha256', JSON.stringify(coordinates)).slice(0, 12);
  return Number.parseInt(bits, 16) / 2 ** 48;
}

function isCallFault(fault: CallFault | WebhookFault): fault is CallFault {
  return callFaults.some((known) => known === fault);
}

function isWebhookFault(fault: CallFault | WebhookFault): fault is WebhookFault {
  return !isCallFault(fault);
}

interface KeptPlan extends FaultPlan {
  /** Starts since the plan was set: a restart goes on with new draws instead of repeating the first ones. */
  readonly starts: number;
}

const slowMsDefault = 4_000;
const stateName = 'faults';

function restoredPlan(store: Store): KeptPlan {
  const kept = store.state.find(stateName);
  if (kept === undefined) return { seed: 0, plan: [], starts: 0 };
  const { starts, ...plan } = JSON.parse(kept) as KeptPlan;
  const restored = { ...plan, starts: starts + 1 };
  store.state.put(stateName, JSON.stringify(restored));
  return restored;
}

export function createFaults(store: Store): Faults {
  let current = restoredPlan(store);
  const calls = new Map<string, number>();
  const fired = new Map<string, number>();

  function draw<F extends CallFault | WebhookFault>(
    provider: string,
    operation: FaultedOperation,
    isKind: (fault: CallFault | WebhookFault) => fault is F,
  ): F | null {
    if (current.plan.length === 0) return null;
    const place = `${provider}/${operation}/${isKind.name}`;
    const call = calls.get(place) ?? 0;
    calls.set(place, call + 1);
    for (const [index, { fault, rate, ...scope }] of current.plan.entries()) {
      if (!isKind(fault) || !matches(scope, provider, operation)) continue;
      if (drawnNumber([current.seed, current.starts, index, place, call]) >= rate) continue;
      fired.set(fault, (fired.get(fault) ?? 0) + 1);
      return fault;
    }
    return null;
  }

  return {
    drawCall: (provider, operation) => draw(provider, operation, isCallFault),
    drawWebhook: (provider, operation) => draw(provider, operation, isWebhookFault),
    slowMs: (provider) =>
      current.plan.find(
        (entry) =>
          entry.fault === 'slow' && (entry.provider === undefined || entry.provider === provider),
      )?.delay_ms ?? slowMsDefault,
    replace(plan) {
      current = { ...plan, starts: 0 };
      store.state.put(stateName, JSON.stringify(current));
      calls.clear();
      fired.clear();
    },
    report: () => ({ seed: current.seed, plan: current.plan, fired: Object.fromEntries(fired) }),
  };
}
