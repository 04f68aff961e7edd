/** A bank's statement as CSV: for each account and currency an opening balance, entries and a closing balance. */
import type { Currency } from '../domain/currency.ts';
import type { CanonicalLine, FileSummary } from '../domain/settlement-file.ts';
import { AccountBook, dayMs } from './account-book.ts';
import type { CsvRow } from './csv-records.ts';
import {
  currencyField,
  dateField,
  keptLengthMax,
  majorAmount,
  optionalText,
  requiredText,
} from './fields.ts';
import { csvFormat, firstLineOf } from './format.ts';
import type { RowReader } from './format.ts';
import { refuse, shown } from './refusal.ts';
import type { Place } from './refusal.ts';
import { SeenIds } from './seen-ids.ts';

const header = [
  'record', 'account', 'currency', 'booked_on', 'amount', 'balance', 'bank_reference', 'end_to_end_id',
  'counterparty',
] as const; // prettier-ignore

/** Whoever sends us a cent writes these: no reason to refuse a statement. */
const freeText: ReadonlySet<string> = new Set(['end_to_end_id', 'counterparty']);

export const bankCsv = csvFormat({
  name: 'bank_csv',
  delimiter: ',',
  isFreeText: (column) => freeText.has(column),
  recognizes: (start) => firstLineOf(start) === header.join(','),
  open: () => new BankCsv(),
});

interface Open {
  readonly account: string;
  readonly currency: Currency;
  readonly from: number;
  readonly opening: bigint;
  readonly entries: bigint;
  readonly lastDay: number;
}

class BankCsv implements RowReader {
  readonly #book = new AccountBook();
  readonly #seen = new SeenIds();
  #open: Open | null = null;

  take({ line, cells }: CsvRow): CanonicalLine | null {
    const at = (index: number): Place => ({ line, field: header[index] });
    const [record = '', account = '', code = '', bookedOn = '', value = '', shownBalance = ''] =
      cells;
    const currency = currencyField(code, at(2));
    const day = dateField(bookedOn, at(3));
    const balance = majorAmount(shownBalance, { currency }, at(5));
    if (record === 'opening') {
      if (this.#open !== null) refuse('order', 'opening before the last was closed', at(0));
      const start = { account: requiredText(account, at(1)), currency, from: day, lastDay: day };
      this.#open = { ...start, opening: balance, entries: 0n };
      return null;
    }
    const open = this.#open;
    if (open === null) return refuse('order', `${shown(record)} before the opening`, at(0));
    if (account !== open.account || currency !== open.currency) {
      refuse('continuity', 'rows of two accounts or currencies are mixed', at(1));
    }
    if (day < open.lastDay) refuse('order', 'earlier than the row before', at(3));
    if (record === 'closing') {
      const { opening, entries, from } = open;
      const statement = { account, currency, from, to: day + dayMs };
      this.#book.add(statement, { opening, entries, closing: balance }, at(5));
      this.#open = null;
      return null;
    }
    if (record !== 'entry') return refuse('record', shown(record), at(0));
    const amount = majorAmount(value, { currency }, at(4));
    const entries = open.entries + amount;
    if (open.opening + entries !== balance) {
      refuse('continuity', `${String(open.opening + entries)} by the entries`, at(5));
    }
    this.#open = { ...open, entries, lastDay: day };
    return this.#entry(line, amount, currency, day, cells);
  }

  end(): FileSummary {
    const { parts, span, statements } = this.#book.end();
    if (this.#open !== null || span === null) refuse('truncated', 'no closing balance');
    return { statementId: null, span, lists: [], parts, statements };
  }

  #entry(
    line: number,
    amount: bigint,
    currency: Currency,
    day: number,
    cells: readonly string[],
  ): CanonicalLine {
    const id = requiredText(cells[6] ?? '', { line, field: header[6] });
    if (!this.#seen.add(id)) refuse('duplicate', id, { line, field: header[6] });
    const about = (cells[7] ?? '').slice(0, keptLengthMax);
    const from = (cells[8] ?? '').slice(0, keptLengthMax);
    return {
      ...{ line, kind: amount < 0n ? 'bank_debit' : 'bank_credit', word: null },
      reference: optionalText(about, { line, field: header[7] }),
      ...{ providerReference: id, parentReference: null },
      ...{ gross: amount, fee: 0n, net: amount, currency },
      ...{ charged: null, chargedCurrency: null, batch: null, occurredAt: day },
      counterparty: optionalText(from, { line, field: header[8] }),
    };
  }
}
