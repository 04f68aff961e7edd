/** Entries for `postEntries` between two accounts, and the proof that balances are the sums of postings. */
import { postEntries } from '../../db/ledger-posting.ts';
import type { EntryToPost, PostingVerdict } from '../../db/ledger-posting.ts';
import { findWrongBalances } from '../../db/ledger-proofs.ts';
import type { AccountCode } from '../../domain/accounts.ts';
import { newId } from '../../runtime/ids.ts';
import type { PaymentDatabase } from './payment-database.ts';
import type { Rows } from './rows.ts';

export function aPosting(
  merchantId: string,
  amount: bigint,
  values: Partial<EntryToPost> = {},
  [debit, credit]: readonly [AccountCode, AccountCode] = ['1100', '2100'],
): EntryToPost {
  const line = { provider: '', amount, currency: 'USD' };
  return {
    merchantId,
    key: newId('key'),
    event: 'test',
    state: 'posted',
    postings: [
      { ...line, account: debit, side: 'debit' },
      { ...line, account: credit, side: 'credit' },
    ],
    ...values,
  };
}

/** The final step of a pending entry: all of it, where no postings are given. */
export function aResolution(
  pending: Pick<EntryToPost, 'merchantId' | 'key'>,
  resolution: 'post' | 'void' | 'expire',
  values: Partial<EntryToPost> = {},
): EntryToPost {
  return {
    merchantId: pending.merchantId,
    key: newId('key'),
    event: 'test',
    state: resolution === 'post' ? 'posted' : 'pending',
    resolvesKey: pending.key,
    resolution,
    ...values,
  };
}

/** Accounts whose stored balances are not what their postings say. */
export function wrongBalances(rows: Rows): Promise<readonly unknown[]> {
  return findWrongBalances((statement) => rows.all(statement));
}

/** One merchant's account 2100: what is given to it, taken from it and held on it. */
export interface Books {
  readonly merchantId: string;
  readonly give: (amount: bigint, values?: Partial<EntryToPost>) => EntryToPost;
  /** A request, as is `hold`. */
  readonly take: (amount: bigint, values?: Partial<EntryToPost>) => EntryToPost;
  readonly hold: (amount: bigint, values?: Partial<EntryToPost>) => EntryToPost;
  readonly post: (...entries: readonly EntryToPost[]) => Promise<readonly PostingVerdict[]>;
  /** The answers in words, with their field. */
  readonly results: (...entries: readonly EntryToPost[]) => Promise<readonly string[]>;
  readonly configure: (column: 'bounded' | 'stripes', value: boolean | number) => Promise<unknown>;
  readonly payable: () => Promise<string>;
}

export async function openBooks(on: PaymentDatabase): Promise<Books> {
  const merchantId = await on.newMerchant();
  const post: Books['post'] = (...entries) => postEntries(on.worker, entries);
  const take: Books['take'] = (amount, values = {}) =>
    aPosting(merchantId, amount, { request: true, ...values }, ['2100', '1100']);
  return {
    merchantId,
    post,
    take,
    give: (amount, values = {}) => aPosting(merchantId, amount, values),
    hold: (amount, values = {}) => take(amount, { state: 'pending', ...values }),
    results: async (...entries) =>
      (await post(...entries)).map(({ result, field }) =>
        field === undefined || result.endsWith(field) ? result : `${result} ${field}`,
      ),
    configure: (column, value) =>
      on.rows.all(
        `insert into account_settings (merchant_id, account, currency, ${column}) values ($1, '2100', 'USD', $2)`,
        [merchantId, value],
      ),
    payable: async () => {
      const { held, posted } = await on.rows.one<{ held: string; posted: string }>(
        `select sum(pending_debits)::text as held, sum(posted_credits - posted_debits)::text as posted
         from account_balances where merchant_id = $1 and account = '2100'`,
        [merchantId],
      );
      return `${posted} held ${held}`;
    },
  };
}
