/** Buckets: whatever the order of the events, the same counters; windows end where they say. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { count, countedDelayed, countedWithin, emptyCounters, type Counters } from './counters.ts';
import type { RiskEvent } from './past.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** A Thursday, at the start of every bucket there is. */
const midnight = Date.UTC(2026, 0, 1);
const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);

function anEvent(values: Partial<RiskEvent>): RiskEvent {
  const at = values.at ?? midnight;
  return {
    ...{ kind: 'attempt', at, attemptAt: at, merchant: 'mer_1', amount: 150, currency: 'EUR' },
    ...{ bin: null, card: null, customer: null, email: null, device: null, ip: null },
    ...values,
  };
}

function counted(events: readonly RiskEvent[]): Counters {
  const counters = emptyCounters();
  for (const event of events) count(counters, event);
  return counters;
}

test('the order of the events does not matter', () => {
  const events = fc.array(
    fc.record({
      kind: fc.constantFrom('attempt', 'declined', 'blocked', 'fraud'),
      at: fc.integer({ min: midnight, max: midnight + 60 * day }),
      ago: fc.integer({ min: 0, max: 40 * day }),
      amount: fc.integer({ min: 0, max: 1_000_000 }),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(events, fc.integer(), (drawn, order) => {
      const all = drawn.map(({ ago, ...event }) =>
        anEvent({ ...event, attemptAt: event.at - ago }),
      );
      const shuffled = [...all].sort(
        (a, b) => ((a.at * 31 + order) % 997) - ((b.at * 31 + order) % 997),
      );
      expect(counted(shuffled)).toEqual(counted(all));
    }),
    { seed, numRuns: 300 },
  );
});

describe('a window of an hour, in buckets of five minutes', () => {
  const at = midnight + 12 * hour + 120_000;
  test.each([
    ['of its newest bucket', at, 1],
    ['at its far end', midnight + 11 * hour + 5 * 60_000, 1],
    ['just before that', midnight + 11 * hour + 5 * 60_000 - 1, 0],
    ['of the next bucket', midnight + 12 * hour + 5 * 60_000, 0],
  ])('an attempt %s', (_, attempted, attempts) => {
    expect(countedWithin(counted([anEvent({ at: attempted })]), '1h', at)).toMatchObject({
      ...{ attempts, declines: 0, amount: attempts * 150 },
    });
  });
});

describe('what is known only after a week', () => {
  const at = midnight + 3 * hour;
  test.each([
    ['7 days before to the ms', at - 7 * day, 1, 0],
    ['in the bucket that was open 7 days before', midnight - 7 * day, 1, 0],
    ['in the one before that', midnight - 7 * day - 1, 1, 1],
    ['at the far end of a day', midnight - 8 * day, 1, 1],
    ['before it', midnight - 8 * day - 1, 1, 0],
    ['at the far end of 30 days', midnight - 37 * day, 30, 1],
    ['before that', midnight - 37 * day - 1, 30, 0],
  ])('an attempt %s', (_, attemptAt, days, expected) => {
    const counters = counted([
      anEvent({ at: attemptAt }),
      anEvent({ kind: 'fraud', at: midnight, attemptAt }),
    ]);
    const { attempts, frauds } = countedDelayed(counters, days, at);
    expect([attempts, frauds]).toEqual([expected, expected]);
  });
});

test('counters do not grow with what they count', () => {
  const counters = emptyCounters();
  const sizes = new Set<number>();
  for (let at = midnight; at < midnight + 200 * day; at += 7 * 60_000) {
    count(counters, anEvent({ at }));
    if (at > midnight + 40 * day) sizes.add(Object.values(counters).flat().length);
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5 * (8 + 14 + 26 + 151));
});
