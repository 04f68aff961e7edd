/**
 * The proofs, run often. Over everything, or over what is new: only what was booked since the last run is
 * read, on top of sums that were proved before. A row that is older and was changed shows in a stored
 * balance, in the tail of its table, where every new version of a row goes, or in the traces that the
 * server keeps of updates and deletes, which are a reason to prove everything at once.
 */
import { sql } from 'kysely';
import type { Db } from './client.ts';
import { noteProved } from './ledger-alarms.ts';
import { checkChain, findHead, sealLedger, wholeTables, type LedgerHead } from './ledger-chain.ts';
import {
  accountingEquation,
  balancesStatement,
  closedPeriods,
  entriesBalance,
  guards,
  runProof,
  subLedgers,
  sumsOf,
  type CheckResult,
} from './ledger-proofs.ts';
import { verifyLedger } from './ledger-verify.ts';

/** Where the books stood when a run began: what it proves is all that lies before. */
interface Mark {
  /** Of the chain, which is to be the same one ever after. */
  readonly head: LedgerHead;
  /** Every transaction before this one is over and sealed. */
  readonly below: string;
  /** The first transaction that had not begun, and the last blocks of the two tables. */
  readonly next: string;
  readonly entriesEnd: string;
  readonly postingsEnd: string;
}

/** All before the mark is proved, and makes these sums: JSON of rows as `sumsOf` makes them. */
export interface Proved extends Mark {
  readonly sums: string;
}

export interface WatchResult {
  readonly broken: readonly CheckResult[];
  /** Where the next run goes on; as before where something is broken. */
  readonly proved: Proved | undefined;
}

/** `proved`: what an earlier run left, of which the chain must still be the one. */
export async function proveEverything(db: Db, proved: Proved | undefined): Promise<WatchResult> {
  const mark = await readMark(db);
  const { checks } = await verifyLedger(db, proved?.head);
  return conclude(db, checks, proved, async () => mark && { ...mark, sums: await add(db, mark) });
}

export async function proveWhatIsNew(db: Db, proved: Proved): Promise<WatchResult> {
  const mark = await readMark(db);
  const { broken: what } = await checkChain(db, {
    from: proved.head.number + 1n,
    published: proved.head,
  });
  const fresh = `e.transaction_id >= '${proved.below}'`;
  const freshPayments = `(select e.payment_id from journal_entries e where ${fresh})`;
  const proofs = [
    { name: 'hash_chain', statement: `${rewritten(proved)} limit 1` },
    guards,
    entriesBalance(fresh),
    accountingEquation,
    { name: 'stored_balances', statement: balancesStatement(`${rowsOf(proved.sums)} union all ${sumsOf(fresh)}`) }, // prettier-ignore
    subLedgers(`y.id in ${freshPayments}`, `e.payment_id in ${freshPayments}`),
    closedPeriods(fresh),
  ];
  const checks: CheckResult[] = [
    { name: 'hash_chain', state: what === null ? 'holds' : 'broken', what },
  ];
  for (const proof of proofs) checks.push(await runProof(db, proof));
  return conclude(db, checks, proved, async () => mark && { ...mark, sums: await add(db, mark, proved) }); // prettier-ignore
}

/**
 * Rows that were rewritten or deleted anywhere in the books, by their numbers alone: a tenth of the time
 * that it takes to hash them all. For when there are traces of it.
 */
export async function findRewritten(db: Db, proved: Proved): Promise<CheckResult> {
  const anywhere = { ...proved, entriesEnd: '0', postingsEnd: '0' };
  const statement = `${rewritten(anywhere)} union all ${gone(proved)} limit 1`;
  return runProof(db, { name: 'hash_chain', statement });
}

async function conclude(
  db: Db,
  checks: readonly CheckResult[],
  proved: Proved | undefined,
  advance: () => Promise<Proved | undefined>,
): Promise<WatchResult> {
  await noteProved(db);
  const broken = checks.filter(({ state }) => state === 'broken');
  return { broken, proved: broken.length > 0 ? proved : await advance() };
}

/** Differs from an earlier answer where a row of the books was updated or deleted in between. */
export async function readTraces(db: Db): Promise<string> {
  const { rows } = await sql<{ traces: string }>`select ledger_traces() as traces`.execute(db);
  return rows[0]?.traces ?? '';
}

/**
 * Rows written since the last run that say they are older: put in by hand, or the new version of another.
 * A table grows at its end, so one look at the tail finds them; not where they fill a hole.
 */
function rewritten({ below, next, entriesEnd, postingsEnd }: Mark): string {
  const since = (row: string): string =>
    `age(${row}.xmin) <= age('${next}'::xid8::xid) and e.transaction_id < '${below}'`;
  return `
    (select 'journal entry ' || e.id || ' was written after its time' as what from journal_entries e
      where e.ctid >= '(${entriesEnd},0)' and ${since('e')} order by e.id limit 1)
    union all
    (select 'posting ' || p.entry_id || '/' || p.line || ' was written after its time'
      from postings p join journal_entries e on e.id = p.entry_id
      where p.ctid >= '(${postingsEnd},0)' and ${since('p')} order by 1 limit 1)`;
}

/** What was sealed up to the head and is not there. */
function gone({ head }: Mark): string {
  return `
    (select 'journal entry ' || s.entry_id || ' is gone' from ledger_batch_entries s
      where not exists (select from journal_entries e where e.id = s.entry_id) order by 1 limit 1)
    union all
    (select 'of ' || said || ' postings that were sealed up to batch ${head.number} ' || found || ' are there' from (
      select (select sum(b.postings) from ledger_batches b where b.number <= ${head.number}) as said,
        (select count(*) from postings p join ledger_batch_entries s on s.entry_id = p.entry_id where s.batch <= ${head.number}) as found) c
      where said is distinct from found)`;
}

/** Seals first. What is sealed while the proofs run is for the next run. */
async function readMark(db: Db): Promise<Mark | undefined> {
  await sealLedger(db);
  const head = await findHead(db);
  if (head === null) return undefined;
  const { rows } = await sql<Omit<Mark, 'head'>>`
    select sealed_below::text as below, pg_snapshot_xmax(pg_current_snapshot())::text as next,
      greatest(pg_relation_size('journal_entries') / 8192 - 1, 0)::text as "entriesEnd",
      greatest(pg_relation_size('postings') / 8192 - 1, 0)::text as "postingsEnd"
    from ledger_batches where number = ${String(head.number)}`.execute(db);
  const [end] = rows;
  return end && { ...end, head };
}

const columns = `merchant_id text, account text, provider text, currency text,
  pending_debits numeric, pending_credits numeric, posted_debits numeric, posted_credits numeric`;

function rowsOf(sums: string): string {
  return `select * from jsonb_to_recordset('${sums.replaceAll(`'`, `''`)}') as r (${columns})`;
}

/** The sums up to `mark`, on top of those of `proved`. */
async function add(db: Db, mark: Mark, proved?: Proved): Promise<string> {
  const made = sumsOf(`e.transaction_id >= '${proved?.below ?? '0'}' and e.transaction_id < '${mark.below}'`); // prettier-ignore
  const { rows } = await wholeTables<{ sums: string }>(
    db,
    `select coalesce(jsonb_agg(t), '[]')::text as sums from (
       select merchant_id, account, provider, currency, sum(pending_debits) as pending_debits,
         sum(pending_credits) as pending_credits, sum(posted_debits) as posted_debits, sum(posted_credits) as posted_credits
       from (${rowsOf(proved?.sums ?? '[]')} union all ${made}) m group by 1, 2, 3, 4) t`,
  );
  return rows[0]?.sums ?? '[]';
}
