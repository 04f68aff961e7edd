/** Lists of cards, people and places: of this merchant, and of the installation for those who may write its rules. */
import type { z } from 'zod';
import { authorize } from '../authenticate.ts';
import { HttpError } from '../http-errors.ts';
import { listSchema, pageOf, presentList } from '../list.ts';
import { commandRoute, readRoute, removeRoute, type Reply, type Route } from '../route.ts';
import { requireId } from '../schema/ids.ts';
import { problemSchema } from '../schema/problem.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import { entriesQuery, entryInputSchema, entryParams, entrySchema, listParams } from './list-schema.ts'; // prettier-ignore
import type { EntryAdded, ListEntryInput, Risk } from './ports.ts';
import { presentEntry } from './presenter.ts';

const writes = { tag: 'Risk', scopes: ['risk:lists'] } as const;
const entry = { description: 'The entry', schema: entrySchema };

export function riskListRoutes(risk: Risk): readonly Route[] {
  return [listRoute(risk), addRoute(risk), removeEntryRoute(risk)];
}

function listRoute(risk: Risk): Route {
  return readRoute(
    {
      tag: 'Risk',
      scopes: ['risk:read'],
      path: '/v1/risk/lists/{list}/entries',
      operationId: 'listRiskEntries',
      summary: 'What stands on a list, newest first: allow, challenge, block or watch',
      params: listParams,
      query: entriesQuery,
      answers: { 200: { description: 'A page', schema: listSchema(entrySchema) } },
    },
    async ({ principal, params: { list }, query }) => {
      requireStaff(principal);
      const owner = query.scope === 'global' ? null : principal.merchantId;
      const filter = { entity: query.entity, all: query.ended === 'true' };
      const page = await risk.listEntries(owner, list, filter, pageOf(query));
      return { status: 200, body: presentList(page, ({ id }) => id, presentEntry) };
    },
  );
}

function addRoute(risk: Risk): Route {
  return commandRoute(
    {
      ...writes,
      path: '/v1/risk/lists/{list}/entries',
      operationId: 'addRiskEntry',
      summary: 'Put a card, a person or a place on a list; X-Reason says why',
      params: listParams,
      body: entryInputSchema,
      answers: {
        201: entry,
        409: { description: 'It stands there already', schema: problemSchema },
      },
    },
    async ({ principal, key, params: { list }, body }) => {
      const by = staffAct(principal);
      if (body.scope === 'global') authorize(principal, ['risk:write']);
      return addedReply(await risk.addEntry(principal, key, inputOf(list, body), by));
    },
  );
}

function inputOf(
  list: ListEntryInput['list'],
  body: z.output<typeof entryInputSchema>,
): ListEntryInput {
  const { scope, entity, value = '', payment_id: paymentId, expires_at: expiresAt } = body;
  const named = paymentId === undefined ? { value } : { paymentId };
  return { scope, list, entity, named, expiresAt: expiresAt ?? null };
}

function addedReply(added: EntryAdded): Reply {
  switch (added.kind) {
    case 'key_reused':
      throw new HttpError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request; its answer is not yours to repeat.',
      );
    case 'invalid':
      throw new HttpError('invalid_request', 'A field is wrong.', { errors: added.errors });
    case 'already_listed':
    case 'added': {
      const headers = added.replayed ? { 'Idempotent-Replayed': 'true' } : {};
      const body = presentEntry(added.entry);
      if (added.kind === 'added') return { status: 201, headers, body };
      const detail = 'It stands there already: remove that entry first to write another.';
      return { headers, problem: { code: added.kind, detail, members: { entry: body } } };
    }
  }
}

function removeEntryRoute(risk: Risk): Route {
  return removeRoute(
    {
      ...writes,
      path: '/v1/risk/lists/{list}/entries/{entry_id}',
      operationId: 'removeRiskEntry',
      summary: 'Take an entry off its list; it stays on record. X-Reason says why',
      params: entryParams,
      answers: { 200: entry },
    },
    async ({ principal, params: { list, entry_id: written } }) => {
      const by = staffAct(principal);
      const id = requireId('rle', written);
      const owners: readonly (string | null)[] = principal.scopes.includes('risk:write')
        ? [principal.merchantId, null]
        : [principal.merchantId];
      for (const owner of owners) {
        const removed = await risk.removeEntry(owner, list, id, by);
        if (removed !== null) return { status: 200, body: presentEntry(removed) };
      }
      throw new HttpError('not_found', 'There is no such entry.');
    },
  );
}
