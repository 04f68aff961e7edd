/**
 * Adyen's settlement details report, by the names in its header, which are configurable in number and order.
 * It has no totals, but a batch comes to nothing: what it pays out, or carries over, is a row of it.
 */
import type { Currency } from '../domain/currency.ts';
import type { CanonicalLine, FileSummary } from '../domain/settlement-file.ts';
import { adyenKindOf } from './adyen-kinds.ts';
import { equal } from './batch-book.ts';
import { Columns } from './csv-records.ts';
import type { CsvRow } from './csv-records.ts';
import { currencyField, majorAmount, optionalText, requiredText } from './fields.ts';
import { csvFormat, firstLineOf } from './format.ts';
import type { ReadContext, RowReader } from './format.ts';
import { refuse } from './refusal.ts';
import { SeenIds } from './seen-ids.ts';
import { namedTime } from './zones.ts';

const required = [
  'Merchant Account', 'Psp Reference', 'Merchant Reference', 'Creation Date', 'TimeZone', 'Type',
  'Modification Reference', 'Gross Currency', 'Gross Debit (GC)', 'Gross Credit (GC)', 'Net Currency',
  'Net Debit (NC)', 'Net Credit (NC)', 'Commission (NC)', 'Batch Number',
] as const; // prettier-ignore
type Name =
  (typeof required)[number] | (typeof feeColumns)[number] | 'Modification Merchant Reference';

const feeColumns = [
  'Commission (NC)',
  'Markup (NC)',
  'Scheme Fees (NC)',
  'Interchange (NC)',
] as const;

export const adyenReport = csvFormat({
  name: 'adyen_settlement_details',
  delimiter: ',',
  recognizes: (start) =>
    ['Psp Reference', 'Net Credit (NC)', 'Batch Number'].every((name) =>
      firstLineOf(start).includes(name),
    ),
  open: (header, context) => new AdyenReport(new Columns<Name>(header, required), context),
});

class AdyenReport implements RowReader {
  readonly #columns: Columns<Name>;
  readonly #context: ReadContext;
  readonly #seen = new SeenIds();
  /** By batch and currency: what is left in it. */
  readonly #left = new Map<string, bigint>();
  readonly #parts = new Set<string>();

  constructor(columns: Columns<Name>, context: ReadContext) {
    this.#columns = columns;
    this.#context = context;
  }

  take(row: CsvRow): CanonicalLine {
    const { line } = row;
    const text = (field: Name): string | null =>
      optionalText(this.#columns.of(row, field), { line, field });
    const required = (field: Name): string =>
      requiredText(this.#columns.of(row, field), { line, field });
    const currency = currencyField(required('Net Currency'), { line, field: 'Net Currency' });
    const net = this.#side(row, currency, ['Net Credit (NC)', 'Net Debit (NC)']);
    const fee = feeColumns.reduce((sum, field) => sum + this.#amount(row, field, currency), 0n);
    const type = required('Type');
    const kind = adyenKindOf(type, net);
    const batch = this.#batch(
      required('Merchant Account'),
      required('Batch Number'),
      currency,
      net,
    );
    const [payment, modification] = [text('Psp Reference'), text('Modification Reference')];
    this.#onlyOnce(kind, type, payment, modification, line);
    const isPayout = kind === 'payout' || kind === 'collection';
    return {
      ...{ line, kind, word: kind === 'unknown' ? type : null },
      reference: text('Modification Merchant Reference') ?? text('Merchant Reference'),
      providerReference: modification ?? payment,
      parentReference: payment,
      ...(isPayout ? { gross: -net - fee, fee: -fee, net: -net } : { gross: net + fee, fee, net }),
      ...{ currency, ...this.#charged(row, currency, net + fee), batch },
      occurredAt: namedTime(required('Creation Date'), required('TimeZone'), {
        line,
        field: 'Creation Date',
      }),
    };
  }

  end(): FileSummary {
    for (const [name, left] of this.#left) {
      if (left !== 0n)
        refuse('totals', `batch ${name}: ${String(left)} is left, or rows are missing`);
    }
    // Cut off behind the header, it would look the same.
    if (this.#parts.size === 0 && !this.#context.isWhole) refuse('truncated', 'no rows');
    const parts = [...this.#parts];
    const statementId = parts.length === 1 ? (parts[0] ?? null) : null;
    // Over which time a batch is complete, the file does not say.
    return { statementId, span: null, lists: ['captured', 'refunded'], parts };
  }

  /** One movement may be settled, and later charged back: each once. */
  #onlyOnce(
    kind: CanonicalLine['kind'],
    type: string,
    payment: string | null,
    modification: string | null,
    line: number,
  ): void {
    if (modification === null || kind === 'fee' || kind === 'unknown') return;
    if (this.#seen.add(`${type} ${payment ?? ''} ${modification}`)) return;
    refuse('duplicate', modification, { line, field: 'Modification Reference' });
  }

  #batch(account: string, number: string, currency: Currency, net: bigint): string {
    const batch = `${account}/${number}`;
    this.#parts.add(`batch/${batch}`);
    const name = `${batch}/${currency}`;
    this.#left.set(name, (this.#left.get(name) ?? 0n) + net);
    return batch;
  }

  #amount(row: CsvRow, field: Name, currency: Currency): bigint {
    const value = this.#columns.of(row, field);
    if (value === '') return 0n;
    const { exponents } = this.#context;
    return majorAmount(value, { currency, exponents }, { line: row.line, field });
  }

  /** Of two columns, one for each side, at most one is filled. */
  #side(row: CsvRow, currency: Currency, [plus, minus]: readonly [Name, Name]): bigint {
    const [credit, debit] = [this.#amount(row, plus, currency), this.#amount(row, minus, currency)];
    if ((credit !== 0n && debit !== 0n) || credit < 0n || debit < 0n) {
      refuse('amount', 'a credit or a debit, not both, and none below zero', {
        line: row.line,
        field: plus,
      });
    }
    return credit - debit;
  }

  /** What the payer saw, where it was settled in another currency; in the same one it must be the gross. */
  #charged(
    row: CsvRow,
    settled: Currency,
    gross: bigint,
  ): Pick<CanonicalLine, 'charged' | 'chargedCurrency'> {
    const { line } = row;
    const code = this.#columns.of(row, 'Gross Currency');
    if (code === '') return { charged: null, chargedCurrency: null };
    const currency = currencyField(code, { line, field: 'Gross Currency' });
    const charged = this.#side(row, currency, ['Gross Credit (GC)', 'Gross Debit (GC)']);
    if (currency !== settled) return { charged, chargedCurrency: currency };
    if (charged !== 0n) equal('gross', gross, charged, { line, field: 'Gross Credit (GC)' });
    return { charged: null, chargedCurrency: null };
  }
}
