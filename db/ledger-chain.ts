/** The hash chain over the books: sealed behind the posting transactions, checked set by set. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

const sealAtOnce = 5_000;
/** Batches of one statement: at most this many, so that neither side holds the whole ledger. */
const entriesAtOnce = 20_000;

/** Seals everything that is committed; answers how many entries that were. */
export async function sealLedger(db: Db): Promise<number> {
  let total = 0;
  for (;;) {
    const { rows } = await sql<{ sealed: number }>`
      select seal_ledger(${sealAtOnce}) as sealed`.execute(db);
    const sealed = rows[0]?.sealed ?? 0;
    total += sealed;
    if (sealed < sealAtOnce) return total;
  }
}

export interface LedgerHead {
  readonly number: bigint;
  /** Hex. */
  readonly hash: string;
}

export function formatHead({ number, hash }: LedgerHead): string {
  return `${number}:${hash}`;
}

export function parseHead(text: string): LedgerHead {
  const [, number = '', hash = ''] = /^([1-9]\d*):([0-9a-f]{64})$/.exec(text) ?? [];
  if (hash === '') throw new Error('a head is <number>:<64 hex digits>');
  return { number: BigInt(number), hash };
}

export async function findHead(db: Db): Promise<LedgerHead | null> {
  const { rows } = await sql<{ head: string | null }>`select ledger_head() as head`.execute(db);
  // Taken as it is: what was written over it is for the check to find.
  const [number = '', hash = ''] = rows[0]?.head?.split(':') ?? [];
  return hash === '' ? null : { number: BigInt(number), hash };
}

export interface ChainCheck {
  readonly entries: number;
  readonly postings: number;
  /** The first row that does not hold, in words; null: all do. */
  readonly broken: string | null;
}

interface ChainRange {
  /** First batch to check; those before it were. */
  readonly from?: bigint;
  /** A head published outside: what was cut off or chained anew is found against it. */
  readonly published?: LedgerHead | undefined;
}

/** Of sealed batches; whatever is not sealed yet is the caller's to seal before. */
export async function checkChain(db: Db, range: ChainRange = {}): Promise<ChainCheck> {
  const total = { entries: 0, postings: 0 };
  const head = await findHead(db);
  let from = range.from ?? 1n;
  while (head !== null && from <= head.number) {
    const to = await lastOfRange(db, from, head.number);
    const { rows } = await sql<{ entries: string; postings: string; broken: string | null }>`
      select * from check_ledger_chain(${String(from)}, ${String(to)})`.execute(db);
    const [row] = rows;
    total.entries += Number(row?.entries ?? 0);
    total.postings += Number(row?.postings ?? 0);
    if (row?.broken != null) return { ...total, broken: row.broken };
    from = to + 1n;
  }
  return { ...total, broken: await differsFromPublished(db, range.published) };
}

/** Batches are small or large: takes as many as make up one statement's worth of entries. */
async function lastOfRange(db: Db, from: bigint, head: bigint): Promise<bigint> {
  const { rows } = await sql<{ last: string | null }>`
    select max(number)::text as last from (
      select number, sum(entries) over (order by number) as so_far
      from (select * from ledger_batches where number between ${String(from)} and ${String(from + 1_000n)}
        order by number) b) r
    where so_far <= ${entriesAtOnce} or number = ${String(from)}`.execute(db);
  const last = BigInt(rows[0]?.last ?? from);
  return last > head ? head : last;
}

async function differsFromPublished(
  db: Db,
  published: LedgerHead | undefined,
): Promise<string | null> {
  if (published === undefined) return null;
  const { rows } = await sql<{ hash: string }>`
    select encode(hash, 'hex') as hash from ledger_batches
    where number = ${String(published.number)}`.execute(db);
  const [row] = rows;
  if (row === undefined) {
    return `batch ${published.number} is gone: it was published as the head`;
  }
  return row.hash === published.hash
    ? null
    : `batch ${published.number} is not the one that was published as the head`;
}

/** Entries that no batch holds although their transaction is over, and postings without an entry. */
export async function findUnsealed(db: Db): Promise<string | null> {
  const { rows } = await wholeTables<{ what: string }>(
    db,
    `(select 'journal entry ' || e.id || ' is in no sealed batch' as what from journal_entries e
        where e.transaction_id < (select coalesce(max(sealed_below), '0') from ledger_batches)
          and not exists (select from ledger_batch_entries s where s.entry_id = e.id) order by e.id limit 1)
     union all
     (select 'posting ' || p.entry_id || '/' || p.line || ' belongs to no journal entry' from postings p
        where not exists (select from journal_entries e where e.id = p.entry_id) order by 1 limit 1)
     limit 1`,
  );
  return rows[0]?.what ?? null;
}

/** Our pools plan for single rows; a statement that reads whole tables scans and hashes them. */
export async function wholeTables<T>(
  db: Db,
  statement: string,
): Promise<{ readonly rows: readonly T[] }> {
  return db.transaction().execute(async (trx) => {
    await sql`select set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true),
      set_config('plan_cache_mode', 'auto', true),
      set_config('work_mem', '64MB', true), set_config('jit', 'off', true)`.execute(trx);
    return sql.raw<T>(statement).execute(trx);
  });
}
