/** Differences between files and books: what there is to work through. */
import { z } from 'zod';
import type { BreakFilter } from '../../db/breaks.ts';
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import type { Principal } from '../ports.ts';
import { readRoute, type Reply, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { requireStaff } from '../staff-act.ts';
import type { Breaks } from './ports.ts';
import { breakRows, presentBreak, presentBreakItem } from './presenter.ts';
import { breakParams, breakSchema, breaksQuery, breakWithEvidenceSchema } from './schema.ts';

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
