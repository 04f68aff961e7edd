/** A merchant's books in memory, as strict as the database's, for what the posting rules write. */
import { expect } from '@jest/globals';
import { accounts, type AccountCode, type FundModel } from '../../domain/accounts.ts';
import type { JournalEntry, Posting } from '../../domain/journal-entry.ts';

const provider = 'alder';

export class MerchantBooks {
  readonly fundModel: FundModel;
  readonly currency: string;
  readonly #entries = new Map<string, JournalEntry>();

  constructor(fundModel: FundModel, currency: string) {
    this.fundModel = fundModel;
    this.currency = currency;
  }

  post(...entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      expect(this.#entries.has(entry.key)).toBe(false);
      expect(nets(entry.postings, (p) => p.currency)).toEqual(new Map());
      if (entry.resolvesKey !== undefined) {
        expect(this.#entries.get(entry.resolvesKey)?.state).toBe('pending');
      }
      this.#entries.set(entry.key, entry);
      this.#isWithinItsBounds();
    }
  }

  #postings(state: JournalEntry['state']): readonly Posting[] {
    return [...this.#entries.values()].filter((e) => e.state === state).flatMap((e) => e.postings);
  }

  #isWithinItsBounds(): void {
    expect(nets(this.#postings('posted'), (p) => p.currency)).toEqual(new Map());
    for (const { code, bounded } of accounts) {
      if (bounded) expect([code, this.available(code) >= 0n]).toEqual([code, true]);
    }
  }

  /** Debits less credits of what is posted. */
  posted(account: AccountCode, currency = this.currency): bigint {
    const lines = this.#postings('posted').filter((p) => p.account === account);
    return nets(lines, (p) => p.currency).get(currency) ?? 0n;
  }

  /** Of a credit account: posted, less what pending debits have reserved of it. */
  available(account: AccountCode): bigint {
    const pending = this.#postings('pending').filter((p) => p.account === account);
    return -this.posted(account) - (nets(pending, (p) => p.currency).get(this.currency) ?? 0n);
  }

  /** What still waits: on an account that must drain, or held by a pending entry. */
  waiting(): readonly string[] {
    const mustDrain = new Set<string>(accounts.filter((a) => a.mustDrain).map((a) => a.code));
    const where = (p: Posting): string => [p.account, p.provider, p.currency].join(' ');
    const posted = this.#postings('posted').filter((p) => mustDrain.has(p.account));
    const held = nets(this.#postings('pending'), where);
    return [...nets(posted, where).keys(), ...[...held.keys()].map((at) => `pending ${at}`)];
  }

  events(): readonly string[] {
    return [...this.#entries.values()].map((entry) => entry.event);
  }

  get at(): { readonly provider: string } {
    return { provider };
  }
}

/** Debits less credits per group; groups that come to zero are left out. */
function nets(postings: readonly Posting[], by: (p: Posting) => string): Map<string, bigint> {
  const net = new Map<string, bigint>();
  for (const p of postings) {
    net.set(by(p), (net.get(by(p)) ?? 0n) + (p.side === 'debit' ? p.amount : -p.amount));
  }
  return new Map([...net].filter(([, amount]) => amount !== 0n));
}
