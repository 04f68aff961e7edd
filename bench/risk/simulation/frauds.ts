/** The three kinds of fraud of the process, laid over payments that have none. */
import type { Random } from '../../../domain/risk/training/random.ts';
import { drawDistinct } from './draws.ts';
import { groupRows } from './group-rows.ts';
import { daySeconds, type Payments, type ProcessSize } from './payments.ts';

const amountMax = 220;
const merchantsPerDay = 2;
const merchantDays = 28;
const customersPerDay = 3;
const customerDays = 14;

/** Writes `fraud`, and the amounts of the third kind. */
export function layFrauds(random: Random, payments: Payments, size: ProcessSize): void {
  for (let row = 0; row < payments.count; row += 1) {
    if ((payments.amount[row] ?? 0) > amountMax) payments.fraud[row] = 1;
  }
  const merchantRows = groupRows(payments.merchant, size.merchants);
  for (let day = 0; day < size.days; day += 1) {
    for (const merchant of drawDistinct(random, merchantsPerDay, size.merchants)) {
      const rows = within(payments, merchantRows.of(merchant), day, merchantDays);
      for (const row of rows) payments.fraud[row] = 2;
    }
  }
  const customerRows = groupRows(payments.customer, size.customers);
  for (let day = 0; day < size.days; day += 1) {
    for (const customer of drawDistinct(random, customersPerDay, size.customers)) {
      const rows = within(payments, customerRows.of(customer), day, customerDays);
      for (const place of drawDistinct(random, Math.floor(rows.length / 3), rows.length)) {
        const row = rows[place] ?? 0;
        payments.amount[row] = Math.round((payments.amount[row] ?? 0) * 500) / 100;
        payments.fraud[row] = 3;
      }
    }
  }
}

function within(payments: Payments, rows: Int32Array, day: number, days: number): Int32Array {
  const from = day * daySeconds;
  const to = (day + days) * daySeconds;
  return rows.filter((row) => {
    const at = payments.second[row] ?? 0;
    return at >= from && at < to;
  });
}
