import { asMerchant } from '../../db/payments.ts';
import type { Db } from '../../db/client.ts';
import { listEvents, listEventsForStaff } from '../../db/events.ts';
import type { Events } from '../ports.ts';
import { paged } from './paged.ts';

/** `workerDb` for staff, who also see what is of no merchant. */
export function createEvents(db: Db, workerDb: Db): Events {
  return {
    list: async ({ merchantId, actor }, filter, page) => {
      const rows =
        actor.kind === 'staff'
          ? await listEventsForStaff(workerDb, merchantId, filter, page)
          : await asMerchant(db, merchantId, (trx) => listEvents(trx, filter, page));
      return paged(rows, page.limit);
    },
  };
}
