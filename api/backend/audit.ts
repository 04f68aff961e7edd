/** The API's port to the record of acts; as a worker, since many are of the whole installation. */
import { listActs } from '../../db/audit.ts';
import type { Db } from '../../db/client.ts';
import { findStanding, listOpenAlarms } from '../../db/ledger-alarms.ts';
import { findHead } from '../../db/ledger-chain.ts';
import type { Audit } from '../audit/ports.ts';
import { paged } from './paged.ts';

export function createAudit(workerDb: Db): Audit {
  return {
    list: async ({ merchantId }, filter, page) =>
      paged(await listActs(workerDb, merchantId, filter, page), page.limit),
    standing: async () => {
      const { stopped, unprovedSeconds } = await findStanding(workerDb);
      const [alarms, head] = await Promise.all([listOpenAlarms(workerDb), findHead(workerDb)]);
      return { stopped, unprovedSeconds, alarms, head };
    },
  };
}
