/** An entry of CAMT.053, and what it says it is about. */
import type { Currency } from '../domain/currency.ts';
import type { CanonicalLine } from '../domain/settlement-file.ts';
import { instantOf, isDebit } from './camt-statement.ts';
import { currencyField, keptLengthMax, majorAmount, optionalText, requiredText } from './fields.ts';
import { refuse } from './refusal.ts';

interface Transaction {
  amount: bigint | null;
  bankReference: string;
  endToEndId: string;
  creditorReference: string;
  remittance: string;
  counterparty: string;
}

const noTransaction: Readonly<Transaction> = {
  ...{ amount: null, bankReference: '', endToEndId: '', creditorReference: '', remittance: '' },
  counterparty: '',
};

export interface Entry {
  readonly currency: Currency;
  readonly amount: bigint;
  /** Pending and informational entries are no money yet. */
  readonly isBooked: boolean;
}

export class EntryReader {
  readonly #line: number;
  #currency = '';
  #amount: bigint | null = null;
  #isDebit: boolean | null = null;
  #status = '';
  #bookedAt: number | null = null;
  #bankReference = '';
  #entryReference = '';
  #transactions: Transaction[] = [];
  #amountCurrency = '';

  constructor(line: number) {
    this.#line = line;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'TxDtls') this.#transactions.push({ ...noTransaction });
    if (name === 'Amt') this.#amountCurrency = attributes['Ccy'] ?? '';
  }

  close(path: readonly string[], name: string, text: string, line: number): void {
    const parent = path.at(-1) ?? '';
    const place = { line, field: name };
    const transaction = path.includes('TxDtls') ? this.#transactions.at(-1) : undefined;
    if (transaction !== undefined) {
      this.#closeInTransaction(transaction, path, name, text, line);
      return;
    }
    if (parent === 'Ntry' && name === 'Amt') {
      const currency = currencyField(this.#amountCurrency, place);
      this.#currency = currency;
      this.#amount = majorAmount(text, { currency }, place);
    }
    if (parent === 'Ntry' && name === 'CdtDbtInd') this.#isDebit = isDebit(text, place);
    if (parent === 'Ntry' && name === 'AcctSvcrRef') this.#bankReference = text;
    if (parent === 'Ntry' && name === 'NtryRef') this.#entryReference = text;
    // A code of its own since version 04, before that the text itself.
    if (
      (parent === 'Sts' && name === 'Cd') ||
      (parent === 'Ntry' && name === 'Sts' && text !== '')
    ) {
      this.#status = text;
    }
    if (parent === 'BookgDt' && text !== '') this.#bookedAt = instantOf(text, place);
  }

  read(): Entry {
    const place = { line: this.#line, field: 'Ntry' };
    const amount = this.#amount ?? refuse('field', 'no amount', place);
    if (amount < 0n) refuse('amount', 'the side says it, not the sign', place);
    const below = this.#isDebit ?? refuse('field', 'neither credit nor debit', place);
    const currency = currencyField(this.#currency, place);
    return { currency, amount: below ? -amount : amount, isBooked: this.#status === 'BOOK' };
  }

  /** The bank's own name for it. */
  get reference(): string {
    return requiredText(this.#bankReference || this.#entryReference, {
      line: this.#line,
      field: 'AcctSvcrRef',
    });
  }

  lines(): readonly Omit<CanonicalLine, 'line'>[] {
    const { currency, amount } = this.read();
    const place = { line: this.#line, field: 'BookgDt' };
    const occurredAt = this.#bookedAt ?? refuse('field', 'no booking date', place);
    return this.#parts(amount).map((transaction) => {
      const gross = transaction.amount ?? amount;
      return {
        ...{ kind: gross < 0n ? 'bank_debit' : 'bank_credit', word: null },
        reference: this.#aboutOf(transaction),
        providerReference: transaction.bankReference || this.reference,
        ...{ parentReference: null, gross, fee: 0n, net: gross, currency },
        ...{ charged: null, chargedCurrency: null, batch: null, occurredAt },
        counterparty: this.#kept(transaction.counterparty, 'Nm'),
      };
    });
  }

  /** Each transaction with its amount, where those are the whole entry; else the entry as one. */
  #parts(amount: bigint): readonly Readonly<Transaction>[] {
    const amounts = this.#transactions.map((one) => one.amount);
    const signed = amounts.map((one) => (one === null ? null : amount < 0n ? -one : one));
    const isWhole =
      signed.length > 1 &&
      signed.every((one) => one !== null) &&
      signed.reduce((sum, one) => sum + one, 0n) === amount;
    if (isWhole) {
      return this.#transactions.map((one, index) => ({ ...one, amount: signed[index] ?? null }));
    }
    return [{ ...(this.#transactions[0] ?? noTransaction), amount: null }];
  }

  #closeInTransaction(
    transaction: Transaction,
    path: readonly string[],
    name: string,
    text: string,
    line: number,
  ): void {
    const parent = path.at(-1) ?? '';
    const isAmount = name === 'Amt' && (parent === 'TxDtls' || parent === 'TxAmt');
    // In the currency of the account; what somebody was charged elsewhere is another matter.
    if (isAmount && this.#amountCurrency === this.#currency) {
      const currency = currencyField(this.#amountCurrency, { line, field: name });
      transaction.amount ??= majorAmount(text, { currency }, { line, field: name });
    }
    if (parent === 'Refs' && name === 'AcctSvcrRef') transaction.bankReference = text;
    if (parent === 'Refs' && name === 'EndToEndId') transaction.endToEndId = text;
    if (parent === 'CdtrRefInf' && name === 'Ref') transaction.creditorReference = text;
    if (parent === 'RmtInf' && name === 'Ustrd') transaction.remittance ||= text;
    // The other side: whoever pays a credit, whoever is paid by a debit.
    const side = (this.#isDebit ?? false) ? 'Cdtr' : 'Dbtr';
    if (name === 'Nm' && path.includes(side)) transaction.counterparty ||= text;
  }

  /** What a payer writes is kept as it is, as far as it fits: no reason to refuse a statement. */
  #aboutOf({ endToEndId, creditorReference, remittance }: Readonly<Transaction>): string | null {
    const known = endToEndId === 'NOTPROVIDED' ? '' : endToEndId;
    return this.#kept(known || creditorReference || remittance, 'EndToEndId');
  }

  #kept(text: string, field: string): string | null {
    const line = text.replaceAll(/\s+/g, ' ').slice(0, keptLengthMax);
    return optionalText(line, { line: this.#line, field });
  }
}
