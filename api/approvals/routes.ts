/** What waits for a second person, and that person's word. */
import { z } from 'zod';
import type { ApprovalKind, ApprovalRow } from '../../db/approvals.ts';
import { authorize } from '../authenticate.ts';
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import type { Principal, Scope } from '../ports.ts';
import { commandRoute, readRoute, type Reply, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { problemSchema } from '../schema/problem.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import type { Approvals, DecisionResult, Verdict } from './ports.ts';
import { presentApproval } from './presenter.ts';
import { approvalParams, approvalSchema, approvalsQuery } from './schema.ts';

const approval = { description: 'The approval', schema: approvalSchema };
const reads = { tag: 'Approvals', scopes: ['approvals:read'] } as const;
const decides = { tag: 'Approvals', scopes: ['approvals:decide'] } as const;

/** Besides `approvals:decide`. */
const scopesOfKind: Readonly<Record<ApprovalKind, readonly Scope[]>> = {
  refund: ['approvals:decide'],
  routing_rules: ['routing:approve'],
  risk_rules: ['risk:approve'],
  resolution: ['approvals:decide'],
  merchant_settings: ['settings:approve'],
  break: ['breaks:resolve'],
};

export function approvalRoutes(approvals: Approvals): readonly Route[] {
  return [
    listRoute(approvals),
    readOneRoute(approvals),
    decisionRoute(approvals, 'approve'),
    decisionRoute(approvals, 'reject'),
  ];
}

function listRoute(approvals: Approvals): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/approvals',
      operationId: 'listApprovals',
      summary: "What waits, or waited, for a second person: this merchant's and the installation's",
      query: approvalsQuery,
      answers: { 200: { description: 'A page', schema: listSchema(approvalSchema) } },
    },
    async ({ principal, query }) => {
      requireStaff(principal);
      const { status, kind, payment_id: paymentId } = query;
      const page = await approvals.list(principal, { status, kind, paymentId }, pageOf(query));
      return { status: 200, body: presentList(page, ({ id }) => id, presentApproval) };
    },
  );
}

function readOneRoute(approvals: Approvals): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/approvals/{approval_id}',
      operationId: 'getApproval',
      summary: 'One request for approval',
      params: approvalParams,
      answers: { 200: approval },
    },
    async ({ principal, params }) => {
      requireStaff(principal);
      return { status: 200, body: presentApproval(await found(approvals, principal, params)) };
    },
  );
}

function decisionRoute(approvals: Approvals, verdict: Verdict): Route {
  const summaries = {
    approve: 'Let it go on; never by the person who asked. What it needs is judged once more',
    reject: 'End it, also by the person who asked; X-Reason says why',
  };
  return commandRoute(
    {
      ...decides,
      path: `/v1/approvals/{approval_id}/${verdict}`,
      operationId: `${verdict}Request`,
      summary: summaries[verdict],
      params: approvalParams,
      body: z.strictObject({}),
      answers: {
        200: approval,
        409: { description: 'Decided, lapsed, or no longer possible', schema: problemSchema },
      },
    },
    async ({ principal, key, params }) => {
      const actor = verdict === 'reject' ? staffAct(principal).actor : requireStaff(principal);
      const asked = await found(approvals, principal, params);
      authorize(principal, scopesOfKind[asked.kind]);
      if (verdict === 'approve' && actor === asked.asked_by) {
        const detail = 'You asked for this yourself: another person has to approve it.';
        throw new HttpError('second_person_required', detail);
      }
      return decisionReply(await approvals.decide(principal, key, asked, verdict, actor));
    },
  );
}

async function found(
  approvals: Approvals,
  principal: Principal,
  params: z.output<typeof approvalParams>,
): Promise<ApprovalRow> {
  const row = await approvals.find(principal, requireId('apr', params.approval_id));
  if (row === null) throw new HttpError('not_found', 'There is no such approval.');
  return row;
}

function decisionReply(result: DecisionResult): Reply {
  if (result.kind === 'key_reused') {
    throw new HttpError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; its answer is not yours to repeat.',
    );
  }
  const headers = result.replayed ? { 'Idempotent-Replayed': 'true' } : {};
  const body = presentApproval(result.approval);
  if (result.kind === 'decided') return { status: 200, headers, body };
  const { code, detail } = result;
  return { headers, problem: { code, detail, members: { approval: body } } };
}
