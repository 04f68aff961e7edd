/** What Tender has on record, read straight from the tables as `tender_worker`. */
import type pg from 'pg';

interface PaymentWire {
  readonly id: string;
  readonly merchant_reference: string | null;
  readonly status: string;
  readonly amount: string;
  readonly currency: string;
  readonly amount_authorized: string;
  readonly amount_captured: string;
  readonly amount_refunded: string;
  readonly amount_excess: string;
  readonly capture_reserved: string;
  readonly refund_reserved: string;
  readonly capture_closed: boolean;
}

type Money =
  | 'amount'
  | 'amount_authorized'
  | 'amount_captured'
  | 'amount_refunded'
  | 'amount_excess'
  | 'capture_reserved'
  | 'refund_reserved';

export type PaymentRecord = Omit<PaymentWire, Money> & Readonly<Record<Money, bigint>>;

interface AttemptWire {
  readonly id: string;
  readonly payment_id: string;
  readonly provider: string;
  readonly kind: 'sale' | 'authorize';
  readonly status: string;
  readonly amount: string;
  readonly currency: string;
}
export type AttemptRecord = Omit<AttemptWire, 'amount'> & { readonly amount: bigint };

interface OperationWire {
  readonly id: string;
  readonly payment_id: string;
  readonly attempt_id: string | null;
  readonly kind: 'capture' | 'void' | 'refund';
  readonly cause: string;
  readonly status: string;
  readonly amount: string;
  readonly currency: string;
  readonly final: boolean;
  readonly late: boolean;
}
export type OperationRecord = Omit<OperationWire, 'amount'> & { readonly amount: bigint };

export interface KeyRecord {
  readonly key: string;
  /** The payment or operation that the key stands for. */
  readonly awaits_id: string;
}

export interface Records {
  readonly keys: readonly KeyRecord[];
  readonly payments: readonly PaymentRecord[];
  readonly attempts: readonly AttemptRecord[];
  readonly operations: readonly OperationRecord[];
}

export async function readRecords(db: pg.ClientBase): Promise<Records> {
  const payments = await db.query<PaymentWire>(
    `select id, merchant_reference, status, amount, currency, amount_authorized, amount_captured,
       amount_refunded, amount_excess, capture_reserved, refund_reserved, capture_closed
     from payments order by id`,
  );
  const attempts = await db.query<AttemptWire>(
    'select id, payment_id, provider, kind, status, amount, currency from attempts order by id',
  );
  const operations = await db.query<OperationWire>(
    `select id, payment_id, attempt_id, kind, cause, status, amount, currency, final, late
     from operations order by payment_id, number`,
  );
  const keys = await db.query<KeyRecord>('select key, awaits_id from idempotency_keys');
  return {
    keys: keys.rows,
    payments: payments.rows.map((row) => ({
      ...row,
      amount: BigInt(row.amount),
      amount_authorized: BigInt(row.amount_authorized),
      amount_captured: BigInt(row.amount_captured),
      amount_refunded: BigInt(row.amount_refunded),
      amount_excess: BigInt(row.amount_excess),
      capture_reserved: BigInt(row.capture_reserved),
      refund_reserved: BigInt(row.refund_reserved),
    })),
    attempts: attempts.rows.map((row) => ({ ...row, amount: BigInt(row.amount) })),
    operations: operations.rows.map((row) => ({ ...row, amount: BigInt(row.amount) })),
  };
}

/** Payments with anything not decided: the payment itself, a try, or an operation. */
export async function listUnclear(db: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await db.query<{ what: string }>(
    `select id || ' ' || status as what from payments where status = 'processing'
     union all
     select payment_id || ' ' || id || ' ' || status from attempts
       where status in ('submitting', 'pending', 'unknown', 'voiding', 'late')
     union all
     select payment_id || ' ' || id || ' ' || kind || ' ' || status from operations
       where status in ('requested', 'submitting', 'pending', 'unknown')
     order by 1`,
  );
  return rows.map(({ what }) => what);
}

export interface Unknowns {
  readonly met: number;
  readonly resolved: number;
}

/**
 * Tries and operations whose outcome was not known at some time: told as such, or found `submitting`
 * with nobody behind it and decided by a lookup.
 */
export async function countUnknowns(db: pg.ClientBase): Promise<Unknowns> {
  const { rows } = await db.query<{ met: number; resolved: number }>(
    `with subjects as (
       select coalesce(evidence ->> 'attempt_id', evidence ->> 'operation_id') as id from timeline
         where kind like '%.unknown' or (from_status = 'submitting' and evidence ->> 'kind' = 'lookup')
           or kind like '%.resent'
       union
       select object ->> 'operation_id' from outbox where type = 'payment.in_doubt'
     ), states as (
       select id, status from attempts union all select id, status from operations
     )
     select count(*)::int as met,
       (count(*) filter (where s.status not in ('requested', 'submitting', 'pending', 'unknown')))::int as resolved
     from subjects u left join states s on s.id = u.id where u.id is not null`,
  );
  return rows[0] ?? { met: 0, resolved: 0 };
}

/** Violations in words: entries, balances and timelines that do not prove what they should. */
export async function checkLedgerRows(db: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await db.query<{ what: string }>(
    `with sums as (
       select p.merchant_id, p.account, p.provider, p.currency,
         coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = 'debit'), 0) as posted_debits,
         coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = 'credit'), 0) as posted_credits,
         coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = 'debit'), 0)
           - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = 'credit'), 0) as pending_debits,
         coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = 'credit'), 0)
           - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = 'debit'), 0) as pending_credits
       from postings p join journal_entries e on e.id = p.entry_id group by 1, 2, 3, 4)
     select 'entry ' || e.id || ' does not balance' as what
       from journal_entries e left join postings p on p.entry_id = e.id
       group by e.id, p.currency
       having count(p.entry_id) < 2 or sum(case p.side when 'debit' then p.amount else -p.amount end) <> 0
     union all
     select 'balance of ' || concat_ws('/', coalesce(s.account, b.account), coalesce(s.provider, b.provider), coalesce(s.currency, b.currency)) || ' is not its postings'
       from sums s full join account_balances b using (merchant_id, account, provider, currency)
       where (s.posted_debits, s.posted_credits, s.pending_debits, s.pending_credits)
         is distinct from (b.posted_debits, b.posted_credits, b.pending_debits, b.pending_credits)
     union all
     select 'suspense of ' || provider || ' is not drained' from account_balances
       where account = '2900' and (posted_debits <> posted_credits or pending_debits <> pending_credits)
     union all
     select 'timeline of ' || id || ' breaks at ' || timeline_first_broken(id) from payments
       where timeline_first_broken(id) is not null
     union all
     select 'payment ' || id || ' has no timeline' from payments p
       where not exists (select from timeline t where t.payment_id = p.id)`,
  );
  return rows.map(({ what }) => what);
}

export interface Receivable {
  readonly provider: string;
  readonly currency: string;
  readonly posted: bigint;
  readonly pending: bigint;
}

/** What the providers owe us by our books (account 1100), over all merchants, but for what their files did to it since. */
export async function readReceivables(db: pg.ClientBase): Promise<readonly Receivable[]> {
  const { rows } =
    await db.query<{ provider: string; currency: string; posted: string; pending: string }>( // prettier-ignore
      `select provider, currency, (sum(posted_debits - posted_credits) - coalesce((
         select sum(case s.debit when '1100' then s.amount else -s.amount end) from settlement_postings s
         where s.provider = b.provider and s.currency = b.currency and '1100' in (s.debit, s.credit)), 0))::text as posted,
       sum(pending_debits - pending_credits)::text as pending
     from account_balances b where account = '1100' group by 1, 2`,
    );
  return rows.map((row) => ({
    ...row,
    posted: BigInt(row.posted),
    pending: BigInt(row.pending),
  }));
}

/** Per payment: the receivable its own entries add up to. */
export async function readPostedByPayment(db: pg.ClientBase): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await db.query<{ payment_id: string; posted: string }>(
    `select e.payment_id, sum(case p.side when 'debit' then p.amount else -p.amount end)::text as posted
     from journal_entries e join postings p on p.entry_id = e.id
     where p.account = '1100' and e.state = 'posted' and e.payment_id is not null group by 1`,
  );
  return new Map(rows.map(({ payment_id, posted }) => [payment_id, BigInt(posted)]));
}
