/**
 * The 15 features of the handbook, under the names that the service's own have: a terminal there is a
 * merchant here. A payment counts in its customer's windows; what a merchant's past payments turned out to
 * be is known a week later, so its windows end then.
 */
import { groupRows } from './group-rows.ts';
import { daySeconds, type Payments, type ProcessSize } from './payments.ts';

export const labelDelayDays = 7;
const windowDays = [1, 7, 30] as const;

export const simulatedFeatures = [
  ...(['amount', 'is_weekend', 'is_night'] as const),
  ...(['customer_count_1d', 'customer_count_7d', 'customer_count_30d'] as const),
  ...(['customer_average_1d', 'customer_average_7d', 'customer_average_30d'] as const),
  ...(['merchant_count_1d', 'merchant_count_7d', 'merchant_count_30d'] as const),
  ...(['merchant_risk_1d', 'merchant_risk_7d', 'merchant_risk_30d'] as const),
] as const;

/** One column per feature, in the order of `simulatedFeatures`. */
export function featureColumns(payments: Payments, size: ProcessSize): readonly Float64Array[] {
  const { count, second, amount } = payments;
  const fraud = Float64Array.from(payments.fraud, (kind) => (kind === 0 ? 0 : 1));
  // Whole numbers, whose sums have no rounding left after a month of adding and taking away.
  const cents = amount.map((value) => Math.round(100 * value));
  const customers = windows(payments.customer, size.customers, second, cents, 0);
  const merchants = windows(payments.merchant, size.merchants, second, fraud, labelDelayDays);
  const weekend = new Float64Array(count);
  const night = new Float64Array(count);
  for (const [row, at] of second.entries()) {
    // The first day is a Sunday.
    const weekday = Math.floor(at / daySeconds) % 7;
    weekend[row] = weekday === 0 || weekday === 6 ? 1 : 0;
    night[row] = Math.floor((at % daySeconds) / 3_600) <= 6 ? 1 : 0;
  }
  return [
    amount,
    weekend,
    night,
    ...customers.map((window) => window.count),
    ...customers.map((window) => window.mean.map((mean) => mean / 100)),
    ...merchants.map((window) => window.count),
    ...merchants.map((window) => window.mean),
  ];
}

interface Window {
  readonly count: Float64Array;
  /** Of the values in it; 0 where there are none. */
  readonly mean: Float64Array;
}

/** Of each row, the rows of the same owner from (days + delay) to delay before it, the far end excluded. */
function windows(
  owners: Int32Array,
  ownerCount: number,
  second: Float64Array,
  values: Float64Array,
  delayDays: number,
): readonly Window[] {
  const groups = groupRows(owners, ownerCount);
  return windowDays.map((days) => {
    const made: Window = {
      count: new Float64Array(owners.length),
      mean: new Float64Array(owners.length),
    };
    for (let owner = 0; owner < ownerCount; owner += 1) {
      slide(groups.of(owner), second, values, delayDays * daySeconds, days * daySeconds, made);
    }
    return made;
  });
}

function slide(
  rows: Int32Array,
  second: Float64Array,
  values: Float64Array,
  delay: number,
  length: number,
  into: Window,
): void {
  let [oldest, newest, sum] = [0, 0, 0];
  for (const row of rows) {
    const end = (second[row] ?? 0) - delay;
    const at = (place: number): number => second[rows[place] ?? 0] ?? 0;
    const value = (place: number): number => values[rows[place] ?? 0] ?? 0;
    for (; newest < rows.length && at(newest) <= end; newest += 1) sum += value(newest);
    for (; oldest < newest && at(oldest) <= end - length; oldest += 1) sum -= value(oldest);
    const count = newest - oldest;
    into.count[row] = count;
    into.mean[row] = count === 0 ? 0 : sum / count;
  }
}
