import { describe, expect, test } from '@jest/globals';
import {
  alertRates,
  caughtOf,
  caughtValue,
  compareShadows,
  highestOfEachDay,
  type ScoredDecision,
  type Tally,
} from './monitoring.ts';

const [monday, tuesday] = ['2026-11-23', '2026-11-24'];

describe('alert rates', () => {
  const tally = (day: string, values: Partial<Tally>): Tally => ({
    ...{ day, outcome: 'allow', mode: 'scored', failReason: null, count: 1, ...values },
  });
  const rates = alertRates([
    tally(monday, { count: 6 }),
    tally(monday, { outcome: 'block', count: 1 }),
    tally(tuesday, { outcome: 'review' }),
    tally(monday, { mode: 'allow_with_rules', failReason: 'slow', count: 2 }),
    tally(monday, { outcome: 'block', mode: 'block', failReason: 'slow', count: 1 }),
  ]);

  test('of each day, the newest first', () => {
    expect(rates.map(({ day, decisions }) => [day, decisions])).toEqual([[tuesday, 1], [monday, 10]]); // prettier-ignore
    expect(rates[1]?.outcomes).toEqual({
      allow: { count: 8, share: 0.8 },
      block: { count: 2, share: 0.2 },
      challenge: { count: 0, share: 0 },
      review: { count: 0, share: 0 },
    });
  });

  test('what could not be scored, by what was done and by why', () => {
    expect(rates[1]?.modes).toEqual({ allow_with_rules: 2, challenge: 0, block: 1 });
    expect([rates[1]?.failReasons, rates[0]?.failReasons]).toEqual([{ slow: 3 }, {}]);
  });

  test('of nothing', () => {
    expect(alertRates([])).toEqual([]);
  });
});

function scored(
  day: string,
  score: number,
  isFraud: boolean | null,
  values: Partial<ScoredDecision> = {},
): ScoredDecision {
  return { ...{ day, score, isFraud, action: 'allow', amount: 100n, currency: 'EUR', shadows: [] }, ...values }; // prettier-ignore
}
const byScore = ({ score }: ScoredDecision): number => score;

const week: readonly ScoredDecision[] = [
  scored(monday, 0.2, true, { amount: 300n }),
  scored(monday, 0.9, true, { amount: 1_000n }),
  scored(monday, 0.8, null),
  scored(monday, 0.7, false),
  scored(tuesday, 0.1, true, { amount: 50n, currency: 'JPY' }),
  scored(tuesday, 0.05, false),
];

describe('precision at the capacity of reviews', () => {
  test.each([
    [1, { flagged: 2, unlabelled: 0, frauds: 2, precision: 1, recall: 2 / 3 }],
    [2, { flagged: 4, unlabelled: 1, frauds: 2, precision: 2 / 3, recall: 2 / 3 }],
    [3, { flagged: 5, unlabelled: 1, frauds: 2, precision: 2 / 4, recall: 2 / 3 }],
    [9, { flagged: 6, unlabelled: 1, frauds: 3, precision: 3 / 5, recall: 1 }],
  ])('of %d a day', (capacity, caught) => {
    const flagged = highestOfEachDay(week, capacity, byScore);
    expect(caughtOf(week, flagged)).toEqual({ ...caught, fraudsKnown: 3 });
  });

  test('of equal scores those that came first are looked at', () => {
    const tied = [scored(monday, 0.5, true), scored(monday, 0.5, false), scored(monday, 0.6, false)]; // prettier-ignore
    expect(highestOfEachDay(tied, 2, byScore)).toEqual([tied[2], tied[0]]);
  });

  test('value by currency, rounded down', () => {
    expect(caughtValue(week, highestOfEachDay(week, 1, byScore))).toEqual([
      { currency: 'EUR', fraudAmount: 1_300n, caughtAmount: 1_000n, recall: 0.7692 },
      { currency: 'JPY', fraudAmount: 50n, caughtAmount: 50n, recall: 1 },
    ]);
  });

  test('where nobody knows, nothing is said', () => {
    const open = [scored(monday, 0.9, null)];
    expect(caughtOf(open, open)).toMatchObject({ precision: null, recall: null, unlabelled: 1 });
    expect(caughtOf([], [])).toMatchObject({ precision: null, recall: null });
    expect(caughtValue(open, open)).toEqual([]);
  });
});

describe('models that look on', () => {
  const shadow = (
    score: number | null,
    action: ScoredDecision['action'] | null = null,
  ): Partial<ScoredDecision> => ({
    shadows: [{ version: 'b', score, action }], // prettier-ignore
  });
  const decisions = [
    scored(monday, 0.9, false, { action: 'block', ...shadow(0.1, 'allow') }),
    scored(monday, 0.1, true, shadow(0.9, 'block')),
    scored(monday, 0.2, false, shadow(0.2, 'allow')),
    // Not compared: one said nothing, the other was not asked.
    scored(monday, 1, true, shadow(null)),
    scored(monday, 1, true),
  ];

  test('are compared with the one that acted, on the same decisions', () => {
    const [compared, ...others] = compareShadows(decisions, 1);
    expect(others).toEqual([]);
    expect(compared).toMatchObject({ version: 'b', decisions: 3, silent: 1, agreement: 1 / 3 });
    expect(compared?.acting.caught).toMatchObject({ flagged: 1, precision: 0, fraudsKnown: 1 });
    expect(compared?.shadow.caught).toMatchObject({ flagged: 1, precision: 1, fraudsKnown: 1 });
    expect(compared?.acting.actions.block).toEqual({ count: 1, share: 1 / 3 });
    expect(compared?.shadow.actions.allow).toEqual({ count: 2, share: 2 / 3 });
  });

  test('each version by itself; one that never said anything agrees with nobody', () => {
    const two = [scored(monday, 0.5, true, { shadows: [{ version: 'c', score: null, action: null }, { version: 'a', score: 0.5, action: 'allow' }] })]; // prettier-ignore
    expect(compareShadows(two, 1).map(({ version, agreement }) => [version, agreement])).toEqual([['a', 1], ['c', null]]); // prettier-ignore
    expect(compareShadows([scored(monday, 0.5, true)], 1)).toEqual([]);
  });
});
