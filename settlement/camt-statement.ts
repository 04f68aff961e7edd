/** A statement of CAMT.053 without its entries: the account, its days and its balances. */
import type { Currency } from '../domain/currency.ts';
import type { Statement } from './account-book.ts';
import { dayMs } from './account-book.ts';
import { currencyField, dateField, isoInstant, majorAmount, requiredText } from './fields.ts';
import { equal } from './batch-book.ts';
import { refuse, shown } from './refusal.ts';
import type { Place } from './refusal.ts';

interface Balance {
  readonly amount: bigint;
  readonly day: number;
}

/** Opening balances: of the period, or the closing one of the period before. */
const openingCodes: readonly string[] = ['OPBD', 'PRCD'];

export class StatementReader {
  readonly #balances = new Map<string, Balance>();
  #account = '';
  #currency: Currency | null = null;
  #from: number | null = null;
  #to: number | null = null;
  #entries = 0n;
  #count = 0n;
  #promised: bigint | null = null;
  #balance: { code: string; amount: bigint | null; isDebit: boolean; day: number | null } = empty();
  #amountCurrency = '';

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'Bal') this.#balance = empty();
    if (name === 'Amt') this.#amountCurrency = attributes['Ccy'] ?? '';
  }

  close(path: readonly string[], name: string, text: string, line: number): void {
    const parent = path.at(-1) ?? '';
    const place = { line, field: name };
    if (path.includes('CdtLine')) return;
    if (path.includes('Bal')) this.#closeInBalance(name, text, place);
    else if (name === 'Bal') this.#closeBalance(line);
    else if (path.includes('Acct') && !path.includes('Ownr') && !path.includes('Svcr')) {
      if (name === 'IBAN' || (name === 'Id' && parent === 'Othr'))
        this.#account = requiredText(text, place);
      if (name === 'Ccy' && parent === 'Acct') this.#inCurrency(text, place);
    } else if (parent === 'FrToDt' && name === 'FrDtTm') this.#from = dayOf(text, place);
    else if (parent === 'FrToDt' && name === 'ToDtTm') this.#to = dayOf(text, place, true);
    else if (parent === 'TtlNtries' && name === 'NbOfNtries') this.#promised = countOf(text, place);
  }

  /** Once for each entry; what is not booked is not part of the balance. */
  entry(currency: Currency, amount: bigint, isBooked: boolean, line: number): void {
    this.#inCurrency(currency, { line, field: 'Amt' });
    this.#count += 1n;
    if (isBooked) this.#entries += amount;
  }

  read(line: number): {
    readonly statement: Statement;
    readonly balances: { opening: bigint; entries: bigint; closing: bigint };
  } {
    const currency = this.#currency ?? refuse('currency', 'no account currency', { line });
    const account = requiredText(this.#account, { line, field: 'Acct' });
    const code = openingCodes.find((one) => this.#balances.has(one)) ?? '';
    const opening = this.#balances.get(code);
    const closing = this.#balances.get('CLBD');
    if (opening === undefined || closing === undefined) {
      return refuse('continuity', 'no opening or no closing balance', { line, field: 'Bal' });
    }
    if (this.#promised !== null) equal('entries', this.#count, this.#promised, { line });
    // A balance of the day before is there when this day begins.
    const from = this.#from ?? (code === 'PRCD' ? opening.day + dayMs : opening.day);
    const to = this.#to ?? closing.day + dayMs;
    if (from >= to) refuse('span', 'it ends before it begins', { line });
    const balances = { opening: opening.amount, entries: this.#entries, closing: closing.amount };
    return { statement: { account, currency, from, to }, balances };
  }

  #closeInBalance(name: string, text: string, place: Place): void {
    switch (name) {
      case 'Cd':
        this.#balance.code = text;
        break;
      case 'Amt': {
        const currency = this.#inCurrency(this.#amountCurrency, place);
        this.#balance.amount = majorAmount(text, { currency }, place);
        break;
      }
      case 'CdtDbtInd':
        this.#balance.isDebit = isDebit(text, place);
        break;
      case 'Dt':
      case 'DtTm':
        if (text !== '') this.#balance.day = dayOf(text, place);
        break;
      default:
    }
  }

  #closeBalance(line: number): void {
    const { code, amount, isDebit: below, day } = this.#balance;
    if (amount === null || day === null)
      return refuse('field', 'a balance without amount or day', { line });
    // Of several of a kind, in parts of a long statement, the first opens and the last closes.
    if (code === 'CLBD' || !this.#balances.has(code)) {
      this.#balances.set(code, { amount: below ? -amount : amount, day });
    }
  }

  #inCurrency(code: string, place: Place): Currency {
    const currency = currencyField(code, place);
    this.#currency ??= currency;
    if (currency !== this.#currency)
      refuse('currency', `${code} on an account in ${this.#currency}`, place);
    return currency;
  }
}

function empty(): { code: string; amount: bigint | null; isDebit: boolean; day: number | null } {
  return { code: '', amount: null, isDebit: false, day: null };
}

export function isDebit(text: string, place: Place): boolean {
  return text === 'DBIT' || (text !== 'CRDT' && refuse('field', shown(text), place));
}

function countOf(text: string, place: Place): bigint {
  return /^\d{1,9}$/.test(text) ? BigInt(text) : refuse('amount', shown(text), place);
}

/** A day as the bank counts days. As the end of a span: the one behind the last. */
function dayOf(text: string, place: Place, isEnd = false): number {
  const at = instantOf(text, place);
  const midnight = Math.floor(at / dayMs) * dayMs;
  return isEnd && at > midnight ? midnight + dayMs : midnight;
}

/** With an offset, without one, or only a day. A time without an offset is on the bank's clock, as its days are. */
export function instantOf(text: string, place: Place): number {
  if (text.length <= 10) return dateField(text, place);
  return isoInstant(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`, place);
}
