/** The API's port to a merchant's settings; as a worker, which asks for them and cannot change them. */
import type { Db } from '../../db/client.ts';
import { askForSettings, readSettings } from '../../db/merchant-settings.ts';
import { approvalLifeMs } from '../../domain/timing.ts';
import type { Settings } from '../settings/ports.ts';

export function createSettings(workerDb: Db): Settings {
  return {
    read: async ({ merchantId }) => {
      const found = await readSettings(workerDb, merchantId);
      if (found === null) throw new Error(`merchant ${merchantId} of a principal is not there`);
      return found;
    },
    ask: ({ merchantId }, expected, settings, by) =>
      askForSettings(workerDb, { merchantId, expected, settings, ...by, lifeMs: approvalLifeMs }),
  };
}
