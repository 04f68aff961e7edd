/** What merchants of a facilitator are owed: taken over when it is available, kept back, given free. */
import { sql, type Transaction } from 'kysely';
import { makeAvailable, type MerchantBalance, type Reserve } from '../domain/availability.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import { postMerchantEntries } from './ledger-posting.ts';

type Trx = Transaction<Database>;

/** Of captures in one commit. */
const capturesAtOnce = 5_000;

/** Whose, and in which currency. */
export interface BalanceOwner {
  readonly merchantId: string;
  readonly currency: string;
}

/** Decimal strings of minor units. */
type BalanceRow = Readonly<
  Record<'pending' | 'available' | 'reserved' | 'in_payout' | 'negative' | 'held', string>
>;

function merchantBalance(row: BalanceRow): MerchantBalance {
  return {
    pending: BigInt(row.pending),
    available: BigInt(row.available),
    reserved: BigInt(row.reserved),
    inPayout: BigInt(row.in_payout),
    negative: BigInt(row.negative),
    held: BigInt(row.held),
  };
}

async function listOwners(db: Db, from: 'balances_due' | 'reserves_due'): Promise<BalanceOwner[]> {
  const { rows } = await sql<BalanceOwner>`
    select merchant_id as "merchantId", currency from ${sql.id(from)}() order by 1, 2`.execute(db);
  return rows;
}

/** Those with something that is not available yet. */
export const listBalancesDue = (db: Db): Promise<BalanceOwner[]> => listOwners(db, 'balances_due');
/** Those with a reserve whose time is over. */
export const listReservesDue = (db: Db): Promise<BalanceOwner[]> => listOwners(db, 'reserves_due');

/** Nothing else moves the balance until the transaction ends. */
export async function holdMerchantBalance(
  trx: Trx,
  { merchantId, currency }: BalanceOwner,
): Promise<MerchantBalance> {
  const { rows } = await sql<{ balance: BalanceRow }>`
    select hold_merchant_balance(${merchantId}, ${currency}) as balance`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error(`no answer about the balance of ${merchantId}`);
  return merchantBalance(row.balance);
}

/**
 * In the caller's transaction, up to 5,000 captures of it, with all that follows what is available; false: there
 * is nothing. The balance is held from then on.
 */
export async function takeOver(trx: Trx, owner: BalanceOwner): Promise<boolean> {
  const balance = await holdMerchantBalance(trx, owner);
  const batch = await takeAvailableFunds(trx, owner);
  if (batch === null) return false;
  const { basisPoints, days } = await readReserveTerms(trx, owner.merchantId);
  const books = { fundModel: 'facilitator', currency: owner.currency } as const;
  const { entries, reserve } = makeAvailable(books, batch, balance, basisPoints);
  await postMerchantEntries(trx, owner.merchantId, entries);
  if (reserve > 0n) await insertReserve(trx, owner, { id: batch.id, amount: reserve }, days);
  return true;
}

interface ReserveTerms {
  readonly basisPoints: number;
  readonly days: number;
}

async function readReserveTerms(trx: Trx, merchantId: string): Promise<ReserveTerms> {
  const { rows } = await sql<ReserveTerms>`
    select t.reserve_basis_points as "basisPoints", t.reserve_days as days
    from merchants m, payout_terms(m) t where m.id = ${merchantId}`.execute(trx);
  const [terms] = rows;
  if (terms === undefined) throw new Error(`no merchant ${merchantId}`);
  return terms;
}

/** Taken over in this transaction, whose caller holds the balance; null: nothing is available that was not. */
async function takeAvailableFunds(
  trx: Trx,
  { merchantId, currency }: BalanceOwner,
): Promise<Reserve | null> {
  const { rows } = await sql<{ id: string | null; amount: string }>`
    select id, amount::text from take_available_funds(${merchantId}, ${currency}, ${capturesAtOnce})`.execute(
    trx,
  );
  const [row] = rows;
  return row?.id == null ? null : { id: row.id, amount: BigInt(row.amount) };
}

async function insertReserve(
  trx: Trx,
  { merchantId, currency }: BalanceOwner,
  { id, amount }: Reserve,
  days: number,
): Promise<void> {
  await sql`
    insert into reserves (id, merchant_id, currency, amount, release_at)
    values (${id}, ${merchantId}, ${currency}, ${amount}, tender_now() + ${days} * interval '1 day')`.execute(
    trx,
  );
}

/** Released in this transaction, whose caller holds the balance. */
export async function takeDueReserves(
  trx: Trx,
  { merchantId, currency }: BalanceOwner,
  reservesMax: number,
): Promise<readonly Reserve[]> {
  const { rows } = await sql<{ id: string; amount: string }>`
    select id, amount::text from take_due_reserves(${merchantId}, ${currency}, ${reservesMax})
    order by id`.execute(trx);
  return rows.map(({ id, amount }) => ({ id, amount: BigInt(amount) }));
}
