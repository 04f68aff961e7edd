/** What racers share: connections at one isolation level, and the retries that level asks for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Db } from '../../db/client.ts';
import { postEntries, type EntryToPost, type PostingVerdict } from '../../db/ledger-posting.ts';
import type { AccountCode } from '../../domain/accounts.ts';
import { newId } from '../../runtime/ids.ts';

export type Isolation = 'read committed' | 'serializable';
export const isolations = ['read committed', 'serializable'] as const;

export interface Ground {
  readonly worker: Db;
  /** As the superuser. */
  readonly all: <T>(statement: string, values?: readonly unknown[]) => Promise<readonly T[]>;
  readonly isolation: Isolation;
  readonly seed: number;
}

export interface RaceFigures {
  readonly race: string;
  readonly isolation: Isolation;
  readonly attempts: number;
  /** How often each answer was given. */
  readonly answers: Readonly<Record<string, number>>;
  /** Transactions that PostgreSQL sent back (40001, 40P01) and that were made again. */
  readonly retries: number;
  readonly seconds: number;
  /** What must not be, in words. */
  readonly violations: readonly string[];
}

/** Serialization failure, deadlock: nothing has happened, the same call again is right. */
const sentBack: ReadonlySet<unknown> = new Set(['40001', '40P01']);

export class Racer {
  retries = 0;
  readonly answers: Record<string, number> = {};
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async post(...entries: readonly EntryToPost[]): Promise<readonly PostingVerdict[]> {
    for (let tries = 1; ; tries += 1) {
      try {
        const verdicts = await this.#postOnce(entries);
        for (const { result } of verdicts) this.answers[result] = (this.answers[result] ?? 0) + 1;
        return verdicts;
      } catch (error) {
        if (!sentBack.has((error as Partial<pg.DatabaseError>).code)) throw error;
        this.retries += 1;
        // All at once again would send all but one back again.
        await sleep(Math.random() * Math.min(500, 4 * 2 ** tries));
      }
    }
  }

  #postOnce(entries: readonly EntryToPost[]): Promise<readonly PostingVerdict[]> {
    const { worker, isolation } = this.#ground;
    if (isolation === 'read committed') return postEntries(worker, entries);
    return worker
      .transaction()
      .setIsolationLevel(isolation)
      .execute((trx) => postEntries(trx, entries));
  }
}

export async function newMerchant({ all }: Ground, bounded: boolean): Promise<string> {
  const id = newId('mer');
  await all('insert into merchants (id, name) values ($1, $1)', [id]);
  await all(
    `insert into account_settings (merchant_id, account, currency, bounded) values ($1, '2100', 'USD', $2)`,
    [id, bounded],
  );
  return id;
}

export function transfer(
  merchantId: string,
  [debit, credit]: readonly [AccountCode, AccountCode],
  amount: bigint,
  values: Partial<EntryToPost> = {},
): EntryToPost {
  const line = { provider: '', amount, currency: 'USD' };
  return {
    ...{ merchantId, key: newId('key'), event: 'race', state: 'posted' },
    postings: [
      { ...line, account: debit, side: 'debit' },
      { ...line, account: credit, side: 'credit' },
    ],
    ...values,
  };
}

/** `count` racers at once, each until `next` says it is over. */
export async function race(count: number, run: (racer: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, racer) => run(racer)));
}
