/** Reading the books. Balances are decimal strings of minor units, on both sides, pending and posted apart. */
import { sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';

export interface BalanceRow {
  readonly account: string;
  readonly provider: string;
  readonly currency: string;
  readonly pending_debits: string;
  readonly pending_credits: string;
  readonly posted_debits: string;
  readonly posted_credits: string;
}

export interface BalanceFilter {
  readonly account?: string | undefined;
  readonly currency?: string | undefined;
  readonly provider?: string | undefined;
  readonly asOf?: string | undefined;
}

/** From the stored balances, or, as of a recorded time, from the postings themselves. */
export async function listBalances(
  trx: Transaction<Database>,
  merchantId: string,
  filter: BalanceFilter,
): Promise<readonly BalanceRow[]> {
  const source =
    filter.asOf === undefined
      ? sql`(select account, provider, currency, sum(pending_debits) as pending_debits,
          sum(pending_credits) as pending_credits, sum(posted_debits) as posted_debits, sum(posted_credits) as posted_credits
          from account_balances where merchant_id = ${merchantId} group by 1, 2, 3)`
      : sql`balances_as_of(${merchantId}, ${filter.asOf}::timestamptz)`;
  const { rows } = await sql<BalanceRow>`
    select b.account, b.provider, b.currency, b.pending_debits::text, b.pending_credits::text,
      b.posted_debits::text, b.posted_credits::text
    from ${source} b
    where (${filter.account ?? null}::text is null or b.account = ${filter.account ?? null})
      and (${filter.currency ?? null}::text is null or b.currency = ${filter.currency ?? null})
      and (${filter.provider ?? null}::text is null or b.provider = ${filter.provider ?? null})
    order by b.account, b.currency, b.provider`.execute(trx);
  return rows;
}

export interface EntryRow {
  readonly id: string;
  readonly key: string;
  readonly event: string;
  readonly payment_id: string | null;
  readonly effective_at: Date;
  readonly recorded_at: Date;
  readonly state: 'pending' | 'posted';
  readonly reverses_id: string | null;
  readonly resolves_id: string | null;
  readonly postings: readonly {
    readonly account: string;
    readonly provider: string;
    readonly side: 'debit' | 'credit';
    readonly amount: number;
    readonly currency: string;
  }[];
}

export async function listEntries(
  trx: Transaction<Database>,
  filter: { readonly paymentId?: string | undefined },
  page: Page,
): Promise<readonly EntryRow[]> {
  // Only what is asked for: a generic plan of `$1 is null or ...` reads past every newer entry.
  const ofPayment =
    filter.paymentId === undefined ? sql`` : sql`and e.payment_id = ${filter.paymentId}`;
  const older = page.after === undefined ? sql`` : sql`and e.id < ${page.after}`;
  const { rows } = await sql<EntryRow>`
    select e.id, e.key, e.event, e.payment_id, e.effective_at, e.recorded_at, e.state, e.reverses_id, e.resolves_id,
      (select jsonb_agg(jsonb_build_object('account', p.account, 'provider', p.provider, 'side', p.side,
        'amount', p.amount, 'currency', p.currency) order by p.line) from postings p where p.entry_id = e.id) as postings
    from journal_entries e
    where true ${ofPayment} ${older}
    order by e.id desc limit ${page.limit + 1}`.execute(trx);
  return rows;
}
