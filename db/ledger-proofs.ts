/**
 * The proofs of the books (reliability.md 7.4): each a name and one statement, so one snapshot, that
 * answers the first row that does not hold. Together with the hash chain they are `ledger:verify`.
 */
import { sql } from 'kysely';
import type { Db } from './client.ts';
import { wholeTables } from './ledger-chain.ts';

export interface CheckResult {
  readonly name: string;
  /** `not_checked`: nothing was there to compare with. Never said of what was compared. */
  readonly state: 'holds' | 'broken' | 'not_checked';
  readonly what: string | null;
}

export interface Proof {
  readonly name: string;
  readonly statement: string;
}

/** Net of a posting on the debit side. */
const net = `case p.side when 'debit' then p.amount else -p.amount::numeric end`;
const key = 'merchant_id, account, provider, currency';

/** `which`: a condition on the entries `e`. */
export const entriesBalance = (which = 'true'): Proof => ({
  name: 'entries_balance',
  statement: `
    select 'journal entry ' || e.id || ' does not balance' as what
    from journal_entries e left join postings p on p.entry_id = e.id where ${which}
    group by e.id, p.currency having count(p.entry_id) < 2 or sum(${net}) <> 0 order by e.id limit 1`,
});

export const accountingEquation: Proof = {
  name: 'accounting_equation',
  statement: `
    select 'assets of ' || merchant_id || ' in ' || currency || ' differ from liabilities + equity + income - expenses by ' || off as what
    from (
      select b.merchant_id, b.currency,
        sum(case when a.type in ('asset', 'expense') then b.posted_debits - b.posted_credits else 0 end)
          - sum(case when a.type in ('liability', 'equity', 'income') then b.posted_credits - b.posted_debits else 0 end) as off
      from account_balances b join accounts a on a.code = b.account group by 1, 2) s
    where off <> 0 order by 1 limit 1`,
};

/** No guard of the books is off: what is off while one looks away leaves no other mark. */
export const guards: Proof = {
  name: 'guards',
  statement: `select what from (select ledger_unguarded() as what) g where what is not null`,
};

/**
 * What is closed stays closed, for every merchant, and nothing was recorded into it since; five minutes are
 * longer than a posting can take that had begun before the close. `which`: a condition on the entries `e`.
 */
export const closedPeriods = (which = 'true'): Proof => ({
  name: 'closed_periods',
  statement: `
    (select 'merchant ' || m.id || ' may post into ' || c.period || ', which is closed' as what
      from (select * from ledger_closes where kind = 'month' order by ends_at desc limit 1) c
      cross join merchants m left join ledger_periods p on p.merchant_id = m.id
      where p.closed_until is null or p.closed_until < (c.ends_at at time zone 'UTC')::date - 1 order by m.id limit 1)
    union all
    (select 'journal entry ' || e.id || ' was recorded into ' || c.period || ' after its close'
      from ledger_closes c join journal_entries e
        on e.effective_at < c.ends_at and e.recorded_at > c.closed_at + interval '5 minutes'
      where c.kind = 'month' and ${which} order by e.id limit 1)
    limit 1`,
});

/** What a set of entries makes of the balances; a release takes back from the other side. */
export function sumsOf(where: string): string {
  const pending = (side: string, released: string): string =>
    `coalesce(sum(p.amount) filter (where e.state = 'pending' and e.resolves_id is null and p.side = '${side}'), 0)
      - coalesce(sum(p.amount) filter (where e.resolves_id is not null and p.side = '${released}'), 0)`;
  const posted = (side: string): string =>
    `coalesce(sum(p.amount) filter (where e.state = 'posted' and p.side = '${side}'), 0)`;
  return `
    select p.merchant_id, p.account, p.provider, p.currency,
      ${pending('debit', 'credit')} as pending_debits, ${pending('credit', 'debit')} as pending_credits,
      ${posted('debit')} as posted_debits, ${posted('credit')} as posted_credits
    from journal_entries e join postings p on p.entry_id = e.id where ${where} group by 1, 2, 3, 4`;
}

const sums = `sum(pending_debits) as pd, sum(pending_credits) as pc, sum(posted_debits) as dd, sum(posted_credits) as dc`;

/** `made`: what the entries make; account_balances may hold an account in several rows. */
function wrongBalances(made: string): string {
  return `
    select ${key}
    from (select ${key}, ${sums} from (${made}) m group by ${key}) r
    full join (select ${key}, ${sums} from account_balances group by ${key}) s using (${key})
    where (coalesce(r.pd, 0), coalesce(r.pc, 0), coalesce(r.dd, 0), coalesce(r.dc, 0))
      is distinct from (coalesce(s.pd, 0), coalesce(s.pc, 0), coalesce(s.dd, 0), coalesce(s.dc, 0))`;
}

export function balancesStatement(made: string): string {
  return `
    select 'stored balance of ' || concat_ws('/', ${key}) || ' is not the sum of its postings' as what
    from (${wrongBalances(made)}) w order by 1 limit 1`;
}

export interface WrongBalance {
  readonly merchant_id: string;
  readonly account: string;
  readonly provider: string;
  readonly currency: string;
}

/** All of them, for whoever proves the books with a connection of his own. */
export function findWrongBalances(
  all: (statement: string) => Promise<readonly WrongBalance[]>,
): Promise<readonly WrongBalance[]> {
  return all(wrongBalances(sumsOf('true')));
}

const storedBalances: Proof = {
  name: 'stored_balances',
  statement: balancesStatement(sumsOf('true')),
};

/**
 * The payments' own amounts against the books. Moved: what was captured and not given back stands at
 * providers (1100), in suspense (2900) or was taken as a dispute fee (5200); a refund counts once it has settled.
 * Held: what is authorized and not captured, behind a final capture what is under way, and what a late
 * authorization holds until it is given back. `which`: a condition on the payments `y`, `whose` the same on
 * the entries `e`.
 */
export const subLedgers = (which = 'true', whose = 'true'): Proof => ({
  name: 'sub_ledgers',
  statement: `
    select 'payment ' || y.id || ' says ' || s.says || ' ' || y.currency || s.which || ', its entries say ' || s.booked as what
    from payments y left join (
      select e.payment_id, p.currency,
        sum(${net}) filter (where e.state = 'posted' and p.account in ('1100', '2900', '5200')) as moved,
        sum(${net}) filter (where e.state = 'pending' and p.account = '1100') as held
      from journal_entries e join postings p on p.entry_id = e.id
      where e.payment_id is not null and ${whose} group by 1, 2) b on b.payment_id = y.id and b.currency = y.currency
    left join (
      select a.payment_id, sum(a.amount) as amount from attempts a where a.status = 'late'
        and exists (select from operations o where o.attempt_id = a.id and o.late and o.kind = 'void') group by 1
    ) l on l.payment_id = y.id
    cross join lateral (values
      ('', amount_captured - amount_refunded - amount_disputed, coalesce(b.moved, 0)),
      (' held', case when capture_closed then capture_reserved else amount_authorized - amount_captured end + coalesce(l.amount, 0),
        coalesce(b.held, 0))) s (which, says, booked)
    where s.says <> s.booked and ${which}
    order by y.id, s.which limit 1`,
});

/** Each line of an account that must drain: what it waits for (a payment, a break, itself), and since when. */
const openLines = `
  select p.merchant_id, p.account, p.provider, p.currency, coalesce(e.payment_id, substring(e.key from '^(brk_[^/]+)/'), e.id) as waits_for,
    sum(${net}) as amount, min(e.recorded_at) as since
  from journal_entries e join postings p on p.entry_id = e.id join accounts a on a.code = p.account
  where a.must_drain and e.state = 'posted' group by 1, 2, 3, 4, 5`;

const mustDrain: Proof = {
  name: 'must_drain',
  statement: `
    select 'lines of ' || concat_ws('/', ${key}) || ' explain ' || coalesce(l.amount, 0) || ' of ' || coalesce(b.amount, 0) as what
    from (select ${key}, sum(amount) as amount from (${openLines}) o group by ${key}) l
    full join (
      select ${key}, sum(posted_debits - posted_credits) as amount
      from account_balances join accounts on code = account where must_drain group by ${key}) b using (${key})
    where coalesce(l.amount, 0) <> coalesce(b.amount, 0) order by 1 limit 1`,
};

export const proofs: readonly Proof[] = [
  guards,
  entriesBalance(),
  accountingEquation,
  storedBalances,
  subLedgers(),
  mustDrain,
  closedPeriods(),
];

export interface OpenLine {
  readonly merchant_id: string;
  readonly account: string;
  readonly provider: string;
  readonly currency: string;
  /** The payment, the break, or where there is neither the journal entry. */
  readonly waits_for: string;
  /** Net on the debit side. */
  readonly amount: string;
  readonly since: Date;
}

/** Oldest first. */
export async function listOpenLines(db: Db): Promise<readonly OpenLine[]> {
  const { rows } = await wholeTables<OpenLine>(
    db,
    `select ${key}, waits_for, amount::text, since from (${openLines}) o where amount <> 0 order by since`,
  );
  return rows;
}

export async function runProof(db: Db, { name, statement }: Proof): Promise<CheckResult> {
  const { rows } = await wholeTables<{ what: string }>(db, statement);
  const what = rows[0]?.what ?? null;
  return { name, state: what === null ? 'holds' : 'broken', what };
}

interface Compared {
  readonly what: string | null;
}

/** Of each provider and currency the newest figure it told of, against 1100 of that time. */
const providersSay = `
  select distinct on (x.provider, x.currency)
    case when x.amount <> coalesce(o.amount, 0) then x.source || ' says ' || x.amount || ' ' || x.currency || ' for '
      || concat_ws('/', x.account, nullif(x.provider, '')) || ' as of ' || x.as_of || ', we say ' || coalesce(o.amount, 0) end as what
  from external_balances x left join lateral (
    select sum(${net}) as amount from journal_entries e join postings p on p.entry_id = e.id
    where e.state = 'posted' and e.effective_at <= x.as_of and p.account = x.account
      and p.provider = x.provider and p.currency = x.currency) o on true
  where x.account = '1100'
  order by x.provider, x.currency, x.as_of desc, x.id desc`;

/**
 * What has happened at the bank as we were told, and is on no statement yet, is between the two: that is every
 * payout on its day, and no broken proof.
 */
const bankSays = `
  select case when booked - awaited <> said then source || ', says ' || said || ' ' || currency || ' for 1010, we say '
    || booked - awaited || case when awaited <> 0 then ' and wait for ' || awaited else '' end end as what
  from bank_says() order by currency`;

/** What is told from outside, per account, provider and currency, against ours. */
export async function checkExternalBalances(db: Db): Promise<readonly CheckResult[]> {
  return [
    await compare(db, 'bank_statement', bankSays),
    await compare(db, 'provider_report', providersSay),
  ];
}

async function compare(db: Db, name: string, statement: string): Promise<CheckResult> {
  const { rows } = await wholeTables<Compared>(db, statement);
  if (rows.length === 0) return { name, state: 'not_checked', what: 'no statement is stored' };
  const what = rows.find((row) => row.what !== null)?.what ?? null;
  return { name, state: what === null ? 'holds' : 'broken', what };
}

/** The stored closes against the books read as of the same times. */
export async function checkCloses(db: Db): Promise<CheckResult> {
  const name = 'stored_closes';
  const { rows } = await sql<{ period: string; broken: string | null }>`
    select period, ledger_close_broken(period) as broken from ledger_closes order by ends_at`.execute(
    db,
  );
  if (rows.length === 0) return { name, state: 'not_checked', what: 'no period is closed' };
  const what = rows.find(({ broken }) => broken !== null)?.broken ?? null;
  return { name, state: what === null ? 'holds' : 'broken', what };
}
