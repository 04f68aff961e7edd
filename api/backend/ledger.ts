/** The API's port to the books: sums over providers unless one is named. */
import { asMerchant } from '../../db/payments.ts';
import type { Db } from '../../db/client.ts';
import { listBalances, listEntries, type BalanceRow, type EntryFilter } from '../../db/ledger.ts';
import { accounts, type Account } from '../../domain/accounts.ts';
import type { BalanceItem, JournalEntryItem, Ledger } from '../ledger/ports.ts';
import type { Principal } from '../ports.ts';
import { paged } from './paged.ts';
import { settledAt } from './settled.ts';

export function createLedger(db: Db): Ledger {
  return {
    accounts: () =>
      Promise.resolve(
        accounts.map((a) => ({
          code: a.code,
          name: a.name,
          type: a.type,
          normal_side: a.normalSide,
          must_drain: a.mustDrain,
        })),
      ),
    balance: async (principal, filter) => {
      const account = accounts.find((a) => a.code === filter.account);
      if (account === undefined) return null;
      await settled(db, filter.asOf);
      const rows = await asMerchant(db, principal.merchantId, (trx) =>
        listBalances(trx, principal.merchantId, filter),
      );
      return sum(account, filter.currency, rows);
    },
    journalEntries: (principal, filter, page) =>
      asMerchant(db, principal.merchantId, async (trx) =>
        paged(await listEntries(trx, principal.merchantId, filter, page), page.limit),
      ),
    exportEntries: (principal, filter) => everyEntry(db, principal, filter),
    trialBalance: async (principal, filter) => {
      await settled(db, filter.asOf);
      const now = new Date().toISOString();
      const rows = await asMerchant(db, principal.merchantId, (trx) =>
        listBalances(trx, principal.merchantId, filter),
      );
      const balances = accounts.flatMap((account) =>
        [...new Set(rows.filter((r) => r.account === account.code).map((r) => r.currency))].map(
          (currency) => sum(account, currency, rows),
        ),
      );
      return { asOf: filter.asOf ?? now, balances };
    },
  };
}

async function settled(db: Db, asOf: string | undefined): Promise<void> {
  if (asOf !== undefined) await settledAt(db, asOf, '/query/as_of');
}

const exportPage = 500;

/** Page by page, each a transaction of its own: entries never change, and new ones come before the first. */
async function* everyEntry(
  db: Db,
  { merchantId }: Principal,
  filter: EntryFilter,
): AsyncGenerator<JournalEntryItem> {
  let after: string | undefined;
  for (;;) {
    const page = { limit: exportPage, after };
    const rows = await asMerchant(db, merchantId, (trx) =>
      listEntries(trx, merchantId, filter, page),
    );
    yield* rows.slice(0, exportPage);
    if (rows.length <= exportPage) return;
    after = rows[exportPage - 1]?.id;
  }
}

function sum(account: Account, currency: string, rows: readonly BalanceRow[]): BalanceItem {
  const lines = rows.filter((r) => r.account === account.code && r.currency === currency);
  const total = (
    column: 'pending_debits' | 'pending_credits' | 'posted_debits' | 'posted_credits',
  ): string => String(lines.reduce((all, line) => all + BigInt(line[column]), 0n));
  return {
    account: account.code,
    normal_side: account.normalSide,
    currency,
    pending_debits: total('pending_debits'),
    pending_credits: total('pending_credits'),
    posted_debits: total('posted_debits'),
    posted_credits: total('posted_credits'),
  };
}
