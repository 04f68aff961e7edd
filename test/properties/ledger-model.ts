/**
 * What `post_entries` must answer, in 200 lines: two accounts of one merchant, one of them (2100) bounded.
 * Time moves in steps of 1,000 s and intervals end half-way between, so that real seconds do not matter.
 */

export interface ModelEntry {
  readonly key: string;
  readonly kind: 'posted' | 'pending' | 'part' | 'post' | 'void' | 'expire' | 'reversal';
  /** Into 2100, or out of it. Of what resolves all: ignored. */
  readonly amount: bigint;
  readonly isTaking: boolean;
  readonly isRequest: boolean;
  readonly isLinked: boolean;
  /** The pending entry, or the one to reverse. */
  readonly of: string | null;
  readonly expiresInSteps: number | null;
}

interface Stored {
  readonly entry: ModelEntry;
  readonly expiresAt: number | null;
  left: bigint;
  outcome: 'posted' | 'voided' | 'expired' | null;
  isReversed: boolean;
}

interface Balance {
  heldDebits: bigint;
  heldCredits: bigint;
  debits: bigint;
  credits: bigint;
}

/** Stored for ever under the key. */
const finalRefusals: ReadonlySet<string> = new Set([
  ...['insufficient_funds', 'pending_not_found', 'not_pending', 'exceeds_pending'],
  ...[
    'already_expired',
    'not_yet_expired',
    'reversed_not_found',
    'already_reversed',
    'reversal_not_mirror',
  ],
  ...['posted', 'voided', 'expired', 'released'].map((outcome) => `already_resolved ${outcome}`),
]);

export class LedgerModel {
  /** Of 2100. */
  readonly balance: Balance = { heldDebits: 0n, heldCredits: 0n, debits: 0n, credits: 0n };
  readonly #entries = new Map<string, Stored>();
  readonly #refused = new Map<string, { readonly body: string; readonly result: string }>();
  #step = 0;
  /** How to take back what the chain has done so far, last first. */
  #undo: (() => void)[] = [];

  advance(steps: number): void {
    this.#step += steps;
  }

  post(batch: readonly ModelEntry[]): readonly string[] {
    const results: string[] = [];
    for (let i = 0; i < batch.length;) {
      let end = i;
      while (end < batch.length - 1 && batch[end]?.isLinked === true) end += 1;
      results.push(...this.#postChain(batch.slice(i, end + 1)));
      i = end + 1;
    }
    return results;
  }

  #postChain(chain: readonly ModelEntry[]): readonly string[] {
    this.#undo = [];
    const results: string[] = [];
    for (const [failed, entry] of chain.entries()) {
      const result = this.#postOne(entry);
      results.push(result);
      if (chain.length === 1 || result === 'posted' || result === 'exists') continue;
      for (const undo of this.#undo.toReversed()) undo();
      return chain.map((_, i) => (i === failed ? result : 'linked_failed'));
    }
    return results;
  }

  #postOne(entry: ModelEntry): string {
    const stored = this.#entries.get(entry.key);
    if (stored !== undefined) return compare(stored.entry, entry);
    const refused = this.#refused.get(entry.key);
    if (refused !== undefined) {
      return refused.body === bodyOf(entry) ? refused.result : 'already_refused';
    }
    const result = this.#judge(entry);
    if (finalRefusals.has(result)) this.#refused.set(entry.key, { body: bodyOf(entry), result });
    if (result === 'posted') this.#write(entry);
    return result;
  }

  #judge(entry: ModelEntry): string {
    const { kind, of } = entry;
    if (kind === 'reversal') {
      const reversed = this.#entries.get(of ?? '');
      if (reversed === undefined) return 'reversed_not_found';
      if (reversed.isReversed) return 'already_reversed';
      if (!isMirror(reversed.entry, entry)) return 'reversal_not_mirror';
    }
    if (of !== null && kind !== 'reversal') {
      const refusal = this.#judgeResolution(entry, of);
      if (refusal !== null) return refusal;
    } else if (entry.isRequest && entry.isTaking) {
      const { heldDebits, debits, credits } = this.balance;
      if (entry.amount > credits - debits - heldDebits) return 'insufficient_funds';
    }
    return 'posted';
  }

  #judgeResolution({ kind, amount, isRequest }: ModelEntry, of: string): string | null {
    const held = this.#entries.get(of);
    if (held === undefined) return 'pending_not_found';
    if (held.entry.kind !== 'pending') return 'not_pending';
    const isExpired = held.expiresAt !== null && held.expiresAt <= this.#step;
    if (held.outcome !== null) return `already_resolved ${held.outcome}`;
    if (kind !== 'part' && held.left === 0n) return 'already_resolved released';
    if (kind === 'expire') return isExpired ? null : 'not_yet_expired';
    if (isExpired && (kind !== 'part' || isRequest)) return 'already_expired';
    return kind !== 'void' && amount > held.left ? 'exceeds_pending' : null;
  }

  #write(entry: ModelEntry): void {
    const { kind, amount, isTaking } = entry;
    const expiresAt = entry.expiresInSteps === null ? null : this.#step + entry.expiresInSteps;
    const stored: Stored = { entry, expiresAt, left: amount, outcome: null, isReversed: false };
    this.#entries.set(entry.key, stored);
    this.#undo.push(() => this.#entries.delete(entry.key));
    const of = this.#entries.get(entry.of ?? '');
    if (kind === 'pending') this.#move(isTaking ? 'heldDebits' : 'heldCredits', amount);
    if (kind === 'posted' || kind === 'reversal')
      this.#move(isTaking ? 'debits' : 'credits', amount);
    if (of === undefined) return;
    if (kind === 'reversal') this.#set(of, 'isReversed', true);
    if (kind === 'reversal' || kind === 'posted' || kind === 'pending') return;
    const isHeldTaking = of.entry.isTaking;
    const released = kind === 'part' ? amount : of.left;
    this.#move(isHeldTaking ? 'heldDebits' : 'heldCredits', -released);
    this.#set(of, 'left', of.left - released);
    if (kind === 'post') this.#move(isHeldTaking ? 'debits' : 'credits', amount);
    if (kind !== 'part') this.#set(of, 'outcome', outcomes[kind]);
  }

  #move(column: keyof Balance, amount: bigint): void {
    this.#set(this.balance, column, this.balance[column] + amount);
  }

  #set<T, K extends keyof T>(target: T, field: K, value: T[K]): void {
    const before = target[field];
    target[field] = value;
    this.#undo.push(() => (target[field] = before));
  }
}

function isMirror(reversed: ModelEntry, { amount, isTaking }: ModelEntry): boolean {
  const isPosted = ['posted', 'post', 'reversal'].includes(reversed.kind);
  return isPosted && reversed.amount === amount && reversed.isTaking !== isTaking;
}

const outcomes = { post: 'posted', void: 'voided', expire: 'expired' } as const;

function bodyOf({ isLinked: _, ...body }: ModelEntry): string {
  return JSON.stringify(body, (__, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

/** Repeats differ from the first in the amount alone; a void and an expiry have none. */
function compare(first: ModelEntry, again: ModelEntry): string {
  const hasAmount = again.kind !== 'void' && again.kind !== 'expire';
  return hasAmount && first.amount !== again.amount ? 'exists_with_different_amount' : 'exists';
}
