/**
 * Counters of what many payments share: a merchant, a BIN. Events are counted in buckets of four sizes, each
 * for as far back as its windows reach, so that their size does not grow with what was counted. The order of
 * the events does not matter. Kept as JSON.
 */
import type { RiskEvent } from './past.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** `keep` buckets: the longest window, and two more for those who ask a little late. */
const tiers = {
  seconds: { bucketMs: 10 * second, keep: 8 },
  minutes: { bucketMs: 5 * minute, keep: 14 },
  hours: { bucketMs: hour, keep: 26 },
  days: { bucketMs: 6 * hour, keep: 4 * 37 + 3 },
} as const;
type Tier = keyof typeof tiers;
const tierNames = Object.keys(tiers) as Tier[];

/** Bucket, attempts, declines, amount, frauds; bucket after bucket, the oldest first. */
export type Counters = Record<Tier, number[]>;
const width = 5;

export interface Counted {
  attempts: number;
  declines: number;
  /** Hundredths of major units, of the attempts. */
  amount: number;
  /** Of the attempts, those known by now to be fraud; only in windows of 7 days and more. */
  frauds: number;
}

export function emptyCounters(): Counters {
  return { seconds: [], minutes: [], hours: [], days: [] };
}

/** Changes `counters`. */
export function count(counters: Counters, event: RiskEvent): void {
  if (event.kind === 'blocked') return;
  // What turned out to be fraud is counted where its attempt was.
  if (event.kind === 'fraud') {
    const place = bucketAt(counters.days, 'days', event.attemptAt);
    if (place !== null) counters.days[place + 4] = (counters.days[place + 4] ?? 0) + 1;
    return;
  }
  for (const tier of tierNames) {
    const buckets = counters[tier];
    const place = bucketAt(buckets, tier, event.at);
    if (place === null) continue;
    if (event.kind === 'declined') {
      buckets[place + 2] = (buckets[place + 2] ?? 0) + 1;
    } else {
      buckets[place + 1] = (buckets[place + 1] ?? 0) + 1;
      buckets[place + 3] = (buckets[place + 3] ?? 0) + event.amount;
    }
  }
}

/** Where the bucket of this instant begins, made if need be; null: it is too old to matter. */
function bucketAt(buckets: number[], tier: Tier, at: number): number | null {
  const { bucketMs, keep } = tiers[tier];
  const bucket = Math.floor(at / bucketMs);
  const newest = buckets.at(-width) ?? bucket;
  if (bucket <= newest - keep) return null;
  let place = buckets.length - width;
  while (place >= 0 && (buckets[place] ?? 0) > bucket) place -= width;
  if (place >= 0 && buckets[place] === bucket) return place;
  place += width;
  buckets.splice(place, 0, bucket, 0, 0, 0, 0);
  while ((buckets[0] ?? 0) <= bucket - keep) {
    buckets.splice(0, width);
    place -= width;
  }
  return place;
}

const windowTiers = {
  '1m': { tier: 'seconds', buckets: 6 },
  '1h': { tier: 'minutes', buckets: 12 },
  '1d': { tier: 'hours', buckets: 24 },
  '7d': { tier: 'days', buckets: 4 * 7 },
  '30d': { tier: 'days', buckets: 4 * 30 },
} as const satisfies Record<string, { readonly tier: Tier; readonly buckets: number }>;
export type CountersWindow = keyof typeof windowTiers;

/** The window ends at `at`, within its newest bucket; it is up to one bucket shorter than its name. */
export function countedWithin(counters: Counters, window: CountersWindow, at: number): Counted {
  const { tier, buckets } = windowTiers[window];
  const last = Math.floor(at / tiers[tier].bucketMs);
  return sum(counters[tier], last - buckets, last);
}

/** So long after a payment most frauds are known. */
export const labelDelayDays = 7;
const labelDelayBuckets = 4 * labelDelayDays;

/** The window of so many days that ends that long before `at`: in whole buckets, so up to 6 hours before. */
export function countedDelayed(counters: Counters, days: number, at: number): Counted {
  const last = Math.floor(at / tiers.days.bucketMs) - labelDelayBuckets - 1;
  return sum(counters.days, last - 4 * days, last);
}

function sum(buckets: readonly number[], after: number, last: number): Counted {
  const counted: Counted = { attempts: 0, declines: 0, amount: 0, frauds: 0 };
  for (let place = buckets.length - width; place >= 0; place -= width) {
    const bucket = buckets[place] ?? 0;
    if (bucket > last) continue;
    if (bucket <= after) break;
    counted.attempts += buckets[place + 1] ?? 0;
    counted.declines += buckets[place + 2] ?? 0;
    counted.amount += buckets[place + 3] ?? 0;
    counted.frauds += buckets[place + 4] ?? 0;
  }
  return counted;
}
