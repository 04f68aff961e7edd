/** Differences between files and books: what there is to work through. */
import { z } from 'zod';
import type { BreakFilter } from '../../db/breaks.ts';
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import type { Principal } from '../ports.ts';
import { approvalSchema } from '../approvals/schema.ts';
import { presentApproval } from '../approvals/presenter.ts';
import { commandRoute, readRoute, type Reply, type Route } from '../route.ts';
import { problemSchema } from '../schema/problem.ts';
import { requireId } from '../schema/ids.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import type { BreakAsked, BreakInput, Breaks } from './ports.ts';
import { breakRows, presentBreak, presentBreakItem } from './presenter.ts';
import {
  breakParams,
  breakResolveSchema,
  breakSchema,
  breaksQuery,
  breakWithEvidenceSchema,
  type BreakResolve,
} from './schema.ts';

const reads = { tag: 'Reconciliation', scopes: ['breaks:read'] } as const;
const page = { description: 'A page', schema: listSchema(breakSchema) };

export function breakRoutes(breaks: Breaks): readonly Route[] {
  return [
    readRoute(
      {
        ...reads,
        path: '/v1/breaks',
        operationId: 'listBreaks',
        summary: "Breaks, newest first: this merchant's and those of nobody known; as text/csv all",
        csv: true,
        query: breaksQuery,
        answers: { 200: page },
      },
      ({ principal, query, asCsv }) => listed(breaks, principal, query, asCsv),
    ),
    readRoute(
      {
        ...reads,
        path: '/v1/reconciliations/{reconciliation_id}/breaks',
        operationId: 'listReconciliationBreaks',
        summary: 'What one file brought up, newest first; as text/csv all of it',
        csv: true,
        params: z.strictObject({ reconciliation_id: z.string() }),
        query: breaksQuery,
        answers: { 200: page },
      },
      ({ principal, params, query, asCsv }) => {
        const reconciliationId = requireId('rec', params.reconciliation_id);
        return listed(breaks, principal, query, asCsv, reconciliationId);
      },
    ),
    readOneRoute(breaks),
    resolveRoute(breaks),
  ];
}

function readOneRoute(breaks: Breaks): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/breaks/{break_id}',
      operationId: 'getBreak',
      summary: 'One break: what was expected, what was found, and what may be done',
      params: breakParams,
      answers: { 200: { description: 'The break', schema: breakWithEvidenceSchema } },
    },
    async ({ principal, params }) => {
      requireStaff(principal);
      const found = await breaks.find(principal, requireId('brk', params.break_id));
      if (found === null) throw new HttpError('not_found', 'There is no such break.');
      return { status: 200, body: presentBreakItem(found) };
    },
  );
}

function resolveRoute(breaks: Breaks): Route {
  return commandRoute(
    {
      tag: 'Reconciliation',
      scopes: ['breaks:resolve'],
      path: '/v1/breaks/{break_id}/resolve',
      operationId: 'resolveBreak',
      summary:
        'End a break, or say what is done about it; what needs a second person waits for one',
      params: breakParams,
      body: breakResolveSchema,
      answers: {
        200: { description: 'The break, resolved or noted', schema: breakSchema },
        202: { description: 'What another person is to approve', schema: approvalSchema },
        409: { description: 'It does not end like that, or has ended', schema: problemSchema },
      },
    },
    async ({ principal, key, params, body }) => {
      const { reason = principal.reason } = body;
      const by = staffAct({ ...principal, ...(reason !== undefined && { reason }) });
      const id = requireId('brk', params.break_id);
      return askedReply(await breaks.resolve(principal, key, id, inputOf(body), by));
    },
  );
}

function inputOf(body: BreakResolve): BreakInput {
  const { action, reconciliation_id: reconciliationId, line, subject_ids: subjectIds } = body;
  if (action === 'force_match') return { action, reconciliationId, line, subjectIds };
  if (action !== 'amend') return { action };
  const postings = (body.postings ?? []).map((p) => ({ ...p, amount: BigInt(p.amount) }));
  return { action, entryId: body.entry_id ?? '', postings };
}

function askedReply(asked: BreakAsked): Reply {
  switch (asked.kind) {
    case 'not_found':
      throw new HttpError('not_found', 'There is no such break.');
    case 'key_reused':
      throw new HttpError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request; its answer is not yours to repeat.',
      );
    case 'asked': {
      const headers = { Location: `/v1/approvals/${asked.approval.id}` };
      return { status: 202, headers, body: presentApproval(asked.approval) };
    }
    case 'done':
      return { status: 200, headers: repeated(asked), body: presentBreak(asked.row) };
    case 'refused': {
      const { code, detail, row } = asked;
      const members = { break: presentBreak(row) };
      return { headers: repeated(asked), problem: { code, detail, members } };
    }
  }
}

function repeated({ replayed }: { readonly replayed: boolean }): Readonly<Record<string, string>> {
  return replayed ? { 'Idempotent-Replayed': 'true' } : {};
}

async function listed(
  breaks: Breaks,
  principal: Principal,
  query: z.output<typeof breaksQuery>,
  asCsv: boolean,
  reconciliationId?: string,
): Promise<Reply> {
  requireStaff(principal);
  const { kind, provider, status, min_age_days: days } = query;
  const minAgeDays = days === undefined ? undefined : Number(days);
  const filter: BreakFilter = { kind, provider, status, minAgeDays, reconciliationId };
  const none = new HttpError('not_found', 'There is no such reconciliation.');
  if (asCsv) {
    const rows = await breaks.export(principal, filter);
    if (rows === null) throw none;
    return { rows: breakRows(rows) };
  }
  const found = await breaks.list(principal, filter, pageOf(query));
  if (found === null) throw none;
  return { status: 200, body: presentList(found, ({ id }) => id, presentBreak) };
}
