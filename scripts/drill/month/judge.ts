/** What a settled month leaves in the books, and what it must not. */
import type pg from 'pg';
import { accounts } from '../../../domain/accounts.ts';

export interface MonthEnd {
  readonly lines: number;
  readonly files: number;
  /** Accounts that must come back to zero and did not: `1200 alder EUR` to minor units. */
  readonly notDrained: Readonly<Record<string, string>>;
  /** What providers owe us by our books although everything was paid out. */
  readonly owed: Readonly<Record<string, string>>;
  readonly unsettled: number;
  readonly settled: number;
  readonly openBreaks: number;
  /** Open alarms of the books: proofs that do not hold. */
  readonly alarms: readonly string[];
  /** Disputes of the record that are not decided. */
  readonly undecided: number;
  readonly refusedFiles: number;
  /** The bank by our books and by its last statement, where they differ. */
  readonly bank: Readonly<Record<string, string>>;
}

/** By account, provider and currency. Zeros are left out. */
async function balances(
  db: pg.Pool,
  codes: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const { rows } = await db.query<{ place: string; net: string }>(
    `select concat_ws(' ', account, nullif(provider, ''), currency) as place, sum(posted_debits - posted_credits)::text as net
     from account_balances where account = any($1) group by 1 having sum(posted_debits - posted_credits) <> 0 order by 1`,
    [codes],
  );
  return Object.fromEntries(rows.map(({ place, net }) => [place, net]));
}

/** What stops the books, if anything does. */
export async function readAlarms(db: pg.Pool): Promise<readonly string[]> {
  const { rows } = await db.query<{ what: string }>(
    `select proof || ': ' || what as what from open_ledger_alarms() order by 1`,
  );
  return rows.map(({ what }) => what);
}

export async function readMonthEnd(db: pg.Pool): Promise<MonthEnd> {
  const one = async (text: string): Promise<number> =>
    Number((await db.query<{ n: string }>(text)).rows[0]?.n);
  const { rows: bank } = await db.query<{ place: string; difference: string }>(
    `select currency as place, sum(n)::text as difference from (
       select currency, posted_debits - posted_credits as n from account_balances where account = '1010'
       union all select l.currency, -l.net from settlement_lines l join reconciliations r on r.id = l.reconciliation_id
         where r.kind = 'bank_statement' and r.status = 'completed') x
     group by 1 having sum(n) <> 0`,
  );
  return {
    alarms: await readAlarms(db),
    files: await one(`select count(*) as n from reconciliations where status = 'completed'`),
    lines: await one('select count(*) as n from settlement_lines'),
    notDrained: await balances(db, accounts.filter(({ mustDrain }) => mustDrain).map(({ code }) => code)), // prettier-ignore
    owed: await balances(db, ['1100']),
    settled: await one(`select count(*) as n from payments where status = 'settled'`),
    unsettled: await one(`select count(*) as n from payments where amount_captured > 0 and status <> 'settled'`),
    openBreaks: await one(`select count(*) as n from breaks where status = 'open'`),
    undecided: await one(`select count(*) as n from disputes where closed_at is null`),
    refusedFiles: await one(`select count(*) as n from reconciliations where status = 'refused'`),
    bank: Object.fromEntries(bank.map(({ place, difference }) => [place, difference])),
  }; // prettier-ignore
}

/** Captured, refunded or disputed before the day that has just begun, and no line tells of it yet. */
export async function countUnverified(db: pg.Pool): Promise<number> {
  const { rows } = await db.query<{ n: string }>(
    `select count(*) as n from (
       select id, updated_at as at from operations where kind in ('capture', 'refund') and status = 'succeeded'
       union all select id, opened_at from disputes) x
     where x.at < date_trunc('day', tender_now(), 'UTC')
       and not exists (select from settlement_matches m where m.subject_id = x.id)`,
  );
  return Number(rows[0]?.n);
}

export function complaints(end: MonthEnd, unverified: number, payments: number): readonly string[] {
  const places = (what: string, found: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(found).map(([place, net]) => `${what}: ${place} ${net}`);
  return [
    ...(payments > 0 && end.lines > 0 && end.settled > 0 ? [] : ['nothing happened']),
    ...end.alarms.map((what) => `a proof is broken: ${what}`),
    ...places('not drained', end.notDrained),
    ...places('still owed', end.owed),
    ...places('not what the bank says', end.bank),
    ...(end.unsettled === 0 ? [] : [`${String(end.unsettled)} payments are not settled`]),
    ...(end.openBreaks === 0 ? [] : [`${String(end.openBreaks)} breaks are open`]),
    ...(end.undecided === 0 ? [] : [`${String(end.undecided)} disputes are not decided`]),
    ...(end.refusedFiles === 0 ? [] : [`${String(end.refusedFiles)} files were refused`]),
    ...(unverified === 0 ? [] : [`${String(unverified)} movements were not verified a day later`]),
  ];
}
