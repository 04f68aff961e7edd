/**
 * The handbook's one split: a week to learn from, a week in which labels are not known yet, a week to be
 * judged by. On each day of that, cards are left out whose fraud was known by its morning.
 */
import { labelDelayDays } from './features.ts';
import { daySeconds, firstSecond, type Payments } from './payments.ts';

const trainFirstDay = (Date.UTC(2018, 6, 25) / 1_000 - firstSecond) / daySeconds;
const trainDays = 7;
const testFirstDay = trainFirstDay + trainDays + labelDelayDays;
const testDays = 7;
/** Days that must be simulated for it. */
export const daysOfSplit = testFirstDay + testDays;

/** Rows of both parts, in order of time. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

export function dayOf(payments: Payments, row: number): number {
  return Math.floor((payments.second[row] ?? 0) / daySeconds);
}

export function splitPayments(payments: Payments): Split {
  const train: number[] = [];
  const test: number[] = [];
  /** Of each customer, the first day of the story that it was defrauded on. */
  const badSince = new Map<number, number>();
  for (let row = 0; row < payments.count; row += 1) {
    const day = dayOf(payments, row);
    if (day < trainFirstDay || day >= daysOfSplit) continue;
    const customer = payments.customer[row] ?? 0;
    if (payments.fraud[row] !== 0 && !badSince.has(customer)) badSince.set(customer, day);
    if (day < trainFirstDay + trainDays) train.push(row);
    if (day < testFirstDay) continue;
    const since = badSince.get(customer);
    if (since === undefined || since >= day - labelDelayDays) test.push(row);
  }
  return { train: Int32Array.from(train), test: Int32Array.from(test) };
}
