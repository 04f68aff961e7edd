/**
 * What moved a merchant's money, entry by entry, and what it came to: read from the postings themselves, so it is
 * the books. By recorded time, which nobody can choose, so a statement never changes once its time is settled.
 */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';

type Trx = Transaction<Database>;

/** Minor units, decimal, each on the side on which it grows. */
export type StatementFigures = Readonly<
  Record<'pending' | 'available' | 'reserved' | 'in_payout' | 'negative', string>
>;

export interface StatementRow extends StatementFigures {
  /** Of the journal entry. */
  readonly id: string;
  readonly event: string;
  readonly key: string;
  readonly payment_id: string | null;
  readonly recorded_at: string;
  readonly effective_at: string;
  /** What the facilitator kept of it. */
  readonly fee: string;
}

export interface StatementSpan {
  readonly merchantId: string;
  readonly currency: string;
  /** ISO 8601; `to` is not within. */
  readonly from: string;
  readonly to: string;
}

const places = {
  ...{ pending: '2100', available: '2110', reserved: '2120', in_payout: '2130' },
} as const;

const owed = (account: string): RawBuilder<unknown> => sql`
  coalesce(sum(case p.side when 'credit' then p.amount else -p.amount end) filter (where p.account = ${sql.lit(account)}), 0)`;

const figures = sql.join(
  [
    ...Object.entries(places).map(
      ([name, account]) => sql`${owed(account)}::text as ${sql.id(name)}`,
    ),
    sql`(-${owed('1310')})::text as negative`,
  ],
  sql`, `,
);

/** All that had been recorded before `at`. */
export async function balanceBefore(
  trx: Trx,
  { merchantId, currency }: Pick<StatementSpan, 'merchantId' | 'currency'>,
  at: string,
): Promise<StatementFigures> {
  const { rows } = await sql<StatementFigures>`
    select ${figures} from postings p join journal_entries e on e.id = p.entry_id
    where p.merchant_id = ${merchantId} and p.currency = ${currency}
      and p.account in ('1310', '2100', '2110', '2120', '2130') and e.state = 'posted' and e.recorded_at < ${at}`.execute(
    trx,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no balance of ${merchantId}`);
  return row;
}

/** Oldest first; one row more than `limit` tells of more. */
export async function listMovements(
  trx: Trx,
  { merchantId, currency, from, to }: StatementSpan,
  { limit, after }: Page,
): Promise<readonly StatementRow[]> {
  const { rows } = await sql<StatementRow>`
    select e.id, e.event, e.key, e.payment_id, to_jsonb(e.recorded_at) #>> '{}' as recorded_at,
      to_jsonb(e.effective_at) #>> '{}' as effective_at, ${figures}, (${owed('4100')} + ${owed('4200')})::text as fee
    from journal_entries e join postings p on p.entry_id = e.id and p.currency = ${currency}
    where e.merchant_id = ${merchantId} and e.state = 'posted' and e.recorded_at >= ${from} and e.recorded_at < ${to}
      and e.id > ${after ?? ''}
    group by e.id
    having bool_or(p.account in ('1310', '2100', '2110', '2120', '2130'))
    order by e.id limit ${limit + 1}`.execute(trx);
  return rows;
}
