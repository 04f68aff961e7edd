/** Gives free what was kept back for its time, one merchant and currency at a time, each in one commit, once. */
import {
  holdMerchantBalance,
  listReservesDue,
  takeDueReserves,
  type BalanceOwner,
} from '../../db/availability.ts';
import type { Db } from '../../db/client.ts';
import { postMerchantEntries } from '../../db/ledger-posting.ts';
import { releaseReserves as entriesOf } from '../../domain/availability.ts';

/** A batch of entries has a thousand at most. */
const atOnce = 500;

export async function releaseReserves({
  db,
  signal,
}: {
  readonly db: Db;
  readonly signal: AbortSignal;
}): Promise<{ readonly released: number }> {
  let released = 0;
  for (const owner of await listReservesDue(db)) {
    for (let some = atOnce; some === atOnce; released += some) {
      signal.throwIfAborted();
      some = await releaseSome(db, owner);
    }
  }
  return { released };
}

async function releaseSome(db: Db, owner: BalanceOwner): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const balance = await holdMerchantBalance(trx, owner);
    const due = await takeDueReserves(trx, owner, atOnce);
    const books = { fundModel: 'facilitator', currency: owner.currency } as const;
    await postMerchantEntries(trx, owner.merchantId, entriesOf(books, due, balance));
    return due.length;
  });
}
