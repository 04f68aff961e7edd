import { problemSchema } from '../schema/problem.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import { HttpError } from '../http-errors.ts';
import type { CreatePayment, Payments } from '../ports.ts';
import { commandRoute, readRoute, type AnswerSpec, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import type { z } from 'zod';
import { commandReply } from './command-reply.ts';
import {
  operationSchema,
  paymentSchema,
  refundViewSchema,
  timelineItemSchema,
} from './payment-schema.ts';
import { presentPayment, presentTimelineItem } from './presenter.ts';
import {
  addAttemptSchema,
  cancelSchema,
  captureSchema,
  createPaymentSchema,
  listPaymentsQuery,
  paymentMethodSchema,
  paymentParams,
  refundSchema,
  timelineQuery,
} from './request-schema.ts';

const tag = 'Payments';
const payment: AnswerSpec = { description: 'The payment', schema: paymentSchema };
const operation: AnswerSpec = { description: 'The operation', schema: operationSchema };
const refund: AnswerSpec = { description: 'The refund', schema: refundViewSchema };
const refusals = {
  402: { description: 'Declined, blocked, or refused by a rule', schema: problemSchema },
  409: { description: 'The state of the payment does not allow it', schema: problemSchema },
};

export function paymentRoutes(payments: Payments): readonly Route[] {
  return [...paymentReads(payments), ...paymentCommands(payments)];
}

function paymentReads(payments: Payments): readonly Route[] {
  const common = { tag, scopes: ['payments:read'] } as const;
  return [
    readRoute(
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
    ),
    readRoute(
      {
        ...common,
        path: '/v1/payments/{payment_id}',
        operationId: 'getPayment',
        summary: 'One payment',
        params: paymentParams,
        answers: { 200: payment },
      },
      async ({ principal, params }) => {
        const found = await payments.find(principal, requireId('pay', params.payment_id));
        if (found === null) throw noSuchPayment();
        return { status: 200, body: presentPayment(found) };
      },
    ),
    readRoute(
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
    ),
  ];
}

function paymentCommands(payments: Payments): readonly Route[] {
  const common = { tag, scopes: ['payments:write'] } as const;
  return [
    commandRoute(
      {
        ...common,
        path: '/v1/payments',
        operationId: 'createPayment',
        summary: 'Take a payment',
        body: createPaymentSchema,
        answers: { 201: payment, 202: payment, ...refusals },
      },
      async ({ principal, key, body, waitMs }) =>
        commandReply(await payments.create(principal, key, createInput(body), waitMs)),
    ),
    commandRoute(
      {
        ...common,
        path: '/v1/payments/{payment_id}/attempts',
        operationId: 'addAttempt',
        summary: 'Another try on the same payment, after a decline',
        params: paymentParams,
        body: addAttemptSchema,
        answers: { 200: payment, 201: payment, 202: payment, ...refusals },
      },
      async ({ principal, key, params, body, waitMs }) => {
        const id = requireId('pay', params.payment_id);
        const input = { paymentMethod: methodInput(body.payment_method) };
        return commandReply(await payments.addAttempt(principal, key, id, input, waitMs));
      },
    ),
    commandRoute(
      {
        ...common,
        path: '/v1/payments/{payment_id}/captures',
        operationId: 'capturePayment',
        summary: 'Capture some or all of what is authorized',
        params: paymentParams,
        body: captureSchema,
        answers: { 201: operation, 202: operation, ...refusals },
      },
      async ({ principal, key, params, body, waitMs }) => {
        const id = requireId('pay', params.payment_id);
        const input = { amountMinor: minor(body.amount), final: body.final };
        return commandReply(await payments.capture(principal, key, id, input, waitMs));
      },
    ),
    commandRoute(
      {
        ...common,
        scopes: ['payments:write', 'payments:cancel'],
        path: '/v1/payments/{payment_id}/cancel',
        operationId: 'cancelPayment',
        summary: 'Cancel all that is not captured',
        params: paymentParams,
        body: cancelSchema,
        answers: { 200: payment, 202: payment, ...refusals },
      },
      async ({ principal, key, params, body, waitMs }) => {
        const id = requireId('pay', params.payment_id);
        return commandReply(await payments.cancel(principal, key, id, body, waitMs));
      },
    ),
    commandRoute(
      {
        ...common,
        scopes: ['refunds:write'],
        path: '/v1/payments/{payment_id}/refunds',
        operationId: 'refundPayment',
        summary: 'Refund some or all of what is captured',
        params: paymentParams,
        body: refundSchema,
        answers: { 201: refund, 202: refund, ...refusals },
      },
      async ({ principal, key, params, body, waitMs }) => {
        const id = requireId('pay', params.payment_id);
        const input = { amountMinor: minor(body.amount), reason: body.reason };
        return commandReply(await payments.refund(principal, key, id, input, waitMs));
      },
    ),
  ];
}

function noSuchPayment(): HttpError {
  return new HttpError('not_found', 'There is no such payment.');
}

function minor(amount: number | undefined): bigint | undefined {
  return amount === undefined ? undefined : BigInt(amount);
}

function methodInput(
  method: z.output<typeof paymentMethodSchema>,
): CreatePayment['paymentMethod'] {
  const { type, token, tokens, wallet } = method;
  return {
    type,
    ...(token !== undefined && { token }),
    ...(tokens !== undefined && { tokens }),
    ...(wallet !== undefined && { wallet }),
  };
}

function createInput(body: z.output<typeof createPaymentSchema>): CreatePayment {
  const { customer } = body;
  const within = body.submit_within_seconds;
  return {
    amountMinor: BigInt(body.amount),
    currency: body.currency,
    captureMethod: body.capture_method,
    paymentMethod: methodInput(body.payment_method),
    merchantReference: body.merchant_reference,
    customerId: customer?.id,
    customer:
      customer === undefined || customer.id !== undefined
        ? undefined
        : { email: customer.email, name: customer.name },
    offSession: body.off_session,
    save: body.save,
    submitWithinMs: within === undefined ? undefined : within * 1000,
    regulated: body.regulated,
    returnUrl: body.return_url,
    metadata: body.metadata ?? {},
  };
}
