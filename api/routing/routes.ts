/** Routing rules with their versions, what they would do, and how the providers are. */
import { z } from 'zod';
import { presentApproval } from '../approvals/presenter.ts';
import { approvalSchema } from '../approvals/schema.ts';
import { HttpError } from '../http-errors.ts';
import { changedMeanwhile, expectedVersion } from '../if-match.ts';
import { listSchema, pageOf, pageQuery, presentList } from '../list.ts';
import { methodInput } from '../payments/command-input.ts';
import { questionRoute, readRoute, replaceRoute, type Reply, type Route } from '../route.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import type { PreviewInput, Routing, RulesItem } from './ports.ts';
import { presentProvider, presentRoute, presentRules } from './presenter.ts';
import { previewSchema } from './preview-schema.ts';
import { providerSchema, routeSchema, rulesInputSchema, rulesSchema } from './schema.ts';

const common = { tag: 'Routing' } as const;
const version = z.string().regex(/^[1-9]\d{0,8}$/, 'must be a version');

export function routingRoutes(routing: Routing): readonly Route[] {
  return [
    readRulesRoute(routing),
    listRulesRoute(routing),
    putRulesRoute(routing),
    previewRoute(routing),
    providersRoute(routing),
  ];
}

function readRulesRoute(routing: Routing): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/routing/rules',
      scopes: ['routing:read'],
      operationId: 'readRoutingRules',
      summary: 'The rules in force, or an older version of them; ETag is the version',
      query: z.strictObject({ version: version.optional() }),
      answers: { 200: { description: 'The rules', schema: rulesSchema } },
    },
    async ({ principal, query }) => {
      requireStaff(principal);
      const wanted = query.version === undefined ? undefined : Number(query.version);
      const found = await routing.readRules(wanted);
      if (found === null) throw new HttpError('not_found', 'There is no such version.');
      return withVersion(found);
    },
  );
}

function listRulesRoute(routing: Routing): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/routing/rules/versions',
      scopes: ['routing:read'],
      operationId: 'listRoutingRules',
      summary: 'Every version there ever was, newest first, with who wrote it and why',
      query: z.strictObject(pageQuery(version)),
      answers: { 200: { description: 'The versions', schema: listSchema(rulesSchema) } },
    },
    async ({ principal, query }) => {
      requireStaff(principal);
      const page = await routing.listRules(pageOf(query));
      return { status: 200, body: presentList(page, (item) => String(item.version), presentRules) };
    },
  );
}

function putRulesRoute(routing: Routing): Route {
  return replaceRoute(
    {
      ...common,
      path: '/v1/routing/rules',
      scopes: ['routing:write'],
      operationId: 'putRoutingRules',
      summary:
        'Ask for the next version, after the one that If-Match names; another person approves it',
      body: rulesInputSchema(routing.providerNames),
      answers: {
        202: { description: 'What another person is to approve', schema: approvalSchema },
      },
    },
    async ({ principal, body, ifMatch }) => {
      const { actor, reason } = staffAct(principal);
      const newest = (await routing.readRules())?.version;
      if (newest === undefined) throw changedMeanwhile();
      const version = expectedVersion(ifMatch, newest);
      const asked = await routing.askForRules(version, body, actor, reason);
      if (asked === null) throw changedMeanwhile();
      const headers = { Location: `/v1/approvals/${asked.id}` };
      return { status: 202, headers, body: presentApproval(asked) };
    },
  );
}

function previewRoute(routing: Routing): Route {
  return questionRoute(
    {
      ...common,
      path: '/v1/routing/preview',
      scopes: ['payments:read'],
      operationId: 'previewRoute',
      summary: 'Which providers would be tried, in which order, and why not the others',
      body: previewSchema,
      answers: { 200: { description: 'The route', schema: routeSchema } },
    },
    async ({ principal, body }) => {
      const route = await routing.preview(principal, body.payment_id ?? described(body));
      if (route === null) throw new HttpError('not_found', 'There is no such payment.');
      return { status: 200, body: presentRoute(route) };
    },
  );
}

function providersRoute(routing: Routing): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/providers',
      scopes: ['routing:read'],
      operationId: 'listProviders',
      summary: 'What each provider promises and how it is; health as this process sees it',
      answers: { 200: { description: 'All providers', schema: listSchema(providerSchema) } },
    },
    async ({ principal }) => {
      requireStaff(principal);
      const page = { items: routing.providers(), hasMore: false };
      return {
        status: 200,
        body: presentList(page, ({ contract }) => contract.name, presentProvider),
      };
    },
  );
}

function withVersion(item: RulesItem): Reply {
  return { status: 200, headers: { ETag: `"${item.version}"` }, body: presentRules(item) };
}

function described(body: z.output<typeof previewSchema>): PreviewInput {
  const { amount, currency, capture_method: captureMethod, payment_method: method } = body;
  if (amount === undefined || currency === undefined || captureMethod === undefined || !method) {
    throw new Error('the schema lets nothing half described through');
  }
  return {
    ...{ amountMinor: BigInt(amount), currency, captureMethod },
    paymentMethod: methodInput(method),
  };
}
