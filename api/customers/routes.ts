/** Customers and the payment methods they leave: made once per key, read as one merchant. */
import { z } from 'zod';
import type { MadeOnce } from '../../db/objects-made-once.ts';
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, pageQuery, presentList } from '../list.ts';
import { methodInput } from '../payments/command-input.ts';
import { commandRoute, readRoute, type Reply, type Route } from '../route.ts';
import { idSchema, requireId } from '../schema/ids.ts';
import type { Customers } from './ports.ts';
import { presentCustomer, presentSavedMethod } from './presenter.ts';
import {
  createCustomerSchema,
  customerSchema,
  savedMethodSchema,
  saveMethodSchema,
} from './schema.ts';

const customer = { description: 'The customer', schema: customerSchema };
const method = { description: 'The payment method; never its tokens', schema: savedMethodSchema };
const reads = { tag: 'Customers', scopes: ['payments:read'] } as const;
const writes = { tag: 'Customers', scopes: ['payments:write'] } as const;
const customerParams = z.strictObject({ customer_id: z.string() });
const methodParams = z.strictObject({ payment_method_id: z.string() });

export function customerRoutes(customers: Customers): readonly Route[] {
  return [...writingRoutes(customers), ...readingRoutes(customers)];
}

function writingRoutes(customers: Customers): readonly Route[] {
  return [
    commandRoute(
      {
        ...writes,
        path: '/v1/customers',
        operationId: 'createCustomer',
        summary: 'A customer whose payment methods are kept',
        body: createCustomerSchema,
        answers: { 201: customer },
      },
      async ({ principal, key, body: { email, name, metadata } }) => {
        const input = { email, name, metadata: metadata ?? {} };
        const made = await customers.create(principal, key, input);
        return madeReply(made, presentCustomer, '/v1/customers/');
      },
    ),
    commandRoute(
      {
        ...writes,
        path: '/v1/payment_methods',
        operationId: 'savePaymentMethod',
        summary: 'Keep a way of paying for later; tokens only',
        body: saveMethodSchema,
        answers: { 201: method },
      },
      async ({ principal, key, body }) => {
        const input = methodInput(body);
        const made = await customers.saveMethod(principal, key, body.customer_id, input);
        if (made.kind === 'refused') throw unknownCustomer();
        return madeReply(made, presentSavedMethod, '/v1/payment_methods/');
      },
    ),
    commandRoute(
      {
        ...writes,
        path: '/v1/payment_methods/{payment_method_id}/detach',
        operationId: 'detachPaymentMethod',
        summary: 'No later payment can use it; refunds of earlier ones still work',
        params: methodParams,
        body: z.strictObject({}),
        answers: { 201: method },
      },
      async ({ principal, key, params }) => {
        const id = requireId('pm', params.payment_method_id);
        const made = await customers.detach(principal, key, id);
        return madeReply(made, presentSavedMethod, '/v1/payment_methods/');
      },
    ),
  ];
}

function readingRoutes(customers: Customers): readonly Route[] {
  return [
    readRoute(
      {
        ...reads,
        path: '/v1/customers/{customer_id}',
        operationId: 'getCustomer',
        summary: 'One customer',
        params: customerParams,
        answers: { 200: customer },
      },
      async ({ principal, params }) => {
        const row = await customers.find(principal, requireId('cus', params.customer_id));
        return { status: 200, body: presentCustomer(requireFound(row)) };
      },
    ),
    readRoute(
      {
        ...reads,
        path: '/v1/customers',
        operationId: 'listCustomers',
        summary: 'Customers, newest first',
        query: z.strictObject(pageQuery(idSchema('cus'))),
        answers: { 200: { description: 'A page', schema: listSchema(customerSchema) } },
      },
      async ({ principal, query }) => {
        const page = await customers.list(principal, pageOf(query));
        return { status: 200, body: presentList(page, ({ id }) => id, presentCustomer) };
      },
    ),
    readRoute(
      {
        ...reads,
        path: '/v1/customers/{customer_id}/payment_methods',
        operationId: 'listCustomerPaymentMethods',
        summary: 'What a customer has left with us, newest first',
        params: customerParams,
        query: z.strictObject(pageQuery(idSchema('pm'))),
        answers: { 200: { description: 'A page', schema: listSchema(savedMethodSchema) } },
      },
      async ({ principal, params, query }) => {
        const id = requireId('cus', params.customer_id);
        const page = requireFound(await customers.methods(principal, id, pageOf(query)));
        return { status: 200, body: presentList(page, (row) => row.id, presentSavedMethod) };
      },
    ),
    readRoute(
      {
        ...reads,
        path: '/v1/payment_methods/{payment_method_id}',
        operationId: 'getPaymentMethod',
        summary: 'One saved payment method',
        params: methodParams,
        answers: { 200: method },
      },
      async ({ principal, params }) => {
        const id = requireId('pm', params.payment_method_id);
        const row = await customers.findMethod(principal, id);
        return { status: 200, body: presentSavedMethod(requireFound(row)) };
      },
    ),
  ];
}

function madeReply<T extends { readonly id: string }>(
  made: MadeOnce<T>,
  present: (object: T) => unknown,
  place: string,
): Reply {
  switch (made.kind) {
    case 'refused':
      throw notFound();
    case 'key_reused':
      throw new HttpError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request; its answer is not yours to repeat.',
      );
    case 'made':
      return {
        status: 201,
        body: present(made.object),
        headers: {
          Location: `${place}${made.object.id}`,
          ...(made.replayed && { 'Idempotent-Replayed': 'true' }),
        },
      };
  }
}

function requireFound<T>(found: T | null): T {
  if (found === null) throw notFound();
  return found;
}

function notFound(): HttpError {
  return new HttpError('not_found', 'There is no such thing here.');
}

function unknownCustomer(): HttpError {
  return new HttpError('invalid_request', 'A field names what is not there.', {
    errors: [{ pointer: '/customer_id', detail: 'names no customer' }],
  });
}
