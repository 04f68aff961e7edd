/** A bank statement's balances: what was there before, and every entry, give what is there after. */
import type { Currency } from '../domain/currency.ts';
import type { AccountStatement } from '../domain/settlement-file.ts';
import { refuse } from './refusal.ts';
import type { Place } from './refusal.ts';

export interface Statement {
  readonly account: string;
  readonly currency: Currency;
  /** Midnight UTC of its first and behind its last day. */
  readonly from: number;
  readonly to: number;
}

export const dayMs = 24 * 3_600_000;
const daysMax = 400;

export class AccountBook {
  readonly #parts = new Set<string>();
  /** By account and currency: the balance that the statement before ended with. */
  readonly #closing = new Map<string, bigint>();
  readonly #statements: AccountStatement[] = [];
  #from = Infinity;
  #to = -Infinity;

  /** Of statements of one account in one file, each begins with what the one before ended with. */
  add(
    statement: Statement,
    { opening, entries, closing }: { opening: bigint; entries: bigint; closing: bigint },
    place: Place,
  ): void {
    const { account, currency, from, to } = statement;
    const name = `${account}/${currency}`;
    const before = this.#closing.get(name) ?? opening;
    if (before !== opening) {
      refuse('continuity', `opens with ${String(opening)} after ${String(before)}`, place);
    }
    if (opening + entries !== closing) {
      const sum = String(opening + entries);
      refuse('continuity', `${sum} by the entries, ${String(closing)} by the balance`, place);
    }
    this.#closing.set(name, closing);
    this.#statements.push({ ...statement, opening, closing });
    if (to - from > daysMax * dayMs) refuse('span', `more than ${String(daysMax)} days`, place);
    for (let day = from; day < to; day += dayMs) this.#addDay(name, day, place);
    this.#from = Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
  }

  /** The same day of an account in whatever format is the same part. */
  end(): {
    readonly parts: readonly string[];
    readonly span: { from: number; to: number } | null;
    readonly statements: readonly AccountStatement[];
  } {
    const [parts, statements] = [[...this.#parts], this.#statements];
    const span = parts.length === 0 ? null : { from: this.#from, to: this.#to };
    return { parts, span, statements };
  }

  #addDay(name: string, day: number, place: Place): void {
    const part = `day/${name}/${new Date(day).toISOString().slice(0, 10)}`;
    if (this.#parts.has(part)) refuse('duplicate', part, place);
    this.#parts.add(part);
  }
}
