/** Reading the books. Balances are decimal strings of minor units, on both sides, pending and posted apart. */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { Db } from './client.ts';
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
  /** Recorded time. */
  readonly asOf?: string | undefined;
  /** Effective time: only what had happened before. */
  readonly effectiveBefore?: string | undefined;
}

/** From the stored balances, or, on either axis of time, from the postings themselves. */
export async function listBalances(
  trx: Transaction<Database>,
  merchantId: string,
  filter: BalanceFilter,
): Promise<readonly BalanceRow[]> {
  const source =
    filter.asOf === undefined && filter.effectiveBefore === undefined
      ? sql`(select account, provider, currency, sum(pending_debits) as pending_debits,
          sum(pending_credits) as pending_credits, sum(posted_debits) as posted_debits, sum(posted_credits) as posted_credits
          from account_balances where merchant_id = ${merchantId} group by 1, 2, 3)`
      : sql`balances_at(${merchantId}, ${filter.asOf ?? 'infinity'}::timestamptz,
          ${filter.effectiveBefore ?? 'infinity'}::timestamptz)`;
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
  readonly occurred_at: Date | null;
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

export interface EntryFilter {
  readonly paymentId?: string | undefined;
  /** These three by one posting at least. */
  readonly account?: string | undefined;
  readonly provider?: string | undefined;
  readonly currency?: string | undefined;
  /** From is within, to is not. */
  readonly effectiveFrom?: string | undefined;
  readonly effectiveTo?: string | undefined;
  readonly recordedFrom?: string | undefined;
  readonly recordedTo?: string | undefined;
}

/** Only what is asked for: a generic plan of `$1 is null or ...` reads past every newer entry. */
function entriesWhere(filter: EntryFilter): RawBuilder<unknown> {
  return conditions(
    [filter.paymentId, (value) => sql`e.payment_id = ${value}`],
    [filter.effectiveFrom, (value) => sql`e.effective_at >= ${value}::timestamptz`],
    [filter.effectiveTo, (value) => sql`e.effective_at < ${value}::timestamptz`],
    [filter.recordedFrom, (value) => sql`e.recorded_at >= ${value}::timestamptz`],
    [filter.recordedTo, (value) => sql`e.recorded_at < ${value}::timestamptz`],
  );
}

function placeWhere(
  { account, provider, currency }: EntryFilter,
  of: 'p' | 'b',
): RawBuilder<unknown> {
  return conditions(
    [account, (value) => sql`${sql.ref(`${of}.account`)} = ${value}`],
    [provider, (value) => sql`${sql.ref(`${of}.provider`)} = ${value}`],
    [currency, (value) => sql`${sql.ref(`${of}.currency`)} = ${value}`],
  );
}

type Condition = readonly [string | undefined, (value: string) => RawBuilder<unknown>];

function conditions(...all: readonly Condition[]): RawBuilder<unknown> {
  const wanted = all.flatMap(([value, make]) => (value === undefined ? [] : [make(value)]));
  return wanted.length === 0 ? sql`true` : sql.join(wanted, sql` and `);
}

/** The time up to which no transaction can record anything any more. */
export async function findSettledAt(db: Db): Promise<{ readonly at: Date; readonly now: Date }> {
  const { rows } = await sql<{ at: Date; now: Date }>`
    select ledger_settled_at() as at, tender_now() as now`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the books have no horizon');
  return row;
}

/** The ids of those wanted, newest first. */
function wantedEntries(merchantId: string, filter: EntryFilter, page: Page): RawBuilder<unknown> {
  const { account, provider, currency, ...others } = filter;
  const isPlace = (account ?? provider ?? currency) !== undefined;
  // With a period or a payment the walk is over entries: each posting's entry would be looked up else.
  const ofPlaceAlone = isPlace && Object.values(others).every((value) => value === undefined);
  if (ofPlaceAlone) return byPlace(merchantId, filter, page);
  const older = page.after === undefined ? sql`` : sql`and e.id < ${page.after}`;
  const hasPosting = isPlace
    ? sql`and exists (select from postings p where p.entry_id = e.id and ${placeWhere(filter, 'p')})`
    : sql``;
  return sql`select e.id from journal_entries e
    where ${entriesWhere(filter)} ${older} ${hasPosting} order by e.id desc limit ${page.limit + 1}`;
}

/**
 * From the newest end of each account's own index: one with a posting a year costs a look, not a walk past
 * all that was booked since. The balances tell which accounts there are.
 */
function byPlace(merchantId: string, filter: EntryFilter, page: Page): RawBuilder<unknown> {
  const older = page.after === undefined ? sql`` : sql`and p.entry_id < ${page.after}`;
  return sql`select distinct h.id from (
      select distinct b.account, b.currency from account_balances b
      where b.merchant_id = ${merchantId} and ${placeWhere(filter, 'b')}) a
    cross join lateral (
      select distinct p.entry_id as id from postings p
      where p.merchant_id = ${merchantId} and p.account = a.account and p.currency = a.currency
        and ${placeWhere(filter, 'p')} ${older}
      order by p.entry_id desc limit ${page.limit + 1}) h
    order by h.id desc limit ${page.limit + 1}`;
}

/** Newest first. */
export async function listEntries(
  trx: Transaction<Database>,
  merchantId: string,
  filter: EntryFilter,
  page: Page,
): Promise<readonly EntryRow[]> {
  const { rows } = await sql<EntryRow>`
    select e.id, e.key, e.event, e.payment_id, e.effective_at, e.recorded_at, e.occurred_at, e.state, e.reverses_id, e.resolves_id,
      (select jsonb_agg(jsonb_build_object('account', p.account, 'provider', p.provider, 'side', p.side,
        'amount', p.amount, 'currency', p.currency) order by p.line) from postings p where p.entry_id = e.id) as postings
    from (${wantedEntries(merchantId, filter, page)}) w
    -- One by one: for a limit that it does not know a planner merges the whole journal.
    cross join lateral (select * from journal_entries j where j.id = w.id offset 0) e
    order by e.id desc`.execute(trx);
  return rows;
}
