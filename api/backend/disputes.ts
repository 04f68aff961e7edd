/** The API's port to disputes, over the database. */
import type { Db } from '../../db/client.ts';
import { findDispute, listDisputes } from '../../db/disputes.ts';
import { asMerchant } from '../../db/payments.ts';
import type { Disputes } from '../disputes/ports.ts';
import { paged } from './paged.ts';

export function createDisputes(db: Db): Disputes {
  return {
    find: (principal, id) => asMerchant(db, principal.merchantId, (trx) => findDispute(trx, id)),
    list: (principal, filter, page) =>
      asMerchant(db, principal.merchantId, async (trx) =>
        paged(await listDisputes(trx, filter, page), page.limit),
      ),
  };
}
