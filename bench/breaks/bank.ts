/** The bank's statement of the month: what providers paid out and collected, but for what is planted. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stampOf, dateOf } from '../../sandbox/settlement/days.ts';
import type { Line } from '../../sandbox/settlement/batches.ts';
import { csvLine, inMajorUnits } from '../../sandbox/settlement/text.ts';
import type { ReportFile } from '../reconciliation/files.ts';
import { dayMs, days, type Month } from '../reconciliation/movements.ts';
import type { PaidOut } from './stripe.ts';

/** What day files announce, added up while they are written. */
export class DayPayouts {
  readonly #byId = new Map<string, PaidOut>();

  add(lines: readonly Line[], day: number): void {
    for (const { provider, currency, amount, fee } of lines) {
      const id = `po_${provider}_${stampOf(day)}_${currency}`;
      const sum = (this.#byId.get(id)?.amount ?? 0n) + amount - fee;
      const paidAt = day + dayMs;
      this.#byId.set(id, { id, provider, currency, amount: sum, paidAt, credited: sum });
    }
  }

  list(): readonly PaidOut[] {
    return [...this.#byId.values()].filter(({ amount }) => amount !== 0n);
  }
}

/** One file, of all currencies, with nothing on any account before. */
export async function writeStatement(
  folder: string,
  month: Month,
  payouts: readonly PaidOut[],
): Promise<ReportFile> {
  const currencies = [...new Set(payouts.map(({ currency }) => currency))].toSorted();
  const rows = currencies.flatMap((currency) => {
    const own = payouts.filter((payout) => payout.currency === currency);
    return accountOf(currency, month, own.toSorted((a, b) => a.paidAt - b.paidAt)); // prettier-ignore
  });
  const name = 'bank_statement';
  const path = join(folder, name);
  await writeFile(path, [header, ...rows, ''].join('\n'));
  const known = { kind: 'bank_statement', provider: 'bank_account', isBroken: false } as const;
  return { ...known, name, path, lines: rows.length - 2 * currencies.length };
}

const header =
  'record,account,currency,booked_on,amount,balance,bank_reference,end_to_end_id,counterparty';

function accountOf(currency: string, month: Month, payouts: readonly PaidOut[]): readonly string[] {
  const row = (record: string, at: number, balance: bigint, rest: readonly string[]): string => {
    const [amount = '', ...about] = rest;
    const shown = inMajorUnits(balance, currency);
    return csvLine([record, 'ACC1', currency, dateOf(at), amount, shown, ...about]);
  };
  let balance = 0n;
  const entries = payouts.flatMap(({ id, provider, paidAt, credited }) => {
    if (credited === null) return [];
    balance += credited;
    return row('entry', paidAt, balance, [inMajorUnits(credited, currency), `bank-${id}`, id, provider]); // prettier-ignore
  });
  return [
    row('opening', month.from, 0n, ['', '', '', '']),
    ...entries,
    row('closing', month.from + days * dayMs, balance, ['', '', '', '']),
  ];
}
