/** The API's port to the inbox: read as a worker, since the API's own connection may only add to it. */
import type { Db } from '../../db/client.ts';
import { listWebhookEvents } from '../../db/webhook-events.ts';
import type { WebhookEvents } from '../webhook-events/ports.ts';
import { paged } from './paged.ts';

export function createWebhookEvents(workerDb: Db): WebhookEvents {
  return {
    list: async ({ merchantId }, filter, page) =>
      paged(await listWebhookEvents(workerDb, merchantId, filter, page), page.limit),
  };
}
