/** `post_entries` and `account_balances` in memory. */

/** With a SQLSTATE, as PostgreSQL's refusals have: nobody takes it for a lost connection. */
export class RefusedByDatabase extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code} ${message}`);
    this.code = code;
  }
}

interface Entry {
  readonly key: string;
  readonly state: 'pending' | 'posted';
  readonly resolves_key?: string;
  readonly postings: readonly {
    readonly account: string;
    readonly provider: string;
    readonly side: 'debit' | 'credit';
    readonly amount: string;
    readonly currency: string;
  }[];
}

export interface Journal {
  post(entries: readonly Entry[]): void;
  /** Debits less credits of what is posted, on that account at that provider. */
  posted(account: string, provider: string): bigint;
  /** What the pending entries still hold, per entry that made them: all zero when all is released. */
  held(): ReadonlyMap<string, bigint>;
  /** On every account, from the postings alone. */
  pending(account: string, provider: string): bigint;
}

export function journal(): Journal {
  const entries = new Map<string, Entry>();
  const net = (state: Entry['state'], account: string, provider: string): bigint =>
    [...entries.values()]
      .filter((entry) => entry.state === state)
      .flatMap((entry) => entry.postings)
      .filter((p) => p.account === account && p.provider === provider)
      .reduce((sum, p) => sum + (p.side === 'debit' ? BigInt(p.amount) : -BigInt(p.amount)), 0n);
  return {
    post: (batch) => {
      for (const entry of batch) {
        const stored = entries.get(entry.key);
        if (stored !== undefined) {
          if (JSON.stringify(stored) === JSON.stringify(entry)) continue;
          throw new RefusedByDatabase(
            'TD007',
            `journal entry key ${entry.key} was used for another body`,
          );
        }
        if (entry.resolves_key !== undefined && !entries.has(entry.resolves_key)) {
          throw new RefusedByDatabase(
            'TD007',
            `journal entry ${entry.key} releases one that does not exist`,
          );
        }
        const amounts = entry.postings.map((p) =>
          p.side === 'debit' ? BigInt(p.amount) : -BigInt(p.amount),
        );
        const isBalanced = amounts.reduce((sum, amount) => sum + amount, 0n) === 0n;
        if (!isBalanced || amounts.length < 2 || amounts.includes(0n)) {
          throw new RefusedByDatabase('TD005', `journal entry ${entry.key} does not balance`);
        }
        entries.set(entry.key, entry);
      }
    },
    posted: (account, provider) => net('posted', account, provider),
    pending: (account, provider) => net('pending', account, provider),
    held: () => {
      const held = new Map<string, bigint>();
      for (const entry of entries.values()) {
        if (entry.state !== 'pending') continue;
        const amount = BigInt(entry.postings[0]?.amount ?? '0');
        const key = entry.resolves_key ?? entry.key;
        held.set(
          key,
          (held.get(key) ?? 0n) + (entry.resolves_key === undefined ? amount : -amount),
        );
      }
      return held;
    },
  };
}
