/** A merchant's own money, of a facilitator: what it has, what is paid out to it, and how it came to that. */
import { z } from 'zod';
import type { PayoutRefusal } from '../../db/payouts.ts';
import { HttpError } from '../http-errors.ts';
import { presentInstant } from '../instant.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import { commandRoute, readRoute, type Reply, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { problemSchema } from '../schema/problem.ts';
import type { PayoutAsked, Payouts } from './ports.ts';
import {
  presentBalance,
  presentMovement,
  presentPayout,
  presentStanding,
  statementRows,
} from './presenter.ts';
import {
  balanceSchema,
  payoutInputSchema,
  payoutSchema,
  payoutsQuery,
  statementQuery,
  statementSchema,
} from './schema.ts';

const reads = { tag: 'Payouts', scopes: ['payouts:read', 'ledger:read'] } as const;

export function payoutRoutes(payouts: Payouts): readonly Route[] {
  return [
    balanceRoute(payouts),
    requestRoute(payouts),
    listRoute(payouts),
    findRoute(payouts),
    statementRoute(payouts),
  ];
}

function balanceRoute(payouts: Payouts): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/balance',
      operationId: 'getMerchantBalance',
      summary: 'What the merchant has, by currency',
      answers: { 200: { description: 'The balance', schema: balanceSchema } },
    },
    async ({ principal }) => {
      const data = (await payouts.balances(principal)).map(presentBalance);
      const { merchantId: merchant_id } = principal;
      return { status: 200, body: { object: 'balance', merchant_id, data } };
    },
  );
}

function requestRoute(payouts: Payouts): Route {
  return commandRoute(
    {
      tag: 'Payouts',
      scopes: ['payouts:write'],
      path: '/v1/payouts',
      operationId: 'createPayout',
      summary: 'Pay what is available out, to the account of the settings',
      body: payoutInputSchema,
      answers: {
        201: { description: 'The payout; what became of it is known', schema: payoutSchema },
        202: { description: 'The payout; its money is on its way', schema: payoutSchema },
        409: { description: 'There is not so much, or no account', schema: problemSchema },
      },
    },
    async ({ principal, key, body: { currency, amount } }) => {
      const amountMinor = amount === undefined ? null : BigInt(amount);
      return askedReply(await payouts.request(principal, key, { currency, amountMinor }));
    },
  );
}

const refusals: Readonly<Record<PayoutRefusal, string>> = {
  payout_not_offered: 'This merchant is the operator itself: nothing is owed to it.',
  payout_destination_missing: 'The settings name no account for this currency.',
  payout_exceeds_available: 'More than is available, less what refunds and disputes may take.',
  payout_below_minimum: 'Less than the minimum of the settings, or nothing.',
};

function askedReply(asked: PayoutAsked): Reply {
  if (asked.kind === 'key_reused') {
    const detail =
      'This Idempotency-Key was used for another request; its answer is not yours to repeat.';
    throw new HttpError('idempotency_key_reused', detail);
  }
  const repeated = asked.replayed ? { 'Idempotent-Replayed': 'true' } : {};
  if (asked.kind === 'refused') {
    const { code } = asked;
    return { headers: repeated, problem: { code, detail: refusals[code], members: {} } };
  }
  const { id, status } = asked.row;
  const isClear = status === 'paid' || status === 'failed';
  const headers = { ...repeated, Location: `/v1/payouts/${id}` };
  return { status: isClear ? 201 : 202, headers, body: presentPayout(asked.row) };
}

function listRoute(payouts: Payouts): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/payouts',
      operationId: 'listPayouts',
      summary: 'Payouts, newest first',
      query: payoutsQuery,
      answers: { 200: { description: 'A page', schema: listSchema(payoutSchema) } },
    },
    async ({ principal, query }) => {
      const { status, currency } = query;
      const page = await payouts.list(principal, { status, currency }, pageOf(query));
      return { status: 200, body: presentList(page, ({ id }) => id, presentPayout) };
    },
  );
}

function findRoute(payouts: Payouts): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/payouts/{payout_id}',
      operationId: 'getPayout',
      summary: 'One payout',
      params: z.strictObject({ payout_id: z.string() }),
      answers: { 200: { description: 'The payout', schema: payoutSchema } },
    },
    async ({ principal, params }) => {
      const row = await payouts.find(principal, requireId('po', params.payout_id));
      if (row === null) throw new HttpError('not_found', 'There is no such payout.');
      return { status: 200, body: presentPayout(row) };
    },
  );
}

function statementRoute(payouts: Payouts): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/statements',
      operationId: 'getStatement',
      summary: 'Opening, every movement, closing, oldest first; as text/csv all of it',
      csv: true,
      query: statementQuery,
      answers: { 200: { description: 'A page of it', schema: statementSchema } },
    },
    async ({ principal, query, asCsv }) => {
      const { currency, from, to } = query;
      const wanted = { currency, from, to };
      if (asCsv) {
        return { rows: statementRows(await payouts.exportStatement(principal, wanted), wanted) };
      }
      const found = await payouts.statement(principal, wanted, pageOf(query));
      const { merchantId: merchant_id } = principal;
      const body = {
        ...{ object: 'statement', merchant_id, currency },
        ...{ from: presentInstant(from), to: presentInstant(found.to) },
        ...{ opening: presentStanding(found.opening), closing: presentStanding(found.closing) },
        ...presentList(found.movements, ({ id }) => id, presentMovement),
      };
      return { status: 200, body };
    },
  );
}
