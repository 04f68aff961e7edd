/** The process, its features and its split on a small world, against what its description says. */
import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../../../domain/risk/training/random.ts';
import { cardPrecision } from './card-precision.ts';
import { featureColumns, simulatedFeatures } from './features.ts';
import { layFrauds } from './frauds.ts';
import { daySeconds, type Payments } from './payments.ts';
import { simulatePayments } from './process.ts';
import { simulate } from './simulated.ts';
import { splitPayments } from './split.ts';

const size = { customers: 90, merchants: 400, days: 137 };
const payments = simulatePayments(createRandom(1), size);
const rows = Array.from(payments.second, (second, row) => ({
  row,
  second,
  customer: payments.customer[row] ?? 0,
  merchant: payments.merchant[row] ?? 0,
  amount: payments.amount[row] ?? 0,
  fraud: payments.fraud[row] ?? 0,
}));

describe('the process', () => {
  test('is the same for a seed, and another for another', () => {
    const again = simulatePayments(createRandom(1), size);
    for (const column of ['second', 'customer', 'merchant', 'amount', 'fraud'] as const) {
      expect(again[column].every((value, row) => value === payments[column][row])).toBe(true);
    }
    expect(simulatePayments(createRandom(2), size).count).not.toBe(payments.count);
  });

  test('goes on in order of time, with sums that a person pays', () => {
    expect(payments.second.every((at, row) => at >= (payments.second[row - 1] ?? 0))).toBe(true);
    expect(rows.every(({ amount }) => amount >= 0 && Math.abs(100 * amount - Math.round(100 * amount)) < 1e-6)).toBe(true); // prettier-ignore
    // Two payments a day on average, of customers who have a merchant near them.
    const customers = new Set(rows.map(({ customer }) => customer)).size;
    expect(payments.count / customers / size.days).toBeGreaterThan(1.6);
    expect(payments.count / customers / size.days).toBeLessThan(2.4);
  });

  test('is about as often defrauded, and in the same three ways', () => {
    const kinds = [1, 2, 3].map((kind) => rows.filter(({ fraud }) => fraud === kind).length);
    expect(kinds.every((count) => count > 0)).toBe(true);
    expect(rows.every(({ amount, fraud }) => amount <= 220 || fraud > 0)).toBe(true);
    expect(rows.filter(({ fraud }) => fraud === 1).every(({ amount }) => amount > 220)).toBe(true);
  });
});

describe('features', () => {
  const columns = featureColumns(payments, size);
  const column = (name: (typeof simulatedFeatures)[number]): Float64Array =>
    columns[simulatedFeatures.indexOf(name)] ?? new Float64Array();
  const week = 7 * daySeconds;

  test.each([1, 7, 30] as const)('of %d days, each payment counted by hand', (days) => {
    const length = days * daySeconds;
    for (const { row, second, customer, merchant } of rows.filter(({ row }) => row % 997 === 0)) {
      const own = rows.filter((one) => one.customer === customer && one.second <= second && one.second > second - length); // prettier-ignore
      const paid = own.reduce((sum, { amount }) => sum + amount, 0);
      const known = rows.filter((one) => one.merchant === merchant && one.second <= second - week && one.second > second - week - length); // prettier-ignore
      const bad = known.filter(({ fraud }) => fraud > 0).length;
      expect(column(`customer_count_${days}d`)[row]).toBe(own.length);
      expect(column(`customer_average_${days}d`)[row]).toBeCloseTo(paid / own.length, 9);
      expect(column(`merchant_count_${days}d`)[row]).toBe(known.length);
      expect(column(`merchant_risk_${days}d`)[row]).toBeCloseTo(
        bad / Math.max(1, known.length),
        12,
      );
    }
  });

  test('of the time: Saturdays and Sundays, hours up to six', () => {
    for (const { row, second } of rows.filter(({ row }) => row % 97 === 0)) {
      const at = new Date(Date.UTC(2018, 3, 1) + 1_000 * second);
      expect(column('is_weekend')[row]).toBe([0, 6].includes(at.getUTCDay()) ? 1 : 0);
      expect(column('is_night')[row]).toBe(at.getUTCHours() <= 6 ? 1 : 0);
    }
  });
});

/** One customer a row; day 115 is 2018-07-25. */
function story(of: readonly (readonly [day: number, customer: number, fraud: number])[]): Payments {
  return {
    count: of.length,
    second: Float64Array.from(of, ([day]) => day * daySeconds + 1),
    customer: Int32Array.from(of, ([, customer]) => customer),
    merchant: new Int32Array(of.length),
    amount: new Float64Array(of.length).fill(1),
    fraud: Uint8Array.from(of, ([, , fraud]) => fraud),
  };
}

test('frauds of each kind, by hand: where, how long, how much', () => {
  const days = 60;
  const story60 = Array.from({ length: days }, (_, day) => [day, 0, 0] as const);
  const one = { ...story(story60), amount: new Float64Array(days).fill(10) };
  one.amount[5] = 220.01;
  // Nobody's numbers, but that merchant 0 is drawn on day 10 and customer 0, with four of its 14 payments, on day 20.
  const chances = [
    ...story60.flatMap(([day]) => [day === 10 ? 0 : 0.5, 0.6]),
    ...story60.flatMap(([day]) => (day === 20 ? [0, 0.6, 0.7, 0, 0.3, 0.6, 0.9] : [0.5, 0.6, 0.7])),
  ];
  layFrauds(() => chances.shift() ?? NaN, one, { customers: 1_000, merchants: 1_000, days });
  expect(chances).toEqual([]);
  const kindOn = (day: number): number => {
    if ([20, 24, 28, 32].includes(day)) return 3;
    return day === 5 ? 1 : day >= 10 && day < 38 ? 2 : 0;
  };
  expect([...one.fraud]).toEqual(story60.map(([day]) => kindOn(day)));
  const raised = [...one.amount.entries()].filter(([, amount]) => amount !== 10);
  expect(raised).toEqual([[5, 220.01], [20, 50], [24, 50], [28, 50], [32, 50]]); // prettier-ignore
});

test('the test week leaves out cards whose fraud was known that morning', () => {
  const { train, test: judged } = splitPayments(
    story([
      ...([[114, 1, 1], [115, 2, 1], [121, 3, 0], [122, 4, 1], [123, 5, 1]] as const), // prettier-ignore
      // Day 129 is the first of the test: known are frauds up to day 121.
      ...([[129, 1, 0], [129, 2, 0], [129, 4, 0], [130, 4, 0], [130, 5, 0], [135, 1, 1], [136, 1, 0]] as const), // prettier-ignore
    ]),
  );
  expect([...train]).toEqual([1, 2]);
  expect([...judged]).toEqual([5, 7, 9, 10]);
});

test('a window has its near end and not its far one, to the second', () => {
  const days = [0, 1, 2, 8, 9].map((day) => [day, 0, day === 1 ? 2 : 0] as const);
  const columns = featureColumns(story(days), { customers: 1, merchants: 1, days: 10 });
  const column = (name: (typeof simulatedFeatures)[number]): readonly number[] => [
    ...(columns[simulatedFeatures.indexOf(name)] ?? []),
  ];
  expect(column('customer_count_1d')).toEqual([1, 1, 1, 1, 1]);
  expect(column('customer_count_7d')).toEqual([1, 2, 3, 2, 2]);
  // Known on day 8 is what was up to day 1.
  expect(column('merchant_count_1d')).toEqual([0, 0, 0, 1, 1]);
  expect(column('merchant_risk_1d')).toEqual([0, 0, 0, 1, 0]);
  expect(column('merchant_risk_7d')).toEqual([0, 0, 0, 1 / 2, 1 / 3]);
});

test('card precision, by hand: the best card counts once a day, a found one never again', () => {
  const judged = {
    cards: Int32Array.of(1, 1, 2, 3, 1, 2, 4),
    days: Int32Array.of(1, 1, 1, 1, 2, 2, 2),
    labels: Uint8Array.of(0, 1, 0, 1, 1, 1, 0),
  };
  const scores = Float64Array.of(0.9, 0.1, 0.8, 0.2, 0.9, 0.3, 0.2);
  // Day 1: cards 1 (bad) and 2 (not); day 2, without card 1: cards 2 (bad) and 4 (not).
  expect(cardPrecision(judged, scores, 2)).toBe(0.5);
});

test('everything of a seed fits together', () => {
  const { train, test: judged, testCards, testDays } = simulate(1, size);
  expect(train.columns.map((column) => column.length)).toEqual(simulatedFeatures.map(() => train.labels.length)); // prettier-ignore
  expect([testCards.length, testDays.length]).toEqual([judged.labels.length, judged.labels.length]);
  expect(new Date(1_000 * (train.at[0] ?? 0)).toISOString()).toMatch(/^2018-07-25/);
  expect(new Date(1_000 * (judged.at.at(-1) ?? 0)).toISOString()).toMatch(/^2018-08-14/);
});
