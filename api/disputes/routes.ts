/** Disputes are read here; what became of them is told by the provider. */
import { z } from 'zod';
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, pageQuery, presentList } from '../list.ts';
import { readRoute, type Route } from '../route.ts';
import { idSchema, requireId } from '../schema/ids.ts';
import type { Disputes } from './ports.ts';
import { presentDispute } from './presenter.ts';
import { disputeSchema, disputeStatuses } from './schema.ts';

const reads = { tag: 'Disputes', scopes: ['payments:read'] } as const;

export function disputeRoutes(disputes: Disputes): readonly Route[] {
  return [
    readRoute(
      {
        ...reads,
        path: '/v1/disputes/{dispute_id}',
        operationId: 'getDispute',
        summary: 'One dispute',
        params: z.strictObject({ dispute_id: z.string() }),
        answers: { 200: { description: 'The dispute', schema: disputeSchema } },
      },
      async ({ principal, params }) => {
        const row = await disputes.find(principal, requireId('dsp', params.dispute_id));
        if (row === null) throw new HttpError('not_found', 'There is no such dispute.');
        return { status: 200, body: presentDispute(row) };
      },
    ),
    readRoute(
      {
        ...reads,
        path: '/v1/disputes',
        operationId: 'listDisputes',
        summary: 'Disputes, newest first',
        query: z.strictObject({
          ...pageQuery(idSchema('dsp')),
          status: z.enum(disputeStatuses).optional(),
          payment_id: idSchema('pay').optional(),
        }),
        answers: { 200: { description: 'A page', schema: listSchema(disputeSchema) } },
      },
      async ({ principal, query }) => {
        const filter = { status: query.status, paymentId: query.payment_id };
        const page = await disputes.list(principal, filter, pageOf(query));
        return { status: 200, body: presentList(page, ({ id }) => id, presentDispute) };
      },
    ),
  ];
}
