/**
 * What a day's report says it adds up to, against what it lists: by batch, every line counted, and the payout
 * what is left of them after fees. Rows come in this order: lines, payouts, totals.
 */
import type { Currency } from '../domain/currency.ts';
import { refuse } from './refusal.ts';
import type { Place } from './refusal.ts';
import { SeenIds } from './seen-ids.ts';

interface Sums {
  readonly count: bigint;
  readonly amount: bigint;
  readonly fee: bigint;
}

interface Batch extends Sums {
  readonly currency: Currency;
  readonly payout: bigint | null;
  readonly isClosed: boolean;
}

export interface Moved {
  readonly batch: string;
  readonly id: string;
  readonly currency: Currency;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly at: number;
}

export interface Closing extends Sums {
  readonly batch: string;
  /** Null: of a day without lines. */
  readonly currency: Currency | null;
  readonly at: number;
}

const dayMs = 24 * 3_600_000;
const phases = ['line', 'payout', 'total'] as const;
type Phase = (typeof phases)[number];

export class BatchBook {
  readonly #batches = new Map<string, Batch>();
  readonly #seen = new SeenIds();
  #phase: Phase = 'line';
  #firstAt = Infinity;
  #lastAt = -Infinity;
  #closedAt: number | null = null;

  /** The time of the row before, in which order rows are. */
  get lastAt(): number {
    return this.#lastAt;
  }

  line({ batch, id, currency, amount, fee, at }: Moved, place: Place): void {
    this.#enter('line', place);
    this.#onlyOnce(id, place);
    if (at < this.#lastAt) refuse('order', 'earlier than the row before', place);
    this.#firstAt = Math.min(this.#firstAt, at);
    this.#lastAt = at;
    const known = this.#batches.get(batch);
    if (known !== undefined && known.currency !== currency) {
      refuse('currency', `${currency} in a batch of ${known.currency}`, place);
    }
    const { count, amount: sum, fee: fees } = known ?? { count: 0n, amount: 0n, fee: 0n };
    const sums = { count: count + 1n, amount: sum + amount, fee: fees + fee };
    this.#batches.set(batch, { currency, payout: null, isClosed: false, ...sums });
  }

  payout({ batch, id, currency, amount, fee, at }: Moved, place: Place): void {
    this.#enter('payout', place);
    this.#onlyOnce(id, place);
    this.#close(at, place);
    const known = this.#batches.get(batch);
    if (known?.payout !== null) return refuse('totals', 'a payout of no batch, or a second', place);
    if (known.currency !== currency)
      refuse('currency', `${currency}, not ${known.currency}`, place);
    equal('amount', known.amount - known.fee, amount, place);
    equal('fee', 0n, fee, place);
    this.#batches.set(batch, { ...known, payout: amount });
  }

  total({ batch, currency, at, ...sums }: Closing, place: Place): void {
    this.#enter('total', place);
    this.#close(at, place);
    const known = this.#batches.get(batch);
    if (known?.isClosed === true) refuse('totals', 'a second total of the batch', place);
    if (known !== undefined && currency !== known.currency) {
      refuse('currency', `${String(currency)}, not ${known.currency}`, place);
    }
    equal('count', known?.count ?? 0n, sums.count, place);
    equal('amount', known?.amount ?? 0n, sums.amount, place);
    equal('fee', known?.fee ?? 0n, sums.fee, place);
    if (known === undefined) {
      if (currency !== null) refuse('totals', 'a total of no lines', place);
      if (this.#batches.size > 0) refuse('totals', 'nothing and something', place);
      this.#batches.set(batch, { currency: 'EUR', payout: null, isClosed: true, ...sums });
      return;
    }
    this.#batches.set(batch, { ...known, isClosed: true });
  }

  /** The batches, and the day they were closed at the end of. */
  end(): { readonly batches: readonly string[]; readonly span: { from: number; to: number } } {
    const to = this.#closedAt;
    if (this.#phase !== 'total' || to === null) refuse('truncated', 'it ends without totals');
    for (const [name, { isClosed, payout, amount, fee }] of this.#batches) {
      if (!isClosed) refuse('truncated', `no total of ${name}`);
      if (payout === null && amount !== fee) refuse('totals', `no payout of ${name}`);
    }
    const from = to - dayMs;
    if (this.#firstAt < from || this.#lastAt >= to) {
      refuse('span', 'movements of another day than the one that is closed');
    }
    return { batches: [...this.#batches.keys()], span: { from, to } };
  }

  #enter(phase: Phase, place: Place): void {
    if (phases.indexOf(phase) < phases.indexOf(this.#phase)) {
      refuse('order', `a ${phase} after a ${this.#phase}`, place);
    }
    this.#phase = phase;
  }

  #onlyOnce(id: string, place: Place): void {
    if (!this.#seen.add(id)) refuse('duplicate', id, place);
  }

  #close(at: number, place: Place): void {
    this.#closedAt ??= at;
    if (at !== this.#closedAt) refuse('time', 'batches of one day, closed at two times', place);
  }
}

export function equal(what: string, expected: bigint, found: bigint, place: Place): void {
  if (expected === found) return;
  const detail = `${what}: ${String(expected)} by the rows, ${String(found)} by the file`;
  refuse('totals', detail, place);
}
