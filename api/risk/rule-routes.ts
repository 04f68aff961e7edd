/** Risk rules with their versions, and what a draft of them would have done. Each address in two scopes. */
import { z } from 'zod';
import type { RiskRule } from '../../domain/risk/rules.ts';
import type { RiskScope } from '../../domain/risk/lists.ts';
import { presentApproval } from '../approvals/presenter.ts';
import { approvalSchema } from '../approvals/schema.ts';
import { HttpError } from '../http-errors.ts';
import { changedMeanwhile, expectedVersion } from '../if-match.ts';
import { listSchema, pageOf, pageQuery, presentList } from '../list.ts';
import type { Principal } from '../ports.ts';
import { questionRoute, readRoute, replaceRoute, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import type { Risk } from './ports.ts';
import { presentDryRun, presentRiskRules } from './presenter.ts';
import { dryRunInputSchema, dryRunSchema, riskRulesInputSchema, riskRulesSchema } from './rule-schema.ts'; // prettier-ignore

const version = z.string().regex(/^[1-9]\d{0,8}$/, 'must be a version');
const reads = { tag: 'Risk', scopes: ['risk:read'] } as const;

interface Scoped {
  readonly scope: RiskScope;
  readonly path: string;
  readonly name: string;
  readonly whose: string;
}
const scopes: readonly Scoped[] = [
  { scope: 'merchant', path: '/v1/risk/rules', name: 'RiskRules', whose: "this merchant's" },
  {
    scope: 'global',
    path: '/v1/risk/rules/global',
    name: 'GlobalRiskRules',
    whose: "the installation's",
  },
];

export function riskRuleRoutes(risk: Risk): readonly Route[] {
  return [
    ...scopes.flatMap((scoped) => [
      readRulesRoute(risk, scoped),
      listRulesRoute(risk, scoped),
      putRulesRoute(risk, scoped),
    ]),
    dryRunRoute(risk),
    readDryRunRoute(risk),
  ];
}

/** Null: of the whole installation. */
function ownerOf(scope: RiskScope, { merchantId }: Principal): string | null {
  return scope === 'global' ? null : merchantId;
}

function readRulesRoute(risk: Risk, { scope, path, name, whose }: Scoped): Route {
  return readRoute(
    {
      ...reads,
      path,
      operationId: `read${name}`,
      summary: `${whose} rules in force, or an older version of them; ETag is the version`,
      query: z.strictObject({ version: version.optional() }),
      answers: { 200: { description: 'The rules', schema: riskRulesSchema } },
    },
    async ({ principal, query }) => {
      requireStaff(principal);
      const wanted = query.version === undefined ? undefined : Number(query.version);
      const found = await risk.readRules(ownerOf(scope, principal), wanted);
      if (found === null) throw new HttpError('not_found', 'There is no such version.');
      const headers = { ETag: `"${found.version}"` };
      return { status: 200, headers, body: presentRiskRules(scope, found) };
    },
  );
}

function listRulesRoute(risk: Risk, { scope, path, name, whose }: Scoped): Route {
  return readRoute(
    {
      ...reads,
      path: `${path}/versions`,
      operationId: `list${name}`,
      summary: `Every version of ${whose} rules that was written, newest first`,
      query: z.strictObject(pageQuery(version)),
      answers: { 200: { description: 'The versions', schema: listSchema(riskRulesSchema) } },
    },
    async ({ principal, query }) => {
      requireStaff(principal);
      const page = await risk.listRules(ownerOf(scope, principal), pageOf(query));
      const present = (item: Parameters<typeof presentRiskRules>[1]): unknown =>
        presentRiskRules(scope, item);
      return { status: 200, body: presentList(page, (item) => String(item.version), present) };
    },
  );
}

function putRulesRoute(risk: Risk, { scope, path, name, whose }: Scoped): Route {
  return replaceRoute(
    {
      tag: 'Risk',
      scopes: ['risk:write'],
      path,
      operationId: `put${name}`,
      summary: `Ask for the next version of ${whose} rules, after the one that If-Match names: tried on past decisions, approved by another person`,
      body: riskRulesInputSchema(risk.facts),
      answers: {
        202: { description: 'What another person is to approve', schema: approvalSchema },
      },
    },
    async ({ principal, body, ifMatch }) => {
      const by = staffAct(principal);
      const owner = ownerOf(scope, principal);
      const newest = (await risk.readRules(owner))?.version ?? 1;
      const expected = expectedVersion(ifMatch, newest);
      const asked = await risk.askForRules(owner, expected, body.rules as RiskRule[], by);
      if (asked === null) throw changedMeanwhile();
      const headers = { Location: `/v1/approvals/${asked.id}` };
      return { status: 202, headers, body: presentApproval(asked) };
    },
  );
}

function dryRunRoute(risk: Risk): Route {
  return questionRoute(
    {
      ...reads,
      path: '/v1/risk/rules/dry_run',
      operationId: 'dryRunRiskRules',
      summary: 'What these rules would have done to the newest decisions; changes nothing',
      body: dryRunInputSchema(risk.facts),
      answers: { 200: { description: 'Hits, changes, disputes', schema: dryRunSchema } },
    },
    async ({ principal, body: { scope, rules, decisions } }) => {
      requireStaff(principal);
      const owner = ownerOf(scope, principal);
      const result = await risk.dryRun(owner, rules as RiskRule[], decisions);
      return { status: 200, body: presentDryRun(result) };
    },
  );
}

function readDryRunRoute(risk: Risk): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/risk/rules/dry_runs/{approval_id}',
      operationId: 'readRiskDryRun',
      summary: 'What the rules that are to be approved would have done, when they were asked for',
      params: z.strictObject({ approval_id: z.string() }),
      answers: { 200: { description: 'Hits, changes, disputes', schema: dryRunSchema } },
    },
    async ({ principal, params }) => {
      requireStaff(principal);
      const found = await risk.findDryRun(principal, requireId('apr', params.approval_id));
      if (found === null) throw new HttpError('not_found', 'There is no such request.');
      return { status: 200, body: presentDryRun(found) };
    },
  );
}
