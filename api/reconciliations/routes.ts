/** Files of providers and banks: brought by staff where they cannot be fetched, and what became of each. */
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import { readRoute, uploadRoute, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { requireStaff } from '../staff-act.ts';
import type { Reconciliations } from './ports.ts';
import {
  lineRows,
  presentLine,
  presentReconciliation,
  presentReconciliationItem,
} from './presenter.ts';
import {
  fileForm,
  linesQuery,
  reconciliationItemSchema,
  reconciliationLineSchema,
  reconciliationParams,
  reconciliationSchema,
  reconciliationsQuery,
} from './schema.ts';

const reads = { tag: 'Reconciliation', scopes: ['reconciliations:read'] } as const;
const none = (): HttpError => new HttpError('not_found', 'There is no such reconciliation.');

export function reconciliationRoutes(files: Reconciliations): readonly Route[] {
  return [
    uploadFileRoute(files),
    readRoute(
      {
        ...reads,
        path: '/v1/reconciliations',
        operationId: 'listReconciliations',
        summary: 'Files of providers and banks, newest first',
        query: reconciliationsQuery,
        answers: { 200: { description: 'A page', schema: listSchema(reconciliationSchema) } },
      },
      async ({ principal, query }) => {
        requireStaff(principal);
        const { provider, kind, status } = query;
        const found = await files.list({ provider, kind, status }, pageOf(query));
        return { status: 200, body: presentList(found, ({ id }) => id, presentReconciliation) };
      },
    ),
    readRoute(
      {
        ...reads,
        path: '/v1/reconciliations/{reconciliation_id}',
        operationId: 'getReconciliation',
        summary: 'One file: how far it has come, and what it brought up',
        params: reconciliationParams,
        answers: { 200: { description: 'The file', schema: reconciliationItemSchema } },
      },
      async ({ principal, params }) => {
        requireStaff(principal);
        const found = await files.find(requireId('rec', params.reconciliation_id));
        if (found === null) throw none();
        return { status: 200, body: presentReconciliationItem(found) };
      },
    ),
    linesRoute(files),
  ];
}

function uploadFileRoute(files: Reconciliations): Route {
  return uploadRoute(
    {
      tag: 'Reconciliation',
      scopes: ['reconciliations:write'],
      path: '/v1/reconciliations',
      operationId: 'uploadReconciliation',
      summary: 'Bring a settlement report or bank statement; the same file twice is once',
      form: fileForm,
      answers: {
        200: { description: 'It was here before', schema: reconciliationItemSchema },
        201: { description: 'Received; it is read next', schema: reconciliationItemSchema },
      },
    },
    async ({ principal, fields, file, key }) => {
      const requestedBy = requireStaff(principal);
      const received = await files.receive(principal, key, { ...fields, file, requestedBy });
      if (received.kind === 'key_reused') {
        const detail = 'This Idempotency-Key was used for another file or request.';
        throw new HttpError('idempotency_key_reused', detail);
      }
      const { row, status, replayed } = received;
      const headers = {
        Location: `/v1/reconciliations/${row.id}`,
        ...(replayed && { 'Idempotent-Replayed': 'true' }),
      };
      return { status, headers, body: presentReconciliationItem(row) };
    },
  );
}

function linesRoute(files: Reconciliations): Route {
  return readRoute(
    {
      ...reads,
      path: '/v1/reconciliations/{reconciliation_id}/lines',
      operationId: 'listReconciliationLines',
      summary: 'Its lines and what each was matched with; as text/csv all of them',
      csv: true,
      params: reconciliationParams,
      query: linesQuery,
      answers: { 200: { description: 'A page', schema: listSchema(reconciliationLineSchema) } },
    },
    async ({ principal, params, query, asCsv }) => {
      requireStaff(principal);
      const id = requireId('rec', params.reconciliation_id);
      if (asCsv) {
        const rows = await files.exportLines(principal, id);
        if (rows === null) throw none();
        return { rows: lineRows(rows) };
      }
      const found = await files.lines(principal, id, pageOf(query));
      if (found === null) throw none();
      return { status: 200, body: presentList(found, ({ line }) => String(line), presentLine) };
    },
  );
}
