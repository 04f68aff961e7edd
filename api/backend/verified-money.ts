/** The API's port to verified money; as a worker, since files and their matches are of no merchant. */
import type { Db } from '../../db/client.ts';
import { verifiedMoney } from '../../db/verified-money.ts';
import type { VerifiedMoney } from '../verified-money/ports.ts';

export function createVerifiedMoney(
  workerDb: Db,
  waitsMs: ReadonlyMap<string, number>,
): VerifiedMoney {
  return {
    list: ({ merchantId }, filter) => verifiedMoney(workerDb, waitsMs, { ...filter, merchantId }),
  };
}
