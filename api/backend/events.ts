import { asMerchant } from '../../db/payments.ts';
import type { Db } from '../../db/client.ts';
import { listEvents } from '../../db/timeline.ts';
import type { Events } from '../ports.ts';
import { paged } from './paged.ts';

export function createEvents(db: Db): Events {
  return {
    list: (principal, filter, page) =>
      asMerchant(db, principal.merchantId, async (trx) =>
        paged(await listEvents(trx, filter, page), page.limit),
      ),
  };
}
