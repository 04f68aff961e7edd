import type { Payments } from '../ports.ts';
import { commandRoute, type AnswerSpec, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { problemSchema } from '../schema/problem.ts';
import { createInput, methodInput, minorUnits } from './command-input.ts';
import { commandReply } from './command-reply.ts';
import { operationSchema, paymentSchema, refundViewSchema } from './payment-schema.ts';
import {
  addAttemptSchema,
  cancelSchema,
  captureSchema,
  createPaymentSchema,
  incrementSchema,
  paymentParams,
  reauthorizeSchema,
  refundSchema,
} from './request-schema.ts';

const payment: AnswerSpec = { description: 'The payment', schema: paymentSchema };
const operation: AnswerSpec = { description: 'The operation', schema: operationSchema };
const refund: AnswerSpec = { description: 'The refund', schema: refundViewSchema };
const refusals = {
  402: { description: 'Declined, blocked, or refused by a rule', schema: problemSchema },
  409: { description: 'The state of the payment does not allow it', schema: problemSchema },
};
const common = { tag: 'Payments', scopes: ['payments:write'] } as const;

export function paymentCommands(payments: Payments): readonly Route[] {
  return [
    createRoute(payments),
    attemptRoute(payments),
    captureRoute(payments),
    cancelRoute(payments),
    refundRoute(payments),
    incrementRoute(payments),
    reauthorizeRoute(payments),
  ];
}

function createRoute(payments: Payments): Route {
  return commandRoute(
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
  );
}

function attemptRoute(payments: Payments): Route {
  return commandRoute(
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
  );
}

function captureRoute(payments: Payments): Route {
  return commandRoute(
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
      const input = { amountMinor: minorUnits(body.amount), final: body.final };
      return commandReply(await payments.capture(principal, key, id, input, waitMs));
    },
  );
}

function cancelRoute(payments: Payments): Route {
  return commandRoute(
    {
      ...common,
      scopes: ['payments:write', 'payments:cancel'],
      path: '/v1/payments/{payment_id}/cancel',
      operationId: 'cancelPayment',
      summary: 'Cancel all that is not captured',
      params: paymentParams,
      body: cancelSchema,
      answers: { 200: payment, 201: payment, 202: payment, ...refusals },
    },
    async ({ principal, key, params, body, waitMs }) => {
      const id = requireId('pay', params.payment_id);
      return commandReply(await payments.cancel(principal, key, id, body, waitMs));
    },
  );
}

function refundRoute(payments: Payments): Route {
  return commandRoute(
    {
      ...common,
      tag: 'Refunds',
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
      const input = { amountMinor: minorUnits(body.amount), reason: body.reason };
      return commandReply(await payments.refund(principal, key, id, input, waitMs));
    },
  );
}

function incrementRoute(payments: Payments): Route {
  return commandRoute(
    {
      ...common,
      path: '/v1/payments/{payment_id}/increments',
      operationId: 'incrementPayment',
      summary: 'Raise what is authorized, before anything of it is captured',
      params: paymentParams,
      body: incrementSchema,
      answers: { 201: operation, 202: operation, ...refusals },
    },
    async ({ principal, key, params, body, waitMs }) => {
      const id = requireId('pay', params.payment_id);
      const input = { amountMinor: BigInt(body.amount) };
      return commandReply(await payments.increment(principal, key, id, input, waitMs));
    },
  );
}

function reauthorizeRoute(payments: Payments): Route {
  return commandRoute(
    {
      ...common,
      path: '/v1/payments/{payment_id}/reauthorize',
      operationId: 'reauthorizePayment',
      summary: 'Authorize again what has expired, while the shopper is away',
      params: paymentParams,
      body: reauthorizeSchema,
      answers: { 200: payment, 201: payment, 202: payment, ...refusals },
    },
    async ({ principal, key, params, body, waitMs }) => {
      const id = requireId('pay', params.payment_id);
      const input = { amountMinor: minorUnits(body.amount) };
      return commandReply(await payments.reauthorize(principal, key, id, input, waitMs));
    },
  );
}
