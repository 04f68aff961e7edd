import { listSchema, pageOf, presentList } from '../list.ts';
import type { Events } from '../ports.ts';
import { readRoute, type Route } from '../route.ts';
import { presentEvent } from './presenter.ts';
import { eventSchema, eventsQuery } from './schema.ts';

export function eventRoutes(events: Events): readonly Route[] {
  return [
    readRoute(
      {
        path: '/v1/events',
        operationId: 'listEvents',
        tag: 'Events',
        summary: 'What happened, newest first',
        scopes: ['events:read'],
        query: eventsQuery,
        answers: { 200: { description: 'A page', schema: listSchema(eventSchema) } },
      },
      async ({ principal, query }) => {
        const page = await events.list(principal, { type: query.type }, pageOf(query));
        return { status: 200, body: presentList(page, ({ id }) => id, presentEvent) };
      },
    ),
  ];
}
