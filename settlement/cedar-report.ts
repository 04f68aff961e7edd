/** Cedar's report of a day as JSON Lines: a header, lines, payouts and a footer with the totals. */
import type { Currency } from '../domain/currency.ts';
import type { CanonicalLine, FileSummary } from '../domain/settlement-file.ts';
import { BatchBook, equal } from './batch-book.ts';
import { currencyField, isoInstant, minorAmount, optionalText, requiredText } from './fields.ts';
import { idsOf, isOnItsSide, lineTypes, payoutTypes } from './day-types.ts';
import type { FileFormat, Reading, ReadContext } from './format.ts';
import { arrayOf, integerOf, objectOf, readJsonLines, stringOf } from './json-records.ts';
import type { JsonRow } from './json-records.ts';
import { refuse, shown } from './refusal.ts';

interface Header {
  readonly id: string;
  readonly span: { readonly from: number; readonly to: number };
}

export const cedarReport: FileFormat = {
  name: 'cedar_jsonl',
  recognizes: (start) => /^\{"record":"header","provider":"[a-z_]+","report_id":/.test(start),
  async *read(text, context): Reading {
    const report = new CedarReport(context);
    for await (const rows of readJsonLines(text)) {
      yield rows.map((row) => report.take(row)).filter((line) => line !== null);
    }
    return report.end();
  },
};

class CedarReport {
  readonly #provider: string;
  readonly #book = new BatchBook();
  /** Of each currency one batch. */
  readonly #batches = new Map<Currency, string>();
  #header: Header | null = null;
  #lines = 0n;
  #isClosed = false;

  constructor({ provider }: ReadContext) {
    this.#provider = provider;
  }

  take(row: JsonRow): CanonicalLine | null {
    const { line, fields } = row;
    const record = fields['record'];
    if (this.#isClosed) refuse('order', 'after the footer', { line });
    if ((record === 'header') !== (this.#header === null)) {
      refuse('order', 'a header first, and only there', { line });
    }
    switch (record) {
      case 'header':
        this.#header = this.#readHeader(row);
        return null;
      case 'line':
        return this.#readLine(row);
      case 'payout':
        return this.#readPayout(row);
      case 'footer':
        this.#readFooter(row);
        return null;
      default:
        return refuse('record', shown(String(record)), { line, field: 'record' });
    }
  }

  end(): FileSummary {
    if (this.#header === null || !this.#isClosed)
      return refuse('truncated', 'it ends without a footer');
    const { id, span } = this.#header;
    const parts = [id, ...this.#batches.values()].map((part) => `batch/${part}`);
    return { statementId: id, span, lists: ['captured', 'refunded'], parts };
  }

  #readHeader({ line, fields }: JsonRow): Header {
    if (fields['provider'] !== this.#provider) {
      refuse('field', `not ${this.#provider}`, { line, field: 'provider' });
    }
    const id = requiredText(stringOf(fields['report_id'], { line }), { line, field: 'report_id' });
    const instant = (field: string): number =>
      isoInstant(stringOf(fields[field], { line, field }), { line, field });
    const span = { from: instant('covers_from'), to: instant('covers_to') };
    if (span.from >= span.to) refuse('span', 'it ends before it begins', { line });
    return { id, span };
  }

  #readLine({ line, fields }: JsonRow): CanonicalLine {
    const type = lineTypes.find((one) => one === fields['type']);
    if (type === undefined) {
      return refuse('record', shown(String(fields['type'])), { line, field: 'type' });
    }
    const id = this.#text(line, fields, 'movement_id');
    const money = this.#money(line, fields);
    const fee = minorAmount(stringOf(fields['fee'], { line }), { line, field: 'fee' });
    if (!isOnItsSide(type, money.gross)) {
      refuse('amount', `${String(money.gross)} of a ${type}`, { line, field: 'amount' });
    }
    const { from, to } = this.#header?.span ?? { from: 0, to: 0 };
    if (money.occurredAt < from || money.occurredAt >= to) {
      refuse('span', 'not within the time that the report covers', { line, field: 'booked_at' });
    }
    const { gross: amount, currency, batch, occurredAt: at } = money;
    this.#book.line({ id, batch, currency, amount, fee, at }, { line });
    this.#lines += 1n;
    this.#oneBatch(currency, batch, line);
    const place = { line, field: 'parent_id' };
    const parent = optionalText(stringOf(fields['parent_id'], place), place);
    return {
      ...{ line, kind: type, word: null },
      reference: this.#text(line, fields, 'reference'),
      ...idsOf(type, id, parent, place),
      ...{ ...money, fee, net: amount - fee, charged: null, chargedCurrency: null },
    };
  }

  #readPayout({ line, fields }: JsonRow): CanonicalLine {
    const type = payoutTypes.find((one) => one === fields['type']);
    if (type === undefined) {
      return refuse('record', shown(String(fields['type'])), { line, field: 'type' });
    }
    const id = this.#text(line, fields, 'payout_id');
    const money = this.#money(line, fields);
    const { gross: amount, currency, batch, occurredAt: at } = money;
    if (!isOnItsSide(type, amount)) {
      refuse('amount', `${String(amount)} of a ${type}`, { line, field: 'amount' });
    }
    this.#book.payout({ id, batch, currency, amount, fee: 0n, at }, { line });
    return {
      ...{ line, kind: type, word: null, reference: null, providerReference: id },
      ...{ parentReference: null, ...money, fee: 0n, net: amount },
      ...{ charged: null, chargedCurrency: null },
    };
  }

  #readFooter({ line, fields }: JsonRow): void {
    this.#isClosed = true;
    equal('count', this.#lines, integerOf(fields['count'], { line, field: 'count' }), { line });
    const at = this.#header?.span.to ?? 0;
    const totals = arrayOf(fields['totals'], { line, field: 'totals' });
    for (const entry of totals) {
      const total = objectOf(entry, { line, field: 'totals' });
      const of = (field: string): string => stringOf(total[field], { line, field });
      const currency = currencyField(of('currency'), { line, field: 'currency' });
      const batch = this.#batches.get(currency);
      if (batch === undefined) return refuse('totals', `no lines in ${currency}`, { line });
      const count = integerOf(total['count'], { line, field: 'count' });
      const amount = minorAmount(of('amount'), { line, field: 'amount' });
      const fee = minorAmount(of('fee'), { line, field: 'fee' });
      this.#book.total({ batch, currency, at, count, amount, fee }, { line });
    }
    if (totals.length < this.#batches.size) refuse('totals', 'a currency without total', { line });
    // Of a day without lines there are no totals, and nothing left to compare.
    if (totals.length > 0) this.#book.end();
  }

  #oneBatch(currency: Currency, batch: string, line: number): void {
    const known = this.#batches.get(currency) ?? batch;
    if (known !== batch) refuse('record', `a second batch in ${currency}`, { line });
    this.#batches.set(currency, batch);
  }

  #text(line: number, fields: JsonRow['fields'], field: string): string {
    return requiredText(stringOf(fields[field], { line, field }), { line, field });
  }

  #money(line: number, fields: JsonRow['fields']): Money {
    const of = (field: string): string => stringOf(fields[field], { line, field });
    return {
      gross: minorAmount(of('amount'), { line, field: 'amount' }),
      currency: currencyField(of('currency'), { line, field: 'currency' }),
      occurredAt: isoInstant(of('booked_at'), { line, field: 'booked_at' }),
      batch: this.#text(line, fields, 'batch_id'),
    };
  }
}

interface Money {
  readonly gross: bigint;
  readonly currency: Currency;
  readonly occurredAt: number;
  readonly batch: string;
}
