/** Outcomes that nobody knows: the list of them, and the word of two people where nothing else ends one. */
import { presentApproval } from '../approvals/presenter.ts';
import { approvalSchema } from '../approvals/schema.ts';
import { HttpError } from '../http-errors.ts';
import { pageOf, presentList } from '../list.ts';
import { minorUnits } from '../payments/command-input.ts';
import { presentPayment } from '../payments/presenter.ts';
import { paymentParams } from '../payments/request-schema.ts';
import { commandRoute, readRoute, type Reply, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { problemSchema } from '../schema/problem.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import type { Doubts, ResolutionAsked } from './ports.ts';
import { presentDoubted, presentTotal } from './presenter.ts';
import { doubtQuery, paymentsInDoubtSchema, resolveSchema } from './schema.ts';

export function doubtRoutes(doubts: Doubts): readonly Route[] {
  return [listRoute(doubts), resolveRoute(doubts)];
}

function listRoute(doubts: Doubts): Route {
  return readRoute(
    {
      tag: 'In doubt',
      scopes: ['payments:read'],
      path: '/v1/payments_in_doubt',
      operationId: 'listPaymentsInDoubt',
      summary: 'Payments of which an outcome is not known: how long, how much, and what is done',
      query: doubtQuery,
      answers: { 200: { description: 'A page, and the totals', schema: paymentsInDoubtSchema } },
    },
    async ({ principal, query }) => {
      requireStaff(principal);
      const { page, totals } = await doubts.list(principal, pageOf(query));
      const list = presentList(page, ([first]) => first.payment_id, presentDoubted);
      return { status: 200, body: { ...list, totals: totals.map(presentTotal) } };
    },
  );
}

function resolveRoute(doubts: Doubts): Route {
  return commandRoute(
    {
      tag: 'In doubt',
      scopes: ['payments:resolve'],
      path: '/v1/payments/{payment_id}/resolve',
      operationId: 'resolvePayment',
      summary:
        'Say what became of an unknown or a failed return, with evidence; in force once another person approves',
      params: paymentParams,
      body: resolveSchema,
      answers: {
        202: { description: 'What another person is to approve', schema: approvalSchema },
        409: {
          description: 'It is not in doubt and no failed return, or asked for already',
          schema: problemSchema,
        },
      },
    },
    async ({ principal, key, params, body }) => {
      const by = staffAct(principal);
      const id = requireId('pay', params.payment_id);
      const input = {
        subjectId: body.operation_id ?? body.attempt_id ?? '',
        outcome: body.outcome,
        providerReference: body.provider_reference,
        paidFrom: body.paid_from,
        amountMinor: minorUnits(body.amount),
        evidence: body.evidence,
      };
      return askedReply(await doubts.resolve(principal, key, id, input, by));
    },
  );
}

function askedReply(asked: ResolutionAsked): Reply {
  switch (asked.kind) {
    case 'not_found':
      throw new HttpError('not_found', 'There is no such payment, or nothing of that id in it.');
    case 'invalid':
      throw new HttpError('invalid_request', 'A field is missing.', { errors: asked.errors });
    case 'key_reused':
      throw new HttpError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request; its answer is not yours to repeat.',
      );
    case 'refused': {
      const { code, detail, snapshot, replayed } = asked;
      return {
        headers: replayed ? { 'Idempotent-Replayed': 'true' } : {},
        problem: { code, detail, members: { payment: presentPayment(snapshot) } },
      };
    }
    case 'asked': {
      const headers = { Location: `/v1/approvals/${asked.approval.id}` };
      return { status: 202, headers, body: presentApproval(asked.approval) };
    }
  }
}
