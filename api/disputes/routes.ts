/** Disputes are read and answered here; what became of them is told by the provider. */
import { z } from 'zod';
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, pageQuery, presentList } from '../list.ts';
import { commandReply } from '../payments/command-reply.ts';
import type { CommandResult } from '../ports.ts';
import { commandRoute, readRoute, type Reply, type Route } from '../route.ts';
import { idSchema, requireId } from '../schema/ids.ts';
import { problemSchema } from '../schema/problem.ts';
import { evidenceInput } from './evidence-input.ts';
import type { Disputes } from './ports.ts';
import { presentDispute } from './presenter.ts';
import { acceptSchema, disputeSchema, disputeStatuses, evidenceSchema } from './schema.ts';

const reads = { tag: 'Disputes', scopes: ['payments:read'] } as const;

const params = z.strictObject({ dispute_id: z.string() });
const answers = {
  201: { description: 'The dispute; the provider has the answer', schema: disputeSchema },
  202: { description: 'The dispute; the answer is on its way', schema: disputeSchema },
  402: { description: 'The provider did not take it', schema: problemSchema },
  409: { description: 'The state of the dispute does not allow it', schema: problemSchema },
};

function reply(result: CommandResult): Reply {
  if (result.kind !== 'not_found') return commandReply(result);
  throw new HttpError('not_found', 'There is no such dispute.');
}

function answerRoutes(disputes: Disputes): readonly Route[] {
  const common = { tag: 'Disputes', params, answers } as const;
  return [
    commandRoute(
      {
        ...common,
        // It gives money away, like a refund.
        scopes: ['refunds:write'],
        path: '/v1/disputes/{dispute_id}/accept',
        operationId: 'acceptDispute',
        summary: 'Give a dispute up, for ever',
        body: acceptSchema,
      },
      async ({ principal, key, params: { dispute_id: id }, waitMs }) => {
        const input = { kind: 'accept', evidence: {} } as const;
        return reply(await disputes.answer(principal, key, requireId('dsp', id), input, waitMs));
      },
    ),
    commandRoute(
      {
        ...common,
        scopes: ['payments:write', 'refunds:write'],
        path: '/v1/disputes/{dispute_id}/evidence',
        operationId: 'submitDisputeEvidence',
        summary: 'Submit evidence against a dispute, once',
        body: evidenceSchema,
      },
      async ({ principal, key, params: { dispute_id: id }, body, waitMs }) => {
        const input = { kind: 'evidence', evidence: evidenceInput(body) } as const;
        return reply(await disputes.answer(principal, key, requireId('dsp', id), input, waitMs));
      },
    ),
  ];
}

export function disputeRoutes(disputes: Disputes): readonly Route[] {
  return [
    ...answerRoutes(disputes),
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
          due_before: z.iso.datetime({ offset: true }).optional(),
        }),
        answers: { 200: { description: 'A page', schema: listSchema(disputeSchema) } },
      },
      async ({ principal, query }) => {
        const { status, payment_id: paymentId, due_before: dueBefore } = query;
        const filter = { status, paymentId, dueBefore };
        const page = await disputes.list(principal, filter, pageOf(query));
        return { status: 200, body: presentList(page, ({ id }) => id, presentDispute) };
      },
    ),
  ];
}
