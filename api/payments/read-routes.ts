import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import type { Payments } from '../ports.ts';
import { readRoute, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { paymentSchema, timelineItemSchema } from './payment-schema.ts';
import { presentPayment, presentTimelineItem } from './presenter.ts';
import { listPaymentsQuery, paymentParams, timelineQuery } from './request-schema.ts';

const common = { tag: 'Payments', scopes: ['payments:read'] } as const;

export function paymentReads(payments: Payments): readonly Route[] {
  return [listRoute(payments), getRoute(payments), timelineRoute(payments)];
}

function noSuchPayment(): HttpError {
  return new HttpError('not_found', 'There is no such payment.');
}

function listRoute(payments: Payments): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/payments',
      operationId: 'listPayments',
      summary: 'Payments, newest first',
      query: listPaymentsQuery,
      answers: { 200: { description: 'A page', schema: listSchema(paymentSchema) } },
    },
    async ({ principal, query }) => {
      const filter = {
        merchantReference: query.merchant_reference,
        status: query.status,
        createdAfter: query.created_after,
        createdBefore: query.created_before,
      };
      const page = await payments.list(principal, filter, pageOf(query));
      return { status: 200, body: presentList(page, (s) => s.payment.id, presentPayment) };
    },
  );
}

function getRoute(payments: Payments): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/payments/{payment_id}',
      operationId: 'getPayment',
      summary: 'One payment',
      params: paymentParams,
      answers: { 200: { description: 'The payment', schema: paymentSchema } },
    },
    async ({ principal, params }) => {
      const found = await payments.find(principal, requireId('pay', params.payment_id));
      if (found === null) throw noSuchPayment();
      return { status: 200, body: presentPayment(found) };
    },
  );
}

function timelineRoute(payments: Payments): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/payments/{payment_id}/timeline',
      operationId: 'getTimeline',
      summary: 'What happened to a payment and on what evidence, oldest first',
      params: paymentParams,
      query: timelineQuery,
      answers: { 200: { description: 'A page', schema: listSchema(timelineItemSchema) } },
    },
    async ({ principal, params, query }) => {
      const id = requireId('pay', params.payment_id);
      const page = await payments.timeline(principal, id, pageOf(query));
      if (page === null) throw noSuchPayment();
      const body = presentList(page, (item) => String(item.sequence), presentTimelineItem);
      return { status: 200, body };
    },
  );
}
