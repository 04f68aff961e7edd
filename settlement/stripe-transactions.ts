/**
 * A payout of Stripe's and the balance transactions it is made of, as its adapter wrote them down: JSON Lines
 * with a header, the transactions and a footer. Together they come to nothing, the payout among them.
 */
import type { Currency } from '../domain/currency.ts';
import type { CanonicalLine, FileSummary } from '../domain/settlement-file.ts';
import { equal } from './batch-book.ts';
import { currencyField, inIsoUnits, optionalText, requiredText } from './fields.ts';
import type { Exponents } from './fields.ts';
import type { FileFormat, Reading, ReadContext } from './format.ts';
import { integerOf, objectOf, readJsonLines, stringOf } from './json-records.ts';
import type { JsonRow } from './json-records.ts';
import { refuse, shown } from './refusal.ts';
import { SeenIds } from './seen-ids.ts';
import { stripeKindOf } from './stripe-kinds.ts';

interface Payout {
  readonly id: string;
  readonly currency: Currency;
  /** What arrives at the bank. */
  readonly amount: bigint;
}

export const stripeTransactions: FileFormat = {
  name: 'stripe_balance_transactions',
  recognizes: (start) => start.startsWith('{"record":"header","provider":"stripe","payout":'),
  async *read(text, context): Reading {
    const reader = new StripeTransactions(context);
    for await (const rows of readJsonLines(text)) {
      yield rows.map((row) => reader.take(row)).filter((line) => line !== null);
    }
    return reader.end();
  },
};

class StripeTransactions {
  readonly #exponents: Exponents;
  readonly #seen = new SeenIds();
  #payout: Payout | null = null;
  #count = 0n;
  /** Of all but the payout itself. */
  #net = 0n;
  #isClosed = false;

  constructor({ exponents }: ReadContext) {
    this.#exponents = exponents;
  }

  take({ line, fields }: JsonRow): CanonicalLine | null {
    const record = fields['record'];
    if (this.#isClosed) refuse('order', 'after the footer', { line });
    if (record === 'header' && this.#payout === null) {
      this.#payout = this.#readPayout(line, fields);
      return null;
    }
    if (this.#payout === null) return refuse('order', 'no header', { line });
    if (record === 'transaction') return this.#readTransaction(line, fields, this.#payout);
    if (record !== 'footer') return refuse('record', shown(String(record)), { line });
    equal('count', this.#count, integerOf(fields['count'], { line, field: 'count' }), { line });
    equal('payout', this.#net, this.#payout.amount, { line });
    this.#isClosed = true;
    return null;
  }

  end(): FileSummary {
    if (this.#payout === null || !this.#isClosed)
      return refuse('truncated', 'it ends without a footer');
    const { id } = this.#payout;
    // Of what is not paid out yet it says nothing.
    return { statementId: id, span: null, lists: [], parts: [`payout/${id}`] };
  }

  #readPayout(line: number, fields: JsonRow['fields']): Payout {
    const payout = objectOf(fields['payout'], { line, field: 'payout' });
    const currency = this.#currency(payout['currency'], line);
    return {
      id: requiredText(stringOf(payout['id'], { line }), { line, field: 'payout.id' }),
      currency,
      amount: this.#amount(payout['amount'], currency, line, 'payout.amount'),
    };
  }

  #readTransaction(line: number, fields: JsonRow['fields'], payout: Payout): CanonicalLine {
    const of = (field: string): string => stringOf(fields[field], { line, field });
    const id = requiredText(of('id'), { line, field: 'id' });
    if (!this.#seen.add(id)) refuse('duplicate', id, { line, field: 'id' });
    const currency = this.#currency(fields['currency'], line);
    if (currency !== payout.currency)
      refuse('currency', `${currency}, paid out in ${payout.currency}`, { line });
    const [amount, fee, net] = ['amount', 'fee', 'net'].map((field) =>
      this.#amount(fields[field], currency, line, field),
    ) as [bigint, bigint, bigint];
    equal('net', amount - fee, net, { line, field: 'net' });
    const category = requiredText(of('reporting_category'), { line, field: 'reporting_category' });
    const kind = stripeKindOf(category, net);
    const isPayout = kind === 'payout' || kind === 'collection';
    this.#count += 1n;
    if (isPayout) equal('payout', -payout.amount, net, { line, field: 'net' });
    else this.#net += net;
    return {
      ...{ line, kind, word: kind === 'unknown' ? category : null },
      ...sourceOf(fields, id, line),
      ...(isPayout ? { gross: -amount, fee: -fee, net: -net } : { gross: amount, fee, net }),
      ...{ currency, charged: null, chargedCurrency: null, batch: payout.id },
      occurredAt: Number(integerOf(fields['created'], { line, field: 'created' })) * 1_000,
    };
  }

  #currency(value: unknown, line: number): Currency {
    const place = { line, field: 'currency' };
    return currencyField(stringOf(value, place).toUpperCase(), place);
  }

  #amount(value: unknown, currency: Currency, line: number, field: string): bigint {
    return inIsoUnits(integerOf(value, { line, field }), currency, this.#exponents, {
      line,
      field,
    });
  }
}

type Source = Pick<CanonicalLine, 'reference' | 'providerReference' | 'parentReference'>;

/** What it is about, by Stripe's id, that of its payment intent, and ours. */
function sourceOf(fields: JsonRow['fields'], transaction: string, line: number): Source {
  if (fields['source'] === null) {
    return { reference: null, providerReference: transaction, parentReference: null };
  }
  const source = objectOf(fields['source'], { line, field: 'source' });
  const text = (field: string): string | null =>
    optionalText(stringOf(source[field], { line, field }), { line, field });
  return {
    reference: text('reference'),
    providerReference: text('id') ?? transaction,
    parentReference: text('payment_intent'),
  };
}
