/** Payouts to merchants: asked for with their money, moved by compare-and-set with their entries, one commit each. */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { MerchantBalance } from '../domain/availability.ts';
import {
  payableOf,
  type Payout,
  type PayoutBasis,
  type PayoutChange,
  type PayoutDestination,
  type PayoutMove,
  type PayoutStatus,
} from '../domain/payout.ts';
import { shortfall } from '../domain/posting-rules/balance.ts';
import * as entries from '../domain/posting-rules/payout.ts';
import { holdMerchantBalance, takeOver, type BalanceOwner } from './availability.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import { postMerchantEntries } from './ledger-posting.ts';
import type { Page } from './payments.ts';

type Trx = Transaction<Database>;

/** As stored; the amount in minor units, decimal, instants ISO 8601. */
export interface PayoutRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly currency: string;
  readonly amount: string;
  readonly destination: PayoutDestination;
  readonly status: PayoutStatus;
  readonly turn: string | null;
  readonly provider_reference: string | null;
  readonly send_by: string | null;
  readonly sent_count: number;
  readonly lookups: number;
  readonly due_at: string | null;
  readonly failure_code: string | null;
  readonly basis: PayoutBasis;
  readonly requested_by: string;
  readonly version: number;
  readonly paid_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly now: string;
}

const ms = (at: string | null): number | null => (at === null ? null : Date.parse(at));

export function payoutOf(row: PayoutRow): Payout {
  const { id, currency, destination, status, lookups, version } = row;
  return {
    ...{ id, merchantId: row.merchant_id, currency, amount: BigInt(row.amount), destination },
    ...{ status, providerReference: row.provider_reference, lookups, version },
    ...{ sentCount: row.sent_count, failureCode: row.failure_code },
    ...{ sendBy: ms(row.send_by), dueAt: ms(row.due_at), paidAt: ms(row.paid_at) },
    ...{ createdAt: Date.parse(row.created_at), now: Date.parse(row.now) },
  };
}

export interface PayoutFilter {
  readonly status?: PayoutStatus | undefined;
  readonly currency?: string | undefined;
}

/** Newest first; one row more than `limit` tells of more. */
export async function listPayouts(
  db: Db | Trx,
  merchantId: string,
  { status, currency }: PayoutFilter,
  { limit, after }: Page,
): Promise<readonly PayoutRow[]> {
  const where: RawBuilder<unknown>[] = [
    sql`p.merchant_id = ${merchantId}`,
    ...(status === undefined ? [] : [sql`p.status = ${status}`]),
    ...(currency === undefined ? [] : [sql`p.currency = ${currency}`]),
    ...(after === undefined ? [] : [sql`p.id < ${after}`]),
  ];
  const { rows } = await sql<{ row: PayoutRow }>`
    select payout_view(p) as row from payouts p where ${sql.join(where, sql` and `)}
    order by p.id desc limit ${limit + 1}`.execute(db);
  return rows.map(({ row }) => row);
}

export async function findPayout(db: Db | Trx, id: string): Promise<PayoutRow | null> {
  const { rows } = await sql<{ row: PayoutRow }>`
    select payout_view(p) as row from payouts p where p.id = ${id}`.execute(db);
  return rows[0]?.row ?? null;
}

/** Those that want attention and are not `seen`, the longest due first. */
export async function listPayoutsDue(
  db: Db,
  seen: readonly string[],
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from payouts where due_at <= tender_now() and id <> all(${sql.val([...seen])}::text[])
    order by due_at, id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

export interface PayoutTurn extends BalanceOwner {
  /** The day of its schedule, ISO 8601. */
  readonly turn: string;
}

export async function listPayoutTurns(db: Db): Promise<readonly PayoutTurn[]> {
  const { rows } = await sql<PayoutTurn>`
    select merchant_id as "merchantId", currency, turn::text from payout_turns()`.execute(db);
  return rows;
}

export interface NewPayout extends BalanceOwner {
  readonly id: string;
  /** Null: all that may be paid. */
  readonly amount: bigint | null;
  readonly turn: string | null;
  readonly requestedBy: string;
}

export type PayoutRefusal =
  | 'payout_not_offered'
  | 'payout_destination_missing'
  | 'payout_exceeds_available'
  | 'payout_below_minimum';

/**
 * In the caller's transaction: what has become available is taken over, then the amount leaves it with the row
 * that says where to. Of two at once the second sees what the first has left.
 */
export async function requestPayout(
  trx: Trx,
  asked: NewPayout,
): Promise<PayoutRow | PayoutRefusal> {
  const terms = await readTerms(trx, asked);
  if (terms === null) return 'payout_not_offered';
  if (terms.destination === null) return 'payout_destination_missing';
  while (await takeOver(trx, asked));
  const payable = payableOf(await holdMerchantBalance(trx, asked));
  const amount = asked.amount ?? payable;
  if (amount > payable) return 'payout_exceeds_available';
  if (amount <= 0n || amount < BigInt(terms.minimum)) return 'payout_below_minimum';
  const { id, merchantId, currency, turn, requestedBy } = asked;
  const basis = turn === null ? 'asked for by hand' : `turn of ${turn}`;
  await sql`
    insert into payouts (id, merchant_id, currency, amount, destination, turn, basis, requested_by)
    values (${id}, ${merchantId}, ${currency}, ${amount}, ${JSON.stringify(terms.destination)}::jsonb, ${turn}::date,
      ${JSON.stringify({ kind: 'request', detail: basis })}::jsonb, ${requestedBy})`.execute(trx);
  const books = { fundModel: 'facilitator', currency } as const;
  const taken = entries.merchantPayoutSentEntry(books, { id, amount });
  await postMerchantEntries(trx, merchantId, [{ ...taken, request: true }]);
  const row = await findPayout(trx, id);
  if (row === null) throw new Error(`payout ${id} is not there`);
  return row;
}

interface Terms {
  /** Minor units, decimal. */
  readonly minimum: string;
  readonly destination: PayoutDestination | null;
}

async function readTerms(trx: Trx, { merchantId, currency }: BalanceOwner): Promise<Terms | null> {
  const { rows } = await sql<Terms>`
    select coalesce(t.minimums ->> ${currency}, '1') as minimum, t.destinations -> ${currency} as destination
    from merchants m, payout_terms(m) t where m.id = ${merchantId} and m.fund_model = 'facilitator'`.execute(
    trx,
  );
  return rows[0] ?? null;
}

/** The row, its entries and what is told of it, or nothing. Null: somebody else was faster. */
export async function movePayout(
  db: Db,
  payout: Payout,
  change: PayoutChange,
): Promise<Payout | null> {
  return db.transaction().execute(async (trx) => {
    const { id, merchantId, version, status } = payout;
    // Before the row, as whoever asks for one has it.
    const balance = change.moves.length > 0 ? await holdMerchantBalance(trx, payout) : null;
    const { rows } = await sql<{ row: PayoutRow | null }>`
      select move_payout(${id}, ${version}, ${encodePatch(change)}::jsonb) as row`.execute(trx);
    const row = rows[0]?.row ?? null;
    if (row === null) return null;
    if (balance !== null) {
      const moved = change.moves.map((move) => entryOf(payout, move, balance));
      await postMerchantEntries(trx, merchantId, moved);
    }
    if (row.status !== status && (row.status === 'paid' || row.status === 'failed')) {
      await sql`select announce_payout(${id}, ${`payout.${row.status}`})`.execute(trx);
    }
    return payoutOf(row);
  });
}

function entryOf(
  { id, amount, currency }: Payout,
  move: PayoutMove,
  { available }: MerchantBalance,
): ReturnType<typeof entries.merchantPayoutSentEntry> {
  const books = { fundModel: 'facilitator', currency } as const;
  switch (move) {
    case 'confirmed':
      return entries.merchantPayoutConfirmedEntry(books, { id, amount });
    case 'failed':
      return entries.merchantPayoutFailedEntry(books, { id, amount });
    case 'returned':
      return entries.merchantPayoutReturnedEntry(books, { id, amount });
    case 'paid_late':
      return entries.merchantPayoutPaidLateEntry(
        books,
        { id, amount },
        shortfall(amount, available),
      );
  }
}

function encodePatch({ patch }: PayoutChange): string {
  const at = (value: number | null | undefined): string | null | undefined =>
    value == null ? value : new Date(value).toISOString();
  return JSON.stringify({
    ...{ status: patch.status, basis: patch.basis, due_at: at(patch.dueAt) },
    ...{ send_by: at(patch.sendBy), key_horizon: at(patch.keyHorizon) },
    ...{ sent_count: patch.sentCount, lookups: patch.lookups },
    ...{ provider_reference: patch.providerReference, failure_code: patch.failureCode },
  });
}
