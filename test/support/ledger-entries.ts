/** Journal entries as `post_entries` takes them, posted one batch per call. */
import { sql, type Transaction } from 'kysely';
import type { Db } from '../../db/client.ts';
import type { Database } from '../../db/database.ts';
import { newId } from '../../runtime/ids.ts';

export interface TestPosting {
  readonly account: string;
  readonly provider?: string;
  readonly side: string;
  readonly amount: string;
  readonly currency: string;
}

export interface TestEntry {
  readonly merchant_id: string;
  readonly key: string;
  readonly event: string;
  readonly state: 'pending' | 'posted';
  readonly resolves_key?: string;
  readonly reverses_id?: string;
  readonly postings: readonly TestPosting[];
}

/** Balanced: `amount` from the credited account to the debited one. */
export function transfer(
  amount: bigint,
  { debit = '1100', credit = '4000', currency = 'USD' } = {},
): readonly TestPosting[] {
  const line = { amount: String(amount), currency };
  return [
    { ...line, account: debit, side: 'debit' },
    { ...line, account: credit, side: 'credit' },
  ];
}

export function anEntry(merchantId: string, values: Partial<TestEntry> = {}): TestEntry {
  return {
    merchant_id: merchantId,
    key: newId('key'),
    event: 'test',
    state: 'posted',
    postings: transfer(100n),
    ...values,
  };
}

export async function postEntries(
  db: Db | Transaction<Database>,
  ...entries: readonly TestEntry[]
): Promise<void> {
  await sql`select post_facts(${JSON.stringify(entries)}::jsonb)`.execute(db);
}
