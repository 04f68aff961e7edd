/**
 * Stripe's itemised payout reconciliation report (`payout_reconciliation.itemized`), by the names in its
 * header. It has no totals: that its end is missing shows only in the middle of a row, and else when what it
 * lists of a payout is not what was paid out.
 */
import { equal } from './batch-book.ts';
import { Columns } from './csv-records.ts';
import type { CsvRow } from './csv-records.ts';
import { currencyField, majorAmount, optionalText, requiredText } from './fields.ts';
import { csvFormat, firstLineOf } from './format.ts';
import type { ReadContext, RowReader } from './format.ts';
import type { CanonicalLine, FileSummary } from '../domain/settlement-file.ts';
import { refuse } from './refusal.ts';
import { SeenIds } from './seen-ids.ts';
import { stripeKindOf } from './stripe-kinds.ts';
import { namedTime } from './zones.ts';

const required = [
  'automatic_payout_id', 'balance_transaction_id', 'created_utc', 'reporting_category', 'gross', 'fee',
  'net', 'currency',
] as const; // prettier-ignore

/** Columns that are chosen when the report is ordered. */
const optional = [
  'source_id', 'charge_id', 'payment_intent_id', 'payment_metadata[tender_reference]',
  'payment_metadata[tender_capture]', 'refund_metadata[tender_reference]', 'customer_facing_amount',
  'customer_facing_currency',
] as const; // prettier-ignore

type Name = (typeof required)[number] | (typeof optional)[number];

/** What shoppers and merchants write. */
function isFreeText(column: string): boolean {
  const isOurs = (optional as readonly string[]).includes(column);
  return !isOurs && /description|customer_|metadata\[|statement_descriptor|shipping/.test(column);
}

export const stripeReport = csvFormat({
  name: 'stripe_itemized_csv',
  delimiter: ',',
  isFreeText,
  recognizes: (start) =>
    ['automatic_payout_id', 'balance_transaction_id', 'reporting_category'].every((name) =>
      firstLineOf(start).includes(name),
    ),
  open: (header, context) => new StripeReport(new Columns<Name>(header, required), context),
});

class StripeReport implements RowReader {
  readonly #columns: Columns<Name>;
  readonly #context: ReadContext;
  readonly #seen = new SeenIds();
  readonly #payouts = new Set<string>();

  constructor(columns: Columns<Name>, context: ReadContext) {
    this.#columns = columns;
    this.#context = context;
  }

  take(row: CsvRow): CanonicalLine {
    const { line } = row;
    const of = (field: Name): string => this.#columns.of(row, field);
    const required = (field: Name): string => requiredText(of(field), { line, field });
    const id = required('balance_transaction_id');
    if (!this.#seen.add(id)) refuse('duplicate', id, { line, field: 'balance_transaction_id' });
    const batch = required('automatic_payout_id');
    this.#payouts.add(batch);
    const currency = currencyField(of('currency').toUpperCase(), { line, field: 'currency' });
    const { exponents } = this.#context;
    const amount = (field: 'gross' | 'fee' | 'net'): bigint =>
      majorAmount(of(field), { currency, exponents }, { line, field });
    const [gross, fee, net] = [amount('gross'), amount('fee'), amount('net')];
    equal('net', gross - fee, net, { line, field: 'net' });
    const category = required('reporting_category');
    const kind = stripeKindOf(category, net);
    const isPayout = kind === 'payout' || kind === 'collection';
    return {
      ...{ line, kind, word: kind === 'unknown' ? category : null },
      reference: this.#reference(row, kind),
      providerReference: this.#text(row, 'source_id') ?? this.#text(row, 'charge_id') ?? id,
      parentReference: this.#text(row, 'payment_intent_id'),
      ...(isPayout ? { gross: -gross, fee: -fee, net: -net } : { gross, fee, net }),
      ...{ currency, ...this.#charged(row, currency), batch },
      occurredAt: namedTime(of('created_utc'), 'UTC', { line, field: 'created_utc' }),
    };
  }

  end(): FileSummary {
    if (this.#payouts.size === 0) refuse('truncated', 'no rows');
    const payouts = [...this.#payouts];
    const parts = payouts.map((id) => `payout/${id}`);
    // Of what is not paid out yet it says nothing.
    return {
      statementId: payouts.length === 1 ? (payouts[0] ?? null) : null,
      span: null,
      lists: [],
      parts,
    };
  }

  #text(row: CsvRow, field: Name): string | null {
    return optionalText(this.#columns.of(row, field), { line: row.line, field });
  }

  /** A capture's own reference is on the intent, beside that of its attempt. */
  #reference(row: CsvRow, kind: CanonicalLine['kind']): string | null {
    const refund = this.#text(row, 'refund_metadata[tender_reference]');
    if (kind === 'refund' || kind === 'refund_reversal') return refund;
    return (
      this.#text(row, 'payment_metadata[tender_capture]') ??
      this.#text(row, 'payment_metadata[tender_reference]')
    );
  }

  #charged(row: CsvRow, settled: string): Pick<CanonicalLine, 'charged' | 'chargedCurrency'> {
    const { line } = row;
    const code = this.#columns.of(row, 'customer_facing_currency').toUpperCase();
    const value = this.#columns.of(row, 'customer_facing_amount');
    if (code === '' || code === settled || value === '')
      return { charged: null, chargedCurrency: null };
    const currency = currencyField(code, { line, field: 'customer_facing_currency' });
    const { exponents } = this.#context;
    const place = { line, field: 'customer_facing_amount' };
    return {
      charged: majorAmount(value, { currency, exponents }, place),
      chargedCurrency: currency,
    };
  }
}
