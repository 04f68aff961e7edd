/** Retrieve, list and search. Lists are fresh; search lags, as Stripe says of its own. */
import type { Context } from '../context.ts';
import { jsonReply } from '../http/reply.ts';
import type { Answer, Json, Reply } from '../http/reply.ts';
import type { Request } from '../http/request.ts';
import { answerKeyless } from '../processor/wire-faults.ts';
import { stripeContract as contract } from './contract.ts';
import { invalidRequest, rateLimited, serverError } from './errors.ts';
import { presentIntent, presentRefund, snapshotOf } from './present.ts';

const searchLagMs = 60_000;

function limitOf({ query }: Request): number {
  const limit = Number(query.get('limit') ?? '10');
  return Number.isInteger(limit) ? Math.min(Math.max(limit, 1), 100) : 10;
}

function page(url: string, rows: readonly Json[], limit: number): Json {
  return { object: 'list', url, data: rows.slice(0, limit), has_more: rows.length > limit };
}

function isExpanded({ query }: Request): boolean {
  return [...query].some(
    ([name, value]) => name.startsWith('expand') && /latest_charge$/.test(value),
  );
}

function retrieveIntent(context: Context, request: Request, id: string): Reply {
  const row = context.store.authorizations.find(id);
  if (row?.provider !== contract.name) {
    return invalidRequest({ code: 'resource_missing', param: 'intent' }, 404);
  }
  return jsonReply(200, presentIntent(context, row, snapshotOf(context, row), isExpanded(request)));
}

function listIntents(context: Context, request: Request): Reply {
  const limit = limitOf(request);
  const rows = context.store.authorizations.listNewest({
    provider: contract.name,
    since: Number(request.query.get('created[gte]') ?? '0') * 1_000,
    before: request.query.get('starting_after') ?? '~',
    limit: limit + 1,
  });
  const shown = rows.map((row) =>
    presentIntent(context, row, snapshotOf(context, row), isExpanded(request)),
  );
  return jsonReply(200, page('/v1/payment_intents', shown, limit));
}

function searchIntents(context: Context, request: Request): Reply {
  const query = request.query.get('query') ?? '';
  const reference = /^metadata\['tender_reference'\]:'([^']+)'$/.exec(query)?.[1];
  if (reference === undefined) return invalidRequest({ param: 'query' });
  const rows = context.store.authorizations
    .listByReference(contract.name, reference)
    .filter((row) => row.created_at + searchLagMs <= context.clock.now());
  const shown = rows.map((row) => presentIntent(context, row, snapshotOf(context, row), false));
  return jsonReply(200, {
    ...page('/v1/payment_intents/search', shown, 100),
    object: 'search_result',
  });
}

function listRefunds(context: Context, request: Request): Reply {
  const limit = limitOf(request);
  const after = request.query.get('starting_after') ?? '~';
  const rows = context.store.operations
    .listByAuthorization(request.query.get('payment_intent') ?? '')
    .filter((row) => row.kind === 'refund' && isMade(row.decline_code) && row.id < after)
    .reverse();
  return jsonReply(200, page('/v1/refunds', rows.map(presentRefund), limit));
}

/** What was refused at the door left no refund; what was made may still have failed. */
function isMade(declineCode: string | null): boolean {
  return declineCode === null || declineCode === 'late_failure';
}

function read(context: Context, request: Request): Reply | null {
  const [, , collection, id, more] = request.segments;
  if (more !== undefined) return null;
  if (collection === 'payment_intents') {
    if (id === undefined) return listIntents(context, request);
    return id === 'search' ? searchIntents(context, request) : retrieveIntent(context, request, id);
  }
  return collection === 'refunds' && id === undefined ? listRefunds(context, request) : null;
}

/** A read is a lookup, and suffers what lookups suffer. Null: not an address of ours. */
export function answerRead(context: Context, request: Request): Promise<Answer> | null {
  const reply = read(context, request);
  if (reply === null) return null;
  const fault = context.faults.drawCall(contract.name, 'lookup');
  if (fault === 'refused') return Promise.resolve('drop');
  if (fault === 'rate_limited') return Promise.resolve(rateLimited);
  if (fault === 'error_500') return Promise.resolve(serverError);
  const { status } = reply;
  return answerKeyless(context, fault, () => ({ status, body: JSON.parse(reply.body) as Json }));
}
