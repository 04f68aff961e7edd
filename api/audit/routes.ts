/** Who did what, when and why; and whether the books behind it are proved. */
import type { AuditRow } from '../../db/audit.ts';
import { formatHead } from '../../db/ledger-chain.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import { readRoute, type Route } from '../route.ts';
import { requireStaff } from '../staff-act.ts';
import type { Audit } from './ports.ts';
import { actSchema, auditQuery, standingSchema, type ActView } from './schema.ts';

const common = { tag: 'Audit', scopes: ['audit:read'] } as const;

export function auditRoutes(audit: Audit): readonly Route[] {
  return [listRoute(audit), standingRoute(audit)];
}

function listRoute(audit: Audit): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/audit',
      operationId: 'listActs',
      summary: 'What people and Tender by itself did, newest first',
      query: auditQuery,
      answers: { 200: { description: 'A page', schema: listSchema(actSchema) } },
    },
    async ({ principal, query }) => {
      requireStaff(principal);
      const { kind, actor, object_id: objectId, from, to } = query;
      const { limit, after } = pageOf(query);
      const [at = '', id = ''] = after?.split('~') ?? [];
      const before = after === undefined ? null : { at, id };
      const page = await audit.list(
        principal,
        { kind, actor, objectId, from, to },
        { limit, before },
      );
      return { status: 200, body: presentList(page, placeOf, presentAct) };
    },
  );
}

/** By time and name: two acts of one moment are still two. */
function placeOf({ at, id }: AuditRow): string {
  return `${at}~${id}`;
}

function presentAct({ object_type: type, object_id: id, ...row }: AuditRow): ActView {
  const kind = row.kind as ActView['kind'];
  return { object: 'act', ...row, kind, detail: { ...row.detail }, about: { type, id } };
}

function standingRoute(audit: Audit): Route {
  return readRoute(
    {
      ...common,
      path: '/v1/audit/verify',
      operationId: 'verifyAudit',
      summary: 'What the proofs of the books last said, and the head of their hash chain',
      answers: { 200: { description: 'How the books stand', schema: standingSchema } },
    },
    async ({ principal }) => {
      requireStaff(principal);
      const { stopped, unprovedSeconds, alarms, head } = await audit.standing();
      return {
        status: 200,
        body: {
          ...{ object: 'audit_standing', ok: !stopped },
          unproved_seconds: Math.max(0, Math.floor(unprovedSeconds)),
          alarms: alarms.map(({ id, proof, what }) => ({ id, proof, what })),
          chain_head: head === null ? null : formatHead(head),
        },
      };
    },
  );
}
