/** Proves the stored balances: each must be what the postings of its account add up to. */

export interface WrongBalance {
  readonly merchant_id: string;
  readonly account: string;
  readonly provider: string;
  readonly currency: string;
}

/** Reads every posting, as a role that sees them all. */
export function findWrongBalances(
  all: (statement: string) => Promise<readonly WrongBalance[]>,
): Promise<readonly WrongBalance[]> {
  return all(`
    with summed as (
      select p.merchant_id, p.account, p.provider, p.currency,
        sum(case when e.state = 'posted' then 0 when e.resolves_id is null and p.side = 'debit' then p.amount
          when e.resolves_id is not null and p.side = 'credit' then -p.amount else 0 end) as held_debits,
        sum(case when e.state = 'posted' then 0 when e.resolves_id is null and p.side = 'credit' then p.amount
          when e.resolves_id is not null and p.side = 'debit' then -p.amount else 0 end) as held_credits,
        sum(case when e.state = 'posted' and p.side = 'debit' then p.amount else 0 end) as debits,
        sum(case when e.state = 'posted' and p.side = 'credit' then p.amount else 0 end) as credits
      from postings p join journal_entries e on e.id = p.entry_id group by 1, 2, 3, 4
    ), stored as (
      select merchant_id, account, provider, currency, sum(pending_debits) as held_debits,
        sum(pending_credits) as held_credits, sum(posted_debits) as debits, sum(posted_credits) as credits
      from account_balances group by 1, 2, 3, 4
    )
    select merchant_id, account, provider, currency
    from stored b full join summed s using (merchant_id, account, provider, currency)
    where (coalesce(s.held_debits, 0), coalesce(s.held_credits, 0), coalesce(s.debits, 0), coalesce(s.credits, 0))
      is distinct from (b.held_debits, b.held_credits, b.debits, b.credits)`);
}
