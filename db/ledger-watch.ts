/**
 * The proofs, run often: only what was booked since the last run is read again, on top of sums that were
 * proved before. What changed in older rows is found by the next full run, and at once where it shows in
 * a stored balance.
 */
import { sql } from 'kysely';
import type { Db } from './client.ts';
import { checkChain, findHead, sealLedger, wholeTables } from './ledger-chain.ts';
import { accountingEquation, balancesStatement, entriesBalance, sumsOf } from './ledger-proofs.ts';
import { runProof, subLedgers, type CheckResult } from './ledger-proofs.ts';
import { verifyLedger } from './ledger-verify.ts';

/** Everything before `below` is proved, and makes these `sums`. */
export interface Proved {
  readonly batch: bigint;
  readonly below: string;
  /** JSON of rows as `sumsOf` makes them. */
  readonly sums: string;
}

export interface WatchResult {
  readonly broken: readonly CheckResult[];
  /** Where the next run goes on; as before where something is broken. */
  readonly proved: Proved | undefined;
}

/** Undefined `proved`: everything is checked. */
export async function watchLedger(db: Db, proved: Proved | undefined): Promise<WatchResult> {
  const checks = proved === undefined ? await everything(db) : await whatIsNew(db, proved);
  const broken = checks.filter(({ state }) => state === 'broken');
  return { broken, proved: broken.length > 0 ? proved : await advance(db, proved) };
}

async function everything(db: Db): Promise<readonly CheckResult[]> {
  return (await verifyLedger(db)).checks;
}

async function whatIsNew(db: Db, { batch, below, sums }: Proved): Promise<readonly CheckResult[]> {
  await sealLedger(db);
  const { broken: what } = await checkChain(db, { from: batch + 1n });
  const fresh = `e.transaction_id >= '${below}'`;
  const proofs = [
    entriesBalance(fresh),
    accountingEquation,
    { name: 'stored_balances', statement: balancesStatement(`${proven(sums)} union all ${sumsOf(fresh)}`) }, // prettier-ignore
    subLedgers(`y.id in (select e.payment_id from journal_entries e where ${fresh})`),
  ];
  const checks: CheckResult[] = [
    { name: 'hash_chain', state: what === null ? 'holds' : 'broken', what },
  ];
  for (const proof of proofs) checks.push(await runProof(db, proof));
  return checks;
}

const columns = `merchant_id text, account text, provider text, currency text,
  pending_debits numeric, pending_credits numeric, posted_debits numeric, posted_credits numeric`;

function proven(sums: string): string {
  return `select * from jsonb_to_recordset('${sums.replaceAll(`'`, `''`)}') as r (${columns})`;
}

/** Up to the head: every transaction below it is over, so its sums stay what they are. */
async function advance(db: Db, proved: Proved | undefined): Promise<Proved | undefined> {
  const head = await findHead(db);
  if (head === null) return undefined;
  const { rows: heads } = await sql<{ below: string }>`
    select sealed_below::text as below from ledger_batches where number = ${String(head.number)}`.execute(
    db,
  );
  const [{ below } = { below: '0' }] = heads;
  const since = proved?.below ?? '0';
  const made = sumsOf(`e.transaction_id >= '${since}' and e.transaction_id < '${below}'`);
  const { rows } = await wholeTables<{ sums: string }>(
    db,
    `select coalesce(jsonb_agg(t), '[]')::text as sums from (
       select merchant_id, account, provider, currency, sum(pending_debits) as pending_debits,
         sum(pending_credits) as pending_credits, sum(posted_debits) as posted_debits, sum(posted_credits) as posted_credits
       from (${proven(proved?.sums ?? '[]')} union all ${made}) m group by 1, 2, 3, 4) t`,
  );
  return { batch: head.number, below, sums: rows[0]?.sums ?? '[]' };
}
