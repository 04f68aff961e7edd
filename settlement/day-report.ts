/**
 * A day's report of a processor as CSV: `L` lines, `P` payouts, `T` totals, in that order. Alder and the bank
 * write it in minor units and UTC; birch in German: major units with a decimal comma, on a clock in Berlin.
 */
import { isCurrency } from '../domain/currency.ts';
import type { Currency } from '../domain/currency.ts';
import type { CanonicalLine, FileSummary, LineKind } from '../domain/settlement-file.ts';
import { BatchBook } from './batch-book.ts';
import type { CsvRow } from './csv-records.ts';
import { idsOf, isOnItsSide, lineTypes, payoutTypes } from './day-types.ts';
import type { DayType } from './day-types.ts';
import {
  currencyField,
  isoInstant,
  majorAmount,
  minorAmount,
  optionalText,
  requiredText,
} from './fields.ts';
import { csvFormat, firstLineOf } from './format.ts';
import type { FileFormat, ReadContext, RowReader } from './format.ts';
import { refuse, shown } from './refusal.ts';
import type { Place } from './refusal.ts';
import { berlinTime } from './zones.ts';

interface Language {
  readonly name: string;
  readonly delimiter: ',' | ';';
  /** In the order of the columns: record, movement, reference, parent, type, amount, fee, currency, time, batch. */
  readonly header: readonly string[];
  readonly records: Readonly<Record<string, 'line' | 'payout' | 'total'>>;
  readonly types: Readonly<Record<string, DayType | 'total'>>;
  amount(value: string, currency: Currency, context: ReadContext, place: Place): bigint;
  time(value: string, notBefore: number, place: Place): number;
}

const plain: Language = {
  name: 'day_csv',
  delimiter: ',',
  header: ['record', 'movement_id', 'reference', 'parent_id', 'type', 'amount', 'fee', 'currency', 'booked_at', 'batch_id'],
  records: { L: 'line', P: 'payout', T: 'total' },
  types: {
    capture: 'capture', refund: 'refund', dispute: 'dispute', dispute_reversal: 'dispute_reversal',
    payout: 'payout', collection: 'collection', total: 'total',
  },
  amount: (value, _currency, _context, place) => minorAmount(value, place),
  time: (value, _notBefore, place) => isoInstant(value, place),
}; // prettier-ignore

const german: Language = {
  name: 'day_csv_german',
  delimiter: ';',
  header: [
    'Satzart', 'Vorgang', 'Referenz', 'Ursprung', 'Art', 'Betrag', 'Gebühr', 'Währung',
    'Buchungszeit (Europe/Berlin)', 'Abrechnung',
  ],
  records: { B: 'line', A: 'payout', S: 'total' },
  types: {
    Einzug: 'capture', Erstattung: 'refund', Rückbelastung: 'dispute', Wiedergutschrift: 'dispute_reversal',
    Auszahlung: 'payout', Lastschrift: 'collection', Summe: 'total',
  },
  amount: (value, currency, { exponents }, place) =>
    majorAmount(value, { currency, mark: ',', exponents }, place),
  time: berlinTime,
}; // prettier-ignore

/** Which types a record may have. */
const typesOf = { line: lineTypes, payout: payoutTypes, total: ['total'] } as const;

function reportIn(language: Language): FileFormat {
  return csvFormat({
    name: language.name,
    delimiter: language.delimiter,
    recognizes: (start) => firstLineOf(start) === language.header.join(language.delimiter),
    open: (_header, context) => new DayReport(language, context),
  });
}

export const plainReport = reportIn(plain);
export const germanReport = reportIn(german);

class DayReport implements RowReader {
  readonly #language: Language;
  readonly #context: ReadContext;
  readonly #book = new BatchBook();

  constructor(language: Language, context: ReadContext) {
    this.#language = language;
    this.#context = context;
  }

  take({ line, cells }: CsvRow): CanonicalLine | null {
    const { header, records, types } = this.#language;
    const at = (index: number): Place => ({ line, field: header[index] });
    const [kind = '', movement = '', reference = '', parent = '', word = ''] = cells;
    const record = Object.hasOwn(records, kind) ? records[kind] : undefined;
    if (record === undefined) return refuse('record', shown(kind), at(0));
    const type = Object.hasOwn(types, word) ? types[word] : undefined;
    if (type === undefined || !(typesOf[record] as readonly string[]).includes(type)) {
      return refuse('record', `${shown(kind)} of type ${shown(word)}`, at(4));
    }
    if (record === 'total' || type === 'total') {
      this.#total(line, reference, cells);
      return null;
    }
    const money = this.#money(line, cells);
    const id = requiredText(movement, at(1));
    const parentId = optionalText(parent, at(3));
    const ids = idsOf(type, id, parentId, at(3));
    if (!isOnItsSide(type, money.amount)) {
      refuse('amount', `${String(money.amount)} of a ${type}`, at(5));
    }
    const moved = { ...money, id };
    if (record === 'line') this.#book.line(moved, { line });
    else this.#book.payout(moved, { line });
    return {
      ...{ line, kind: kindOf(type, parentId), word: null },
      reference:
        record === 'line' ? requiredText(reference, at(2)) : optionalText(reference, at(2)),
      ...ids,
      ...{ gross: money.amount, fee: money.fee, net: money.amount - money.fee },
      ...{ currency: money.currency, charged: null, chargedCurrency: null },
      ...{ batch: money.batch, occurredAt: money.at },
    };
  }

  end(): FileSummary {
    const { batches, span } = this.#book.end();
    return {
      statementId: dayIdOf(batches),
      ...{ span, lists: ['captured', 'refunded'] },
      parts: batches.map((batch) => `batch/${batch}`),
    };
  }

  #total(line: number, count: string, cells: readonly string[]): void {
    const { header } = this.#language;
    const money = this.#money(line, cells);
    const place = { line, field: header[2] };
    const isNothing = (cells[7] ?? '') === '';
    const sums = { count: minorAmount(count, place), amount: money.amount, fee: money.fee };
    const { batch, at, currency } = money;
    this.#book.total({ batch, at, currency: isNothing ? null : currency, ...sums }, { line });
  }

  /** Of a day without lines, a total has no currency. */
  #money(line: number, cells: readonly string[]): Money {
    const { header } = this.#language;
    const at = (index: number): Place => ({ line, field: header[index] });
    const [amount = '', fee = '', code = '', time = '', batch = ''] = cells.slice(5);
    const isNothing = code === '' && cells[2] === '0';
    const currency = isNothing ? 'EUR' : currencyField(code, at(7));
    const amountOf = (value: string, index: number): bigint =>
      this.#language.amount(value, currency, this.#context, at(index));
    return {
      currency,
      amount: amountOf(amount, 5),
      fee: amountOf(fee, 6),
      at: this.#language.time(time, this.#book.lastAt, at(8)),
      batch: requiredText(batch, at(9)),
    };
  }
}

/** What is given back of the payment itself, not of a refund of ours, its payer has taken back. */
function kindOf(type: DayType, parent: string | null): LineKind {
  return type === 'refund' && parent === null ? 'capture_reversal' : type;
}

interface Money {
  readonly currency: Currency;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly at: number;
  readonly batch: string;
}

/** Batches are named after the day's report and their currency: `alder-20261126-EUR`. */
function dayIdOf(batches: readonly string[]): string {
  const days = new Set(
    batches.map((batch) => {
      const currency = batch.slice(-3);
      return isCurrency(currency) ? batch.slice(0, -4) : batch;
    }),
  );
  const [day, ...others] = days;
  if (day === undefined || others.length > 0) {
    return refuse('record', 'batches of more than one day');
  }
  return day;
}
