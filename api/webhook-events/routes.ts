/** What providers told that nothing has come of yet: for those who look into it. */
import { listSchema, pageOf, presentList } from '../list.ts';
import { readRoute, type Route } from '../route.ts';
import { requireStaff } from '../staff-act.ts';
import type { WebhookEvents } from './ports.ts';
import { presentWebhookEvent } from './presenter.ts';
import { webhookEventSchema, webhookEventsQuery } from './schema.ts';

export function webhookEventRoutes(webhookEvents: WebhookEvents): readonly Route[] {
  return [
    readRoute(
      {
        tag: 'In doubt',
        scopes: ['payments:read'],
        path: '/v1/webhook_events',
        operationId: 'listWebhookEvents',
        summary: 'Events of providers that match nothing of ours, or not what is recorded',
        query: webhookEventsQuery,
        answers: { 200: { description: 'A page', schema: listSchema(webhookEventSchema) } },
      },
      async ({ principal, query }) => {
        requireStaff(principal);
        const { state = 'unmatched', provider } = query;
        const page = await webhookEvents.list(principal, { state, provider }, pageOf(query));
        return { status: 200, body: presentList(page, ({ id }) => id, presentWebhookEvent) };
      },
    ),
  ];
}
