/** What each number means: before the payment, inside its window, of its entity. */
import { describe, expect, test } from '@jest/globals';
import { featureNames, featuresOf, unknown, type FeatureVector } from './features.ts';
import { createRiskMemory } from './memory.ts';
import { pastEventsMax, type PaymentFacts, type RiskEvent } from './past.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A Wednesday. */
const now = Date.UTC(2026, 0, 14, 12);

const facts: PaymentFacts = {
  ...{ merchant: 'mer_1', amount: 1_000, currency: 'EUR', bin: '411111' },
  ...{ card: 1, customer: 2, email: 3, device: 4, ip: 5 },
};

function after(
  events: readonly Partial<RiskEvent>[],
  of: PaymentFacts = facts,
  asOf = now,
): FeatureVector {
  const memory = createRiskMemory();
  for (const event of events) {
    const at = event.at ?? now - 1;
    memory.remember({ ...facts, kind: 'attempt', at, attemptAt: at, ...event });
  }
  return featuresOf(of, memory.pastOf(of, asOf), asOf);
}

test('every name has a number, and every number a name', () => {
  const features = after([{}]);
  expect(Object.keys(features).sort()).toEqual([...featureNames].sort());
  expect(Object.values(features).every(Number.isFinite)).toBe(true);
  expect(new Set(featureNames).size).toBe(featureNames.length);
});

test('those that the default model wants are there', () => {
  const days = ['1d', '7d', '30d'];
  expect(featureNames).toEqual(
    expect.arrayContaining([
      ...['amount', 'is_weekend', 'is_night'],
      ...days.flatMap((d) => [`customer_count_${d}`, `customer_average_${d}`]),
      ...days.flatMap((d) => [`merchant_count_${d}`, `merchant_risk_${d}`]),
    ]),
  );
});

test('a first payment: itself, and nothing before it', () => {
  expect(after([])).toMatchObject({
    ...{ amount: 10, is_weekend: 0, is_night: 0, customer_count_30d: 1, customer_average_30d: 10 },
    ...{
      card_attempts_30d: 0,
      card_seconds_since_first: unknown,
      card_seconds_since_last: unknown,
    },
    ...{ device_cards_1d: 1, merchant_count_30d: 0, merchant_risk_30d: 0, bin_attempts_1d: 0 },
  });
});

test('what the payment does not name is unknown, not nothing', () => {
  const bare = { ...facts, device: null, bin: null, amount: 1_001 };
  expect(after([{}], bare)).toMatchObject({
    ...{
      device_attempts_1h: unknown,
      device_cards_1h: unknown,
      device_seconds_since_last: unknown,
    },
    ...{ bin_attempts_1h: unknown, bin_risk_7d: unknown, same_amount_attempts_1h: unknown },
    card_attempts_1h: 1,
  });
});

describe.each([
  ['1m', minute],
  ['1h', hour],
  ['1d', day],
  ['7d', 7 * day],
  ['30d', 30 * day],
] as const)('a window of %s', (window, ms) => {
  test.each([
    ['at its far end', now - ms, 0],
    ['a ms later', now - ms + 1, 1],
    ['a ms before the payment', now - 1, 1],
    ['at the moment of the payment', now, 0],
    ['after it', now + 1, 0],
  ])('an attempt %s', (_, at, expected) => {
    expect(after([{ at }])[`card_attempts_${window}`]).toBe(expected);
  });
});

test('a decline and a fraud count from when they were known', () => {
  const events = [
    { at: now - 2 * hour },
    { kind: 'declined' as const, at: now - hour + 1, attemptAt: now - 2 * hour },
    { kind: 'fraud' as const, at: now - 5, attemptAt: now - 2 * hour },
  ];
  const seen = { card_attempts_1h: 0, card_declines_1h: 1, card_frauds_30d: 1 };
  expect(after(events)).toMatchObject(seen);
  expect(after(events, facts, now - 5)).toMatchObject({ card_frauds_30d: 0 });
});

test('distances are from the first and the last attempt, whatever came of them', () => {
  const events = [
    { at: now - 90 * day },
    { at: now - 10_000 },
    { kind: 'declined' as const, at: now - 9_000 },
  ];
  expect(after(events)).toMatchObject({
    ...{ customer_seconds_since_first: 90 * 86_400, customer_seconds_since_last: 10 },
  });
});

test('a device with many cards', () => {
  const cards = [1, 7, 8, 8, null];
  const events = cards.map((card, place) => ({ card, at: now - hour + 1 + place }));
  expect(after(events)).toMatchObject({ device_cards_1h: 3, ip_cards_1d: 3, email_cards_1h: 3 });
  expect(after(events, { ...facts, card: 9 })).toMatchObject({ device_cards_1h: 4 });
});

test('amounts and averages are in major units', () => {
  const events = [
    { amount: 250, at: now - 2 },
    { amount: 50, at: now - 1 },
  ];
  expect(after(events)).toMatchObject({ card_amount_1h: 3, merchant_amount_1h: 3 });
  expect(after(events)['customer_average_1d']).toBeCloseTo(13 / 3, 12);
});

test('an address that never rests costs no more than the newest of its attempts', () => {
  const events = Array.from({ length: 1_000 }, (_, place) => ({ at: now - 2_000 + place }));
  expect(after(events)).toMatchObject({
    ip_attempts_1m: pastEventsMax,
    merchant_attempts_1m: 1_000,
  });
});

test('what a merchant turned out to be counts a week later', () => {
  const attemptAt = now - 8 * day;
  const events = [
    ...[0, 1, 2, 3].map((place) => ({ at: attemptAt + place, card: 90 + place })),
    { kind: 'fraud' as const, at: now - day, attemptAt },
  ];
  expect(after(events)).toMatchObject({
    merchant_count_7d: 4,
    merchant_risk_7d: 0.25,
    bin_risk_30d: 0.25,
  });
  const unlabelled = events.slice(0, 4);
  expect(after(unlabelled)).toMatchObject({ merchant_count_7d: 4, merchant_risk_7d: 0 });
  const fresh = [
    { at: now - 6 * day },
    { kind: 'fraud' as const, at: now - day, attemptAt: now - 6 * day },
  ];
  expect(after(fresh)).toMatchObject({
    merchant_count_7d: 0,
    merchant_risk_7d: 0,
    merchant_attempts_7d: 1,
  });
});

test('small amounts are counted by themselves', () => {
  const events = [
    { amount: 100 },
    { amount: 100 },
    { amount: 101 },
    { amount: 100, currency: 'USD' },
  ];
  expect(after([{}])).toMatchObject({ same_amount_attempts_1h: 1 });
  expect(after(events, { ...facts, amount: 100 })).toMatchObject({ same_amount_attempts_1m: 2 });
});
